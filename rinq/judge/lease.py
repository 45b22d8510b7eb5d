"""Waiting for a lease to lapse in real time, fair to clocks that count whole seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator

from rinq.judge.actor import UNTIL_LATER, Actor, ClaimHandle
from rinq.judge.history import TrialEvent
from rinq.judge.pool import Pool
from rinq.judge.trial import Trial
from rinq.judge.verdict import Undecided

LEASE = 1  # seconds, of a claim that is to lapse
ROUNDING = 1.0  # seconds by which a clock of whole seconds may be late or early
SLACK = 0.2  # seconds more that a trial waits
PATIENCE = 1.0  # seconds more in which a job that is due is looked for
LOOK = 0.03  # seconds between two looks


def due(lease: float = LEASE) -> float:
    """When a claim that has returned by now has lapsed by any clock, in ``time.monotonic()``."""
    return time.monotonic() + lease + ROUNDING + SLACK


def take_over(
    manager: Actor, taker: Actor, until: float, lease: float = UNTIL_LATER
) -> ClaimHandle | None:
    """Let the manager reassign and the taker claim, until it gets a job; None if it gets none."""
    events = taker.trial.history.events
    while True:
        known = len(events)
        manager.reassign()
        held = taker.claim(lease)
        if held is not None or time.monotonic() > until:
            return held
        del events[known:]  # a look that found nothing, and was not the last
        time.sleep(LOOK)


def claimed(actor: Actor, lease: float = LEASE) -> ClaimHandle:
    """Submit a job and claim it."""
    submitted = actor.submit(actor.trial.jobs(1)[0])
    held = actor.claim(lease)
    if held is None:
        raise actor.trial.breach("A job that waits can be claimed.", submitted, last(actor.trial))
    return held


def last(trial: Trial) -> TrialEvent:
    return trial.history.events[-1]


def needs_reassign(pool: Pool) -> None:
    """Raises: NotAttempted, at once, rather than after waiting for a lease."""
    with Trial(pool) as trial:
        trial.process("M").reassign()


class PreparedTrials:
    """Trials in each of which A holds one job, on a lease that lapses: one for each step."""

    def __init__(self, pool: Pool, n: int) -> None:
        self._holder = pool.take()
        self._trials: list[tuple[Trial, ClaimHandle, Actor]] = []
        for _ in range(n):
            trial = Trial(pool)
            actor = trial.process("A", self._holder)
            self._trials.append((trial, claimed(actor), actor))

    def __len__(self) -> int:
        return len(self._trials)

    def next(self) -> tuple[Trial, ClaimHandle, Actor]:
        """Use one up.

        Raises: Undecided, where none is left.
        """
        if not self._trials:
            raise Undecided("There were too few trials for the steps of this call.")
        trial, held, actor = self._trials.pop(0)
        trial.history.mark("A", "past its lease")
        return trial, held, actor


def spread(steps: int, most: int) -> Iterator[int]:
    """At most so many of the steps 1 … ``steps``, evenly."""
    n = min(steps, most)
    yield from (1 + i * steps // n for i in range(n))
