"""Actions run beside the event loop, and their buttons say so."""

from __future__ import annotations

import asyncio
import threading

from room_by_press import alive, message, opened, press, row, until

import rinq
from rinq.fleet.fleet import Fleet
from rinq.queue import open_queue
from rinq.room import press_runner
from rinq.room.control_room import ControlRoom


def test_starting_never_blocks_the_loop_and_a_second_press_is_answered(config, monkeypatch):
    go_on = threading.Event()

    def slow_start(fleet, role, name):
        assert go_on.wait(30)
        raise rinq.RinqError("not today")

    monkeypatch.setattr(Fleet, "start", slow_start)

    async def scenario():
        async with opened(config) as room:
            button = row(room, "consumer").start
            button.click()
            await until(lambda: button.description == "Starting…")
            assert button.disabled
            button.click()
            assert message(room) == "⚠ Starting… One press is enough."
            go_on.set()
            await until(lambda: "not today" in message(room))
            assert (button.description, button.disabled) == ("Start", False)

    asyncio.run(scenario())


def test_a_button_is_not_dead_for_long(config, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(press_runner, "PATIENCE", 0.01)
    monkeypatch.setattr(Fleet, "stop_all", lambda _: go_on.wait(30) and {})

    async def scenario():
        async with opened(config) as room:
            room._panel.stop_all.click()
            await until(lambda: "it continues" in message(room))
            assert not room._panel.stop_all.disabled
            go_on.set()
            await until(lambda: message(room) == "⚠ Nothing is running.")

    asyncio.run(scenario())


def test_what_was_still_being_started_when_the_room_closed_is_stopped_too(config):
    async def scenario():
        room = ControlRoom(config)
        with room._connection.fleet()._lock:  # so that the start waits in its thread
            press(room, "start", "cleaner")
            await until(lambda: row(room, "cleaner").start.disabled)
            room.close()
        await until(lambda: not room._live.bridge._tasks)
        with open_queue(config) as queue:
            assert [process.name for process in queue.registry.processes()] == ["cleaner-1"]

    asyncio.run(scenario())
    assert alive(config) == set()
