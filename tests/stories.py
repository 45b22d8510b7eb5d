"""Histories for the tests of the view: told row by row, or made by acts drawn at random."""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st

from rinq.errors import QueueError
from rinq.metrics import frames as metrics
from rinq.queue import PersistentQSQLite, Status, Transition

STATUS = {
    "submit": (None, "unprocessed"),
    "claim": ("unprocessed", "processing"),
    "complete": ("processing", "processed"),
    "retry": ("processing", "unprocessed"),
    "fail": ("processing", "failed"),
    "reassign": ("processing", "unprocessed"),
    "release": ("processing", "unprocessed"),
    "clean": ("failed", "cleaned"),
    "redrive": ("failed", "unprocessed"),
}


def transitions(rows):
    """The frame of these rows: (at, job, event, attempt, process), or the whole Transition
    from its second column to ``attempt``; ids count up from 1."""
    whole = [row if len(row) > 5 else _moved(*row) for row in rows]
    numbers = Counter()
    found = []
    for i, (job, *move) in enumerate(whole, 1):
        numbers[job] += 1
        found.append(Transition(i, job, numbers[job], *move, None, None, None, None))
    return metrics.frame(found, Transition)


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
    queue, claims = PersistentQSQLite(":memory:", real_time=lambda: now[0]), []
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
