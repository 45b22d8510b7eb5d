"""Histories for the tests of metrics and charts: written row by row, or by acts at random."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st

from rinq.errors import QueueError
from rinq.metrics.frames import frame
from rinq.queue import PersistentQSQLite, Status, Transition
from rinq.queue.clock import Moment

STATUS = {
    "submit": (None, "unprocessed"),
    "claim": ("unprocessed", "processing"),
    "complete": ("processing", "processed"),
    "retry": ("processing", "unprocessed"),
    "fail": ("processing", "failed"),
    "reassign": ("processing", "unprocessed"),
    "release": ("processing", "unprocessed"),
    "cancel": ("unprocessed", "failed"),
    "clean": ("failed", "cleaned"),
    "redrive": ("failed", "unprocessed"),
}


def transitions(rows):
    """The frame of these rows: (at, job, event, attempt, process), or (job, event, from_status,
    to_status, at, actor, process, attempt); ids count up from 1."""
    entries: list[Transition] = []
    numbers, last = Counter[Any](), dict[Any, int]()
    for i, row in enumerate(rows, 1):
        job, *moved = row if len(row) > 5 else _moved(*row)
        numbers[job] += 1
        previous, last[job] = last.get(job), i
        rest = dict[str, Any].fromkeys(("judged_by_limit", "due", "checksum", "error"))
        entries.append(Transition(i, job, numbers[job], previous, *moved, **rest))
    return frame(entries, Transition)


def _moved(at, job, event, attempt, process):
    return job, event, *STATUS.get(event, (None, None)), at, process, process, attempt


ACTS = st.sampled_from(
    ["submit", "claim", "complete", "fail", "release", "reassign", "clean", "redrive", "late"]
)


def act(queue, name, step, claims):
    """Do it, if there is anything to do it to and the queue does not refuse."""
    try:
        match name:
            case "submit":
                queue.submit(f"job_{step:06}")
            case "claim":
                claims.append(queue.claim(f"consumer-{step}", lease=60))
            case "complete" | "late":
                queue.complete(claims[-1 if name == "complete" else 0])
            case "fail":
                queue.fail(claims[-1], "no", n_tries=2)
            case "release":
                queue.release(claims[-1])
            case "reassign":
                queue.reassign("manager-1", n_reassigns=2)
            case "clean" | "redrive":
                getattr(queue, name)(queue.jobs(Status.FAILED)[0].name, "somebody")
    except (QueueError, IndexError, AttributeError):
        pass


def played(acts, *, drained=False):
    """A queue in memory after these acts, 25 s apart, and its clock; ``drained``: all settled."""
    now = [1000.0]
    queue, claims = PersistentQSQLite(":memory:", moment=lambda: Moment(now[0])), []
    for step, name in enumerate(acts):
        now[0] += 25
        act(queue, name, step, claims)
    now[0] += 100
    if drained:
        queue.reassign("manager-1")
        while (claim := queue.claim("consumer-last")) is not None:
            now[0] += 3
            queue.complete(claim)
    return queue, now
