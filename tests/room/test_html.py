"""The HTML of the panel: what comes from outside is escaped, and the order is the drawn one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from rinq.fleet.fleet import FleetProcess
from rinq.metrics import frames as metrics
from rinq.queue import ProcessEvent, ProcessRow, Status, Transition
from rinq.queue.liveness import State
from rinq.room import history_html as feed
from rinq.room import html as pieces
from rinq.room.snapshot import nothing
from rinq.room.style import STYLE

HOSTILE = """<img src=x onerror="alert('1')">&"""


def process(name, role, state=State.RUNNING, job=None, ended=None):
    row = ProcessRow(
        name=name,
        role=role,
        pid=1,
        started=0.0,
        host="h",
        incarnation=1,
        owned=True,
        registered=1000.0,
        ready=1000.0,
        stop_requested=None,
        ended=ended,
        outcome=None,
        cycle_began=None,
        cycle_ended=None,
    )
    return FleetProcess(row, state, job)


def plain(html):
    return re.sub(r"<[^>]*>", "|", html)


def cells(one, when):
    return pieces.process(one, when, nothing(), "", "")


def test_hostile_names_of_processes_and_jobs_are_escaped():
    html = cells(process(HOSTILE, "consumer", job=HOSTILE), 1010.0)
    assert "<img" not in html
    assert html.count("&lt;img") == 3


def test_hostile_messages_and_paths_are_escaped():
    shown = pieces.message("✕", 0.0, HOSTILE, [HOSTILE]) + pieces.where(
        Path(HOSTILE), Path(HOSTILE)
    )
    assert "<img" not in shown
    assert 'x onerror="' not in shown


def test_trouble_comes_first_then_the_roles_in_order_and_what_was_stopped_last():
    found = [
        process("cleaner-1", "cleaner"),
        process("consumer-10", "consumer"),
        process("consumer-2", "consumer"),
        process("consumer-1", "consumer", State.STOPPED, ended=1005.0),
        process("consumer-3", "consumer", State.KILLED, ended=1005.0),
        process("manager-1", "manager"),
        process("producer-1", "producer"),
    ]
    assert [one.name for one in sorted(found, key=pieces.place)] == [
        "consumer-3",
        "producer-1",
        "consumer-2",
        "consumer-10",
        "manager-1",
        "cleaner-1",
        "consumer-1",
    ]


def test_a_row_tells_the_state_since_when_and_the_job_in_hand():
    shown = plain(cells(process("consumer-1", "consumer", job="abcdefghij"), 1134.0))
    assert "consumer-1" in shown
    assert "running 2m 14s" in shown
    assert "abcdefghij" in shown
    assert "waiting" in cells(process("consumer-1", "consumer"), 1134.0)
    dead = process("consumer-1", "consumer", State.KILLED, job="abcdefghij", ended=1116.0)
    shown = plain(cells(dead, 1134.0))
    assert "killed 18 s ago" in shown
    assert "holds |abcdefghij" in shown


def test_a_frozen_process_tells_since_when_it_stands_still():
    seen = nothing(speed=2.0)
    frozen = metrics.frame([ProcessEvent(1, 150.0, "consumer-1", "freeze", None)], ProcessEvent)
    seen = replace(seen, look=replace(seen.look, now=200.0, process_events=frozen))
    one = process("consumer-1", "consumer", State.FROZEN)
    assert "frozen 25 s<" in pieces.process(one, 1134.0, seen, "", "")
    other = process("consumer-2", "consumer", State.FROZEN)
    assert "frozen 2m 14s<" in pieces.process(other, 1134.0, seen, "", "")


def test_tiles_tell_every_status_its_count_and_its_change():
    counts = dict.fromkeys(Status, 0) | {Status.PROCESSED: 12_400}
    before = dict.fromkeys(Status, 0) | {Status.PROCESSED: 12_000, Status.FAILED: 2}
    shown = pieces.tiles(counts, before, 60.0)
    assert [status for status in Status if f"q-{status}" in shown] == list(Status)
    assert 'title="12,400 processed"' in shown
    assert "<b>12.4k</b><small>+400 in 60 s" in shown
    assert "\N{MINUS SIGN}2 in 60 s" in shown


def test_the_speed_is_told_where_queue_time_is_not_real_time():
    assert "speed" not in pieces.pill(2, 1.0, 0.0)
    assert "speed 20" in pieces.pill(2, 20.0, 0.0)


def test_the_style_touches_nothing_outside_of_the_room():
    css = re.sub(r"</?style>", "", STYLE)
    css = re.sub(r"@container rinq [^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}", r"\1", css)
    selectors = re.findall(r"([^{}]+)\{[^{}]*\}", css)
    assert len(selectors) > 40
    for selector in ",".join(selectors).split(","):
        assert re.match(r'\s*(\[data-jp-theme-light="false"\] )?\.rinq\b', selector), selector


def test_the_feed_and_the_log_escape_what_they_show():
    move = Transition(
        1, 1, 1, "retry", "processing", HOSTILE, 12.345, HOSTILE, "x", 2, 3, None, None, HOSTILE
    )
    shown = feed.moves([feed.Line(HOSTILE, move)]) + feed.log([HOSTILE])
    assert "<img" not in shown
    assert 'x onerror="' not in shown
    assert "retried" in shown
    assert ".34<td>" in shown


def test_the_line_of_progress_tells_how_far_and_how_long():
    assert "65 of 200 settled · about 2m 15s left" in pieces.progress(65, 200, 1.0)
    assert "200 of 200 reached" in pieces.progress(200, 200, 1.0)
    assert "left" not in pieces.progress(0, 200, 0.0)
