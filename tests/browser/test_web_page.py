"""The control room at localhost, as ``rinq app`` serves it."""

from __future__ import annotations

import signal
import sys

import psutil
import pytest
from playwright.sync_api import expect
from processes import lives
from room_in_browser import LONG, RoomInBrowser

from rinq.view import app

APP = "from rinq.view import app; app.LEFT = {left}; from rinq.cli import main; main()"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def served(serve, config, port, eventually):
    """The server of the page; it ends a closed page's kernel sooner than it would."""
    command = [sys.executable, "-P", "-c", APP.format(left=5), "app", "--no-browser"]
    server = serve([*command, "--config", str(config), "--port", str(port)])
    eventually(lambda: app.port_problem("127.0.0.1", port), 60)
    return server


@pytest.fixture
def room(served, page, port):
    room = RoomInBrowser(page)
    page.goto(f"http://localhost:{port}/", timeout=2 * LONG)
    room.is_open()
    return room


def kernels(server):
    return [
        child.pid
        for child in psutil.Process(server.pid).children()
        if "ipykernel_launcher" in child.cmdline()
    ]


def running(fleet):
    return {process.name: process.row.pid for process in fleet.processes() if process.alive}


def test_processes_are_started_steered_killed_and_stopped_by_clicking(room, fleet):
    room.start("producer", "producer-1")
    room.start("consumer", "consumer-1")
    assert set(running(fleet)) == {"producer-1", "consumer-1"}
    room.counts("processed")

    room.slide("Speed", 0.75)
    with fleet.queue() as queue:
        assert queue.speed == 10, "a slider acts when it is let go"
    room.let_go()
    room.says(": taken over by 2 of 2 processes within a second.")
    with fleet.queue() as queue:
        assert queue.speed > 20
        room.says(f"Speed {queue.speed:g}: ")
        expect(room.root.locator(".q-pill")).to_contain_text(f"speed {queue.speed:g}")

    pid = running(fleet)["consumer-1"]
    room.shows("consumer-1", "running")
    room.press_in_row("Kill", "consumer-1")
    room.says("consumer-1 killed. ")
    room.shows("consumer-1", "killed")
    assert not lives(pid)

    pids = running(fleet).values()
    room.press("Stop all")
    room.says("Stopped 1.")
    room.shows("producer-1", "stopped")
    assert not running(fleet)
    assert not any(map(lives, pids))
    room.press("Stop all")
    room.says("Nothing is running.")


def test_what_is_wrong_is_said_and_nothing_typed_becomes_html(room, page, config, fleet):
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    for name in ("../../etc/passwd", HOSTILE, "a" * 41):
        room.name("consumer").fill(name)
        room.press("Start", "consumer")
        room.says("is not a name: letters, digits and dash, at most 40.")
        room.says(name[:10])
        expect(room.error_beside("consumer")).to_contain_text("is not a name")
    room.name("consumer").fill("")
    room.press("Start", "consumer")
    room.says("A consumer needs a name: letters, digits, dash.")
    room.name("consumer").fill("nobody")
    room.press("Stop", "consumer")
    room.says("No nobody is running.")

    for path in ("confog.yaml", HOSTILE):
        room.open_config(path)
        room.says(path)
        room.says("no such file")
        room.says(f"Still connected to {config.parent / 'jobs' / 'rinq.db'}.")
    room.open_config(str(config))
    room.says("jobs, 0 processes running.")
    expect(room.root.locator("img")).to_have_count(0)
    assert asked == []
    assert not fleet.processes()


def test_a_reload_and_a_closed_page_end_the_kernel_but_no_process(
    room, served, page, fleet, eventually
):
    first = kernels(served)
    room.start("producer", "producer-1")
    pid = running(fleet)["producer-1"]
    page.reload(timeout=2 * LONG)
    room.is_open()
    room.shows("producer-1", "running")
    eventually(lambda: kernels(served) and not set(kernels(served)) & set(first))
    page.close()
    eventually(lambda: not kernels(served))
    assert running(fleet) == {"producer-1": pid}


def test_the_processes_end_with_the_server(room, served, fleet, eventually):
    room.start("producer", "producer-1")
    room.start("consumer", "consumer-1")
    served.send_signal(signal.SIGINT)
    assert served.wait(30) == 0
    eventually(lambda: not running(fleet))
