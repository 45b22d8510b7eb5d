"""One trial: a fresh database, and named processes that have it open."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rinq.judge.actor import Actor
from rinq.judge.client import Client
from rinq.judge.history import TrialEvent, TrialHistory
from rinq.judge.pool import Pool
from rinq.judge.verdict import Broken, Counterexample

WORDS = [
    "cherry",
    "almond",
    "walnut",
    "banana",
    "carrot",
    "tomato",
    "garlic",
    "papaya",
    "quince",
    "radish",
    "lentil",
    "peanut",
]


class Trial:
    """A database of its own; ``with`` closes what is open, or kills it after an error."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.folder = pool.folder / f"trial-{next(pool.trials)}"
        self.folder.mkdir()
        self.path: Path = self.folder / "queue.db"
        self.history = TrialHistory()
        self.submitted: set[str] = set()
        self._words = iter(WORDS)
        self._actors: list[Actor] = []
        self._shared: set[int] = set()

    def jobs(self, n: int) -> list[str]:
        """Names not used before in this trial, in no alphabetical order."""
        return [f"job-{next(self._words)}" for _ in range(n)]

    def process(self, name: str, client: Client | None = None, called: str | None = None) -> Actor:
        """A process that opens the queue; ``client`` lets it be one that other trials use too."""
        actor = Actor(self, name, client or self.pool.take(), called)
        if client is not None:
            self._shared.add(id(client))
        self._actors.append(actor)
        return actor

    def breach(
        self,
        rule: str,
        first: TrialEvent,
        second: TrialEvent | None = None,
        sentence: str = "",
        *,
        hint: str = "",
    ) -> Broken:
        """These two events break the rule: with the part of the history that they need."""
        second = second or first
        events = self.history.about(first, second)
        places = [next(i for i, it in enumerate(events) if it is one) for one in (first, second)]
        about = second if second.job else first
        if not sentence:
            sentence = f"{first}." if first is second else f"{first}; then {second}."
        found = Counterexample(about.job, about.attempt, rule, sentence, tuple(events), *places)
        return Broken(found, hint)

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
                    if id(actor.client) not in self._shared:
                        self.pool.give(actor.client)
        except Broken as found:
            kind = type(found)
            raise
        finally:
            if kind is not None:
                for actor in self._actors:
                    actor.client.kill()
            shutil.rmtree(self.folder, ignore_errors=True)


def wait_until(moment: float) -> None:
    """Until this moment of ``time.monotonic()``."""
    time.sleep(max(0.0, moment - time.monotonic()))
