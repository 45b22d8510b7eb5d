"""The panel follows the queue, on a loop and without one, and says what is wrong."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest
from room_by_press import chart, message, opened, press, until

from rinq.charts import status
from rinq.errors import ConfigError
from rinq.queue import open_queue
from rinq.room import live_panel
from rinq.room.control_room import ControlRoom


def test_reading_the_queue_never_blocks_the_loop(config, monkeypatch):
    monkeypatch.setattr(live_panel, "REFRESH", 0.01)
    go_on, reading = threading.Event(), threading.Event()

    async def scenario():
        async with opened(config) as room:
            reader = room._connection.reader()
            read = reader.read

            def slow_read(options):
                reading.set()
                assert go_on.wait(30)
                return read(options)

            reader.read = slow_read
            await until(reading.is_set)
            press(room, "stop", "consumer", "")  # answered while the queue is read
            assert message(room).startswith("⚠ A consumer needs a name")
            go_on.set()

    asyncio.run(scenario())


def test_the_panel_shows_its_own_error_and_recovers(config, monkeypatch):
    monkeypatch.setattr(live_panel, "RETRY", 0.01)
    monkeypatch.setattr(live_panel, "REFRESH", 0.01)
    with open_queue(config) as queue:
        queue.submit("aaaaaaaaaa")

    async def scenario():
        async with opened(config) as room:
            draw = status.jobs_by_status

            def broken(*args, **options):
                raise ValueError("<b>no ink</b>")

            status.jobs_by_status = broken
            try:
                with open_queue(config) as queue:
                    queue.submit("bbbbbbbbbb")
                await until(lambda: message(room).startswith("✕ ValueError: <b>no ink</b>."))
                assert "<b>" not in room._panel.message.value
            finally:
                status.jobs_by_status = draw
            await until(
                lambda: message(room).startswith("✓ Connected: 2 jobs, 0 processes running.")
            )
            assert "2 unprocessed" in chart(room)

    asyncio.run(scenario())


def test_nothing_is_drawn_anew_while_nothing_changes(config, monkeypatch):
    monkeypatch.setattr(live_panel, "REFRESH", 0.01)
    drawn = []
    draw = status.jobs_by_status
    monkeypatch.setattr(
        status, "jobs_by_status", lambda *args, **options: drawn.append(1) or draw(*args, **options)
    )

    async def scenario():
        async with opened(config) as room:
            updates = []
            room._panel.pill.observe(lambda _: updates.append(1), "value")  # a clock: once a second
            await until(lambda: len(updates) > 1)
            assert len(drawn) == 1
            with open_queue(config) as queue:
                queue.submit("aaaaaaaaaa")
            await until(lambda: len(drawn) > 1)
            await until(lambda: "1 unprocessed" in chart(room))

    asyncio.run(scenario())


def test_a_config_that_cannot_be_read_is_one_line_and_is_read_once_it_can_be(tmp_path, monkeypatch):
    monkeypatch.setattr(live_panel, "RETRY", 0.01)
    file = tmp_path / "config.yaml"
    file.write_text("consumer:\n  n_tires: 3\n", "utf-8")

    async def scenario():
        async with opened(file) as room:
            wrong = f"✕ {file}: consumer.n_tires: unknown key. Did you mean consumer.n_tries?"
            assert message(room).startswith(wrong)
            with pytest.raises(ConfigError):
                _ = room.config
            file.write_text("general:\n  primary_path: jobs\n", "utf-8")
            await until(lambda: message(room).startswith("✓ Connected: 0 jobs"))
            assert room.config.primary_path == tmp_path / "jobs"
            assert str(tmp_path / "jobs") in room._panel.paths.value

    asyncio.run(scenario())


def test_only_the_chosen_page_is_drawn_and_nothing_while_held(config):
    with open_queue(config) as queue:
        queue.submit("aaaaaaaaaa")

    async def scenario():
        async with opened(config) as room:
            await until(lambda: "1 unprocessed" in chart(room))
            room._panel.pages["Times"].click()
            assert "Times" in chart(room)
            assert chart(room, 2) == ""
            room._panel.hold.click()
            room._panel.pages["Overview"].click()
            assert "Times" in chart(room)
            assert "held" in room._panel.pill.value
            room._panel.hold.click()
            assert "1 unprocessed" in chart(room)
            room._panel.window.value = "whole run"
            await until(lambda: room._live.state.snapshot.whole_run)

    asyncio.run(scenario())


def test_a_database_of_another_program_is_named_and_left_alone(tmp_path, config):
    (tmp_path / "jobs").mkdir()
    config.database.write_bytes(b"something else entirely" * 100)
    room = ControlRoom(config)
    assert message(room).startswith("✕ SQLite cannot read this file as a database")
    press(room, "start", "producer")
    assert message(room).startswith("✕ SQLite cannot read this file as a database")
    assert config.database.read_bytes() == b"something else entirely" * 100
    room.close()


def test_reading_and_a_refused_press_make_no_file(room, tmp_path):
    press(room, "start", "consumer", "")
    assert list(tmp_path.iterdir()) == []


def test_a_queue_that_was_deleted_is_empty_again(room, config):
    with open_queue(config) as queue:
        queue.submit("aaaaaaaaaa")
    room._live.refresh()
    assert "<b>1</b>" in room._panel.tiles.value
    for file in config.primary_path.iterdir():
        file.unlink()
    room._live.refresh()
    assert "<b>1</b>" not in room._panel.tiles.value
    assert "No jobs yet." in chart(room)


def test_the_last_five_messages_stay_in_the_tooltip(room):
    for name in ("a.1", "a.2", "a.3", "a.4", "a.5", "a.6"):
        press(room, "stop", "manager", name)
    tooltip = re.search(r'title="([^"]*)"', room._panel.message.value)[1]
    assert [f"a.{n}" in tooltip for n in range(1, 7)] == [False, True, True, True, True, True]
