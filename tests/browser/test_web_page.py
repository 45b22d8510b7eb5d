"""The control room at localhost, as ``rinq app`` serves it."""

from __future__ import annotations

import contextlib
import signal
import sys

import psutil
import pytest
from processes import lives
from room_in_browser import (
    LONG,
    RoomInBrowser,
    freeze_pause_redrive_and_export,
    mistype,
    resize,
    running,
    start_steer_kill_and_stop,
)

APP = """\
from rinq.apps import web_page
from rinq.cli import main
web_page.KEEP_CLOSED = {seconds}
main()"""


@pytest.fixture
def served(serve, config, port):
    """The server of the page; it ends a closed page's kernel sooner than it would."""
    command = [sys.executable, "-P", "-c", APP.format(seconds=5), "app", "--no-browser"]
    return serve([*command, "--config", str(config), "--port", str(port)])


@pytest.fixture
def room(served, page, port):
    room = RoomInBrowser(page)
    page.goto(f"http://localhost:{port}/", timeout=2 * LONG)
    room.is_open()
    return room


def kernels(server):
    """The pids of the server's living kernels."""
    found = set()
    for child in psutil.Process(server.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie counts as such
            if "ipykernel_launcher" in child.cmdline():
                found.add(child.pid)
    return found


def test_processes_are_steered_by_clicking_and_what_is_wrong_is_said(room, fleet, config):
    start_steer_kill_and_stop(room, fleet)
    mistype(room, config)


def test_a_learner_freezes_pauses_redrives_and_exports_and_the_room_fits_the_window(room, fleet):
    freeze_pause_redrive_and_export(room, fleet)
    resize(room)


def test_processes_live_without_a_page_and_end_with_the_server(
    room, served, page, fleet, eventually
):
    first = kernels(served)
    room.start("producer", "producer-1")
    room.start("consumer", "consumer-1")
    started = running(fleet)

    page.reload(timeout=2 * LONG)
    room.is_open()
    room.shows("producer-1", "running")
    eventually(lambda: not kernels(served) & first, timeout=120)  # a busy kernel ends late
    assert kernels(served)

    page.close()
    eventually(lambda: not kernels(served), timeout=120)
    assert running(fleet) == started

    served.send_signal(signal.SIGINT)
    assert served.wait(30) == 0
    eventually(lambda: not any(map(lives, started.values())))
    assert not running(fleet)
