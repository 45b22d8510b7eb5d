"""The HTML of the panel: what comes from outside is escaped, and numbers are said in words."""

from __future__ import annotations

from pathlib import Path

from rinq.queue import Status
from rinq.room import html

HOSTILE = """<img src=x onerror="alert('1')">&"""


def test_hostile_messages_and_paths_are_escaped():
    parts = (
        html.message("✕", 0.0, HOSTILE, [HOSTILE]),
        html.error(HOSTILE),
        html.paths(Path(HOSTILE), Path(HOSTILE)),
        html.swatch(HOSTILE),
    )
    for part in parts:
        assert "&lt;img" in part
        assert "<img" not in part
        assert 'x onerror="' not in part


def test_tiles_show_of_every_status_its_count_and_its_change():
    counts = dict.fromkeys(Status, 0) | {Status.PROCESSED: 12_400}
    before = dict.fromkeys(Status, 0) | {Status.PROCESSED: 12_000, Status.FAILED: 2}
    shown = html.tiles(counts, before, 60.0)
    assert [status for status in Status if f"q-{status}" in shown] == list(Status)
    assert 'title="12,400 processed"' in shown
    assert "<b>12.4k</b><small>+400 in 60 s" in shown
    assert "\N{MINUS SIGN}2 in 60 s" in shown


def test_the_speed_is_shown_where_queue_time_is_not_real_time():
    assert "speed" not in html.pill(2, 1.0, 0.0)
    assert "speed 20" in html.pill(2, 20.0, 0.0)


def test_the_line_of_progress_says_how_far_and_how_long():
    assert "65 of 200 settled · about 2m 15s left" in html.progress(65, 200, 1.0)
    assert "200 of 200 reached" in html.progress(200, 200, 1.0)
    assert "left" not in html.progress(0, 200, 0.0)
