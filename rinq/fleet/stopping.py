"""Ending a background process: asked to, then waited for, then forced."""

from __future__ import annotations

import contextlib
import time

from rinq.errors import NotRunning
from rinq.fleet import signals
from rinq.fleet.launch import reap
from rinq.fleet.processes import row_of
from rinq.queue import PersistentQ, ProcessRow
from rinq.queue.liveness import ALIVE, State, find, state

POLL = 0.01
REAP_TIME = 5.0  # real seconds for the last thread of a process that is over


def ask_to_stop(queue: PersistentQ, row: ProcessRow) -> None:
    """Ask a process to hand back its job and end; a frozen one is thawed for that."""
    queue.registry.request_stop(row.name, row.incarnation)
    if state(row) is State.FROZEN:
        with contextlib.suppress(NotRunning):
            signals.resume(row)


def await_end(queue: PersistentQ, row: ProcessRow, deadline: float) -> State:
    """Wait for the end of a process that was asked to stop; kill it at the deadline.

    Returns how it ended; ``elsewhere`` for a process of another host that has not.
    """
    while time.monotonic() < deadline:
        reap(row.pid)
        gone = find(row) is None
        now = row_of(queue, row.name)  # read once it is gone, so that its outcome is there
        if now.incarnation != row.incarnation:
            return State.STOPPED  # and somebody started the name again
        if gone and (ended := state(now)) not in ALIVE:
            reap(row.pid, patience=REAP_TIME)
            queue.registry.ended(row.name, row.incarnation, ended)
            return ended
        time.sleep(POLL)
    if state(row) is State.ELSEWHERE:
        return State.ELSEWHERE
    with contextlib.suppress(NotRunning):
        signals.kill(row)
    await_gone(row)
    queue.registry.ended(row.name, row.incarnation, State.KILLED)
    return State.KILLED


def await_gone(row: ProcessRow) -> None:
    """Wait until the system has no such process any more."""
    while find(row) is not None:
        reap(row.pid)
        time.sleep(POLL)
    reap(row.pid, patience=REAP_TIME)
