"""The table of processes: hostile names are escaped, and the order is the designed one."""

from __future__ import annotations

import re
from dataclasses import replace

from rinq.fleet import FleetProcess
from rinq.metrics import frames as metrics
from rinq.queue import ProcessEvent, ProcessRow
from rinq.queue.liveness import State
from rinq.room import process_html
from rinq.room.state import empty_state

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


def cells(one, when=1134.0):
    return process_html.cells(one, when, empty_state())


def test_hostile_names_of_processes_and_jobs_are_escaped():
    html = cells(process(HOSTILE, "consumer", job=HOSTILE))
    assert "<img" not in html
    assert html.count("&lt;img") == 3


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
    assert [one.name for one in sorted(found, key=process_html.sort_key)] == [
        "consumer-3",
        "producer-1",
        "consumer-2",
        "consumer-10",
        "manager-1",
        "cleaner-1",
        "consumer-1",
    ]


def test_a_line_shows_the_state_since_when_and_the_job_in_hand():
    shown = plain(cells(process("consumer-1", "consumer", job="abcdefghij")))
    assert "consumer-1" in shown
    assert "running 2m 14s" in shown
    assert "abcdefghij" in shown
    assert "waiting" in cells(process("consumer-1", "consumer"))
    dead = process("consumer-1", "consumer", State.KILLED, job="abcdefghij", ended=1116.0)
    shown = plain(cells(dead))
    assert "killed 18 s ago" in shown
    assert "holds |abcdefghij" in shown


def test_a_frozen_process_shows_since_when_it_is_frozen():
    state = empty_state(speed=2.0)
    frozen = metrics.frame([ProcessEvent(1, 150.0, "consumer-1", "freeze", None)], ProcessEvent)
    state = replace(state, snapshot=replace(state.snapshot, now=200.0, process_events=frozen))
    one = process("consumer-1", "consumer", State.FROZEN)
    assert "frozen 25 s<" in process_html.cells(one, 1134.0, state)
    other = process("consumer-2", "consumer", State.FROZEN)
    assert "frozen 2m 14s<" in process_html.cells(other, 1134.0, state)
