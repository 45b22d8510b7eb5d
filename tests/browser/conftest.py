"""A real browser, and a queue of its own for what is shown in it."""

from __future__ import annotations

import contextlib
import shutil

import pytest
import yaml
from playwright.sync_api import sync_playwright

from rinq import Fleet

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP evil.example 127.0.0.1",  # another site, on this machine
]
VALUES = {
    "general": {"primary_path": "jobs", "speed": 10, "durability": "normal"},
    "producer": {"interval": 2},
    "consumer": {"interval": [1, 2], "work_time": [1, 2], "n_time": 30},
}


@pytest.fixture(scope="session")
def chromium():
    """Where the browser is."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: install Chromium ('apt install chromium'); {BROWSERS=}")
    return found


@pytest.fixture(scope="module")
def browser(chromium):
    """The browser of a file's tests. Playwright's loop runs in this thread until the file ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        with contextlib.closing(browser):
            yield browser


@pytest.fixture
def page(browser):
    """An empty page, with cookies and storage of its own."""
    with contextlib.closing(browser.new_page(viewport={"width": 1400, "height": 1000})) as page:
        yield page


@pytest.fixture
def config(tmp_path):
    """The path of a config file; what was left running on its queue is stopped at the end."""
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(VALUES))
    yield path
    Fleet(path).stop_all()


@pytest.fixture
def fleet(config):
    """The queue's processes, as they are seen from outside the browser."""
    return Fleet(config)
