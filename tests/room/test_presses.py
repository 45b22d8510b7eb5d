"""The buttons pressed, with real processes: on a loop, and without one."""

from __future__ import annotations

import asyncio
import re

from room_by_press import (
    alive,
    chart,
    is_muted,
    message,
    opened,
    press,
    row,
    text,
    totals,
    until,
)

from rinq.queue import Status, open_queue


def test_the_four_roles_are_started_watched_and_stopped_by_pressing(config):
    async def scenario():
        async with opened(config) as room:
            assert "No jobs yet." in chart(room)
            for role in ("producer", "consumer", "manager", "cleaner"):
                press(room, "start", role)
                await until(lambda role=role: message(room).startswith(f"✓ {role}-1 started (pid "))
                await until(lambda role=role: row(room, role).name.value == f"{role}-2")
            await until(lambda: totals(room)[Status.PROCESSED] > 2)
            await until(lambda: "attempts ended" in chart(room, 2))
            assert "processed" in chart(room)
            assert text(room).count("<small>running") == 4
            assert "4 running" in room._panel.pill.value
            press(room, "stop", "producer", "producer-1")
            await until(lambda: message(room) == "✓ producer-1 stopped.")
            await until(lambda: "stopped" in text(room))
            room._panel.stop_all.click()
            await until(lambda: message(room) == "✓ Stopped 3.")
            await until(lambda: is_muted(room._panel.stop_all))
            with open_queue(config) as queue:
                assert totals(room) == queue.counts()

    asyncio.run(scenario())
    assert alive(config) == set()


def test_moves_are_listed_failed_jobs_redriven_frames_written_and_a_target_shown(
    room, config, tmp_path, monkeypatch
):
    with open_queue(config) as queue:
        for name in ("aaaaaaaaaa", "bbbbbbbbbb"):
            queue.submit(name)
        queue.fail(queue.claim("x"), "<i>bad</i>", 1)
        assert "rinq-hidden" in room._panel.progress._dom_classes
        room._panel.target.value = "4"
        room._live.refresh()
        assert "rinq-hidden" not in room._panel.progress._dom_classes
        assert "1 of 4 settled" in room._panel.progress.value
        assert room._panel.moves.value.count("<tr>") == 5
        assert "&lt;i&gt;bad" in room._panel.moves.value
        room._panel.filter.value = "only trouble"
        assert room._panel.moves.value.count("<tr>") == 2
        assert room._panel.redrive.description == "Redrive 1 failed"
        room._panel.redrive.click()
        assert message(room).startswith("✓ 1 job put back.")
        assert queue.counts()[Status.UNPROCESSED] == 2
        room._panel.redrive.click()
        assert message(room) == "⚠ No failed jobs."
    monkeypatch.chdir(tmp_path)
    room._panel.export.click()
    assert message(room).startswith("✓ Wrote 5 rows to exports/transitions.csv, and ")
    lines = (tmp_path / "exports" / "transitions.csv").read_text().splitlines()
    assert len(lines) == 1 + 5


def test_without_a_loop_a_press_is_done_before_it_returns(room, config):
    press(room, "start", "producer", "my-own")
    assert re.fullmatch(r"✓ my-own started \(pid \d+\)\.", message(room))
    assert alive(config) == {"my-own"}
    assert row(room, "producer").name.value == "producer-1"
    assert "my-own" in text(room)

    press(room, "start", "producer", "my-own")
    assert message(room) == "⚠ my-own is already running."
    assert is_muted(row(room, "producer").start)
    assert "running already" in row(room, "producer").start.tooltip

    press(room, "stop", "consumer", "my-own")
    assert message(room) == "⚠ my-own is a producer: stop it in that line."
    press(room, "stop", "producer", "producer-7")
    assert message(room) == "⚠ No producer-7 is running. Running: my-own."
    assert alive(config) == {"my-own"}

    press(room, "stop", "producer", "my-own")
    assert message(room) == "✓ my-own stopped."
    assert alive(config) == set()
