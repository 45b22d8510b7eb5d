"""A real browser, and a queue of its own for what is shown in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess

import psutil
import pytest
import yaml
from playwright.sync_api import sync_playwright

from rinq import Fleet
from rinq.fleet.launch import OWNER_VARIABLE

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
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


@pytest.fixture
def serve(tmp_path, port, eventually):
    """Starts a server of ``port``, with Jupyter's folders of its own; it ends with the test."""
    servers = []
    folders = {
        f"{name}_DIR": str(tmp_path / name.lower())
        for name in ("JUPYTER_CONFIG", "JUPYTER_DATA", "JUPYTER_RUNTIME")
    }
    environment = {**os.environ, **folders, "IPYTHONDIR": str(tmp_path / "ipython")}
    environment.pop(OWNER_VARIABLE, None)

    def start(command, **more):
        with (tmp_path / "server.log").open("wb") as log:
            server = subprocess.Popen(
                command, cwd=tmp_path, env={**environment, **more}, stdout=log, stderr=log
            )
        servers.append(server)
        eventually(lambda: _answers(port) or server.poll() is not None, 60)
        assert server.poll() is None, (tmp_path / "server.log").read_text()
        return server

    yield start
    for server in servers:
        _end(server)


def _answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _end(server):
    """Ask it to end, and end what it leaves."""
    if server.poll() is not None:
        return
    left = psutil.Process(server.pid).children(recursive=True)
    server.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(15)
    for process in [*left, server]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    server.wait()


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
