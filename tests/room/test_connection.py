"""Which queue a room is connected to, and what ends with the room."""

from __future__ import annotations

import asyncio
import json

from room_by_press import alive, config_in, message, opened, press, until

from rinq.fleet.fleet import Fleet
from rinq.room.control_room import ControlRoom


def test_a_newer_room_of_the_same_queue_takes_over(config):
    async def scenario():
        older = ControlRoom(config)
        newer = ControlRoom(config)
        await until(lambda: "newer room" in message(older))
        await until(lambda: not older._live.bridge._tasks)
        assert newer._live.bridge._tasks
        newer.close()
        await until(lambda: not newer._live.bridge._tasks)

    asyncio.run(scenario())


def test_a_room_that_moved_to_another_queue_is_left_alone_by_a_newer_one_of_its_old(tmp_path):
    first, second = config_in(tmp_path / "a"), config_in(tmp_path / "b")
    moved = ControlRoom(first)
    path = tmp_path / "b.yaml"
    path.write_text(json.dumps(second.model_dump(mode="json")))
    moved._panel.config.value = str(path)
    moved._panel.open.click()
    newer = ControlRoom(first)
    try:
        assert not moved._connection.replaced
        ControlRoom(second).close()
        assert moved._connection.replaced
    finally:
        moved.close()
        newer.close()


def test_another_config_is_opened_and_the_old_connection_stays_until_one_works(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"general: {{primary_path: {name}}}\n", "utf-8")

    async def scenario():
        async with opened(tmp_path / "a.yaml") as room:
            await until(lambda: message(room).startswith("✓ Connected"))
            room._panel.config.value = str(tmp_path / "c.yaml")
            room._panel.open.click()
            await until(lambda: "no such file" in message(room))
            still = f"Still connected to {tmp_path / 'a' / 'rinq.db'}."
            await until(lambda: still in room._panel.config_error.value)
            assert "rinq-wrong" in room._panel.config_line._dom_classes
            assert room.config.primary_path == tmp_path / "a"
            room._panel.config.value = str(tmp_path / "b.yaml")
            room._panel.open.click()
            await until(lambda: room.config.primary_path == tmp_path / "b")
            await until(lambda: str(tmp_path / "b") in room._panel.paths.value)
            assert room._panel.config_error.value == ""

    asyncio.run(scenario())


def test_what_was_started_to_be_kept_outlives_the_room(room, config):
    room._panel.keep.value = True
    press(room, "start", "cleaner")
    room.close()
    assert alive(config) == {"cleaner-1"}
    Fleet(config).stop_all()


def test_what_is_started_again_to_be_kept_outlives_the_room_too(room, config):
    press(room, "start", "cleaner")
    Fleet(config).kill("cleaner-1")
    room._panel.keep.value = True
    press(room, "start", "cleaner", "cleaner-1")
    room.close()
    assert alive(config) == {"cleaner-1"}
    Fleet(config).stop_all()


def test_closing_stops_what_was_started_here_and_nothing_else(config):
    with Fleet(config) as others:
        others.start("manager", "theirs")
        room = ControlRoom(config)
        press(room, "start", "cleaner", "ours")
        assert alive(config) == {"ours", "theirs"}
        room.close()
        assert alive(config) == {"theirs"}
        press(room, "start", "cleaner", "ours")
        assert message(room) == "⚠ This room is closed: run its cell again."
        assert alive(config) == {"theirs"}
        room.close()
