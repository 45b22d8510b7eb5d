"""One trial: a fresh database, named processes that have it open, and leases that lapse."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rinq.judge.actor import LONG_LEASE, Actor, ClaimHandle
from rinq.judge.history import TrialEvent, TrialHistory
from rinq.judge.pool import Pool
from rinq.judge.verdict import Broken, Undecided, violation
from rinq.judge.worker_process import WorkerProcess

# in no alphabetical order
WORDS = ["cherry", "almond", "walnut", "banana", "carrot", "tomato", "garlic", "papaya", "quince"]
CLAIMABLE = "A job that waits can be claimed."

LEASE = 1  # seconds, of a claim that is to lapse
ROUNDING = 1.0  # seconds by which a clock of whole seconds may be late or early
SLACK = 0.2  # seconds more that a trial waits
PATIENCE = 1.0  # seconds more in which a job whose lease has lapsed must come back
POLL_INTERVAL = 0.03  # seconds between two attempts to get it


@dataclass(frozen=True)
class Property:
    """A property of a queue, and the trials that search for a violation of it.

    ``judge(pool, quick)`` returns a sentence on what was tried, where nothing was broken; it
    raises NotAttempted, Undecided or Broken. ``hint`` is what to read where it is broken.
    """

    name: str
    title: str
    hint: str
    judge: Callable[[Pool, bool], str]


class Trial:
    """A database of its own; ``with`` closes what is open, or kills it after an error."""

    def __init__(self, pool: Pool) -> None:
        self.history = TrialHistory()
        self._pool = pool
        self._folder = pool.new_folder()
        self._words = iter(WORDS)
        self._actors: list[Actor] = []
        self._own: list[WorkerProcess] = []

    def jobs(self, n: int) -> list[str]:
        """Names not used before in this trial."""
        return [f"job-{next(self._words)}" for _ in range(n)]

    def process(self, name: str, worker: WorkerProcess | None = None, process: str = "") -> Actor:
        """Open the queue in a worker: one of the pool's, or ``worker``, shared by other trials."""
        if worker is None:
            worker = self._pool.take()
            self._own.append(worker)
        actor = Actor(name, worker, self.history, self._folder / "queue.db", process)
        self._actors.append(actor)
        return actor

    def claimed(self, actor: Actor, lease: float = LEASE) -> ClaimHandle:
        """Let it submit a job and claim it."""
        submitted = actor.submit(self.jobs(1)[0])
        claim = actor.claim(lease)
        if claim is None:
            raise self.violation(CLAIMABLE, submitted, self.history.last)
        return claim

    def violation(
        self, rule: str, first: TrialEvent, second: TrialEvent, sentence: str = "", hint: str = ""
    ) -> Broken:
        """These two events break the rule: to be raised."""
        return violation(self.history, rule, first, second, sentence, hint=hint)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            for actor in self._actors:
                if kind is None and actor.alive:
                    actor.close()
                    if actor.worker in self._own:
                        self._pool.give_back(actor.worker)
        except Broken as found:
            kind = type(found)
            raise
        finally:
            if kind is not None:
                for actor in self._actors:
                    actor.worker.kill()
            shutil.rmtree(self._folder, ignore_errors=True)


class PreparedTrials:
    """Trials in each of which A holds one job, on a lease that lapses: one for each step."""

    def __init__(self, pool: Pool, n: int) -> None:
        self._holder = pool.take()
        self._trials: list[tuple[Trial, Actor, ClaimHandle]] = []
        for _ in range(n):
            trial = Trial(pool)
            actor = trial.process("A", self._holder)
            self._trials.append((trial, actor, trial.claimed(actor)))

    def next(self) -> tuple[Trial, Actor, ClaimHandle]:
        """Use one up. Raises: Undecided, where none is left."""
        if not self._trials:
            raise Undecided("There were too few trials for the steps of this call.")
        trial, actor, claim = self._trials.pop(0)
        actor.mark("past its lease")
        return trial, actor, claim


def needs_reassign(pool: Pool) -> None:
    """Raises: NotAttempted, at once, rather than after waiting for a lease."""
    with Trial(pool) as trial:
        trial.process("M").reassign()


def due(lease: float = LEASE) -> float:
    """The ``time.monotonic()`` at which a claim made by now has lapsed, whatever clock it uses."""
    return time.monotonic() + lease + ROUNDING + SLACK


def wait_until(moment: float) -> None:
    """Until this moment of ``time.monotonic()``."""
    time.sleep(max(0.0, moment - time.monotonic()))


def take_over(
    manager: Actor, taker: Actor, until: float, lease: float = LONG_LEASE
) -> ClaimHandle | None:
    """Let the manager reassign and the taker claim, again and again until the taker gets a job.

    Returns None if it got none by ``until`` (``time.monotonic()``).

    Of attempts in vain only the last stays in the history.
    """
    events = taker.history.events
    while True:
        known = len(events)
        manager.reassign()
        claim = taker.claim(lease)
        if claim is not None or time.monotonic() > until:
            return claim
        del events[known:]
        time.sleep(POLL_INTERVAL)


def spread(steps: int, most: int) -> Iterator[int]:
    """At most so many of the steps 1 … ``steps``, evenly."""
    n = min(steps, most)
    yield from (1 + i * steps // n for i in range(n))
