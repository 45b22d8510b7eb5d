"""What the judge says: a verdict on each property, with the history that shows a broken one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from rinq.judge.history import TrialEvent


class Outcome(StrEnum):
    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    NOT_ATTEMPTED = "not attempted"


@dataclass(frozen=True)
class Counterexample:
    """The smallest history found that breaks a rule; the two events stand in ``history``.

    ``second`` is the same as ``first`` where a single call breaks the rule.
    """

    job: str | None
    attempt: int | None
    rule: str
    sentence: str
    history: tuple[TrialEvent, ...]
    first: int
    second: int


class NotAttempted(Exception):
    """The class does not have this verb yet."""


class Undecided(Exception):
    """The trial cannot tell; the text says why."""


class Broken(Exception):
    """A rule is broken. ``hint`` stands in for that of the property, where that would mislead."""

    def __init__(self, counterexample: Counterexample, hint: str = "") -> None:
        self.counterexample = counterexample
        self.hint = hint
        super().__init__(counterexample.sentence)


@dataclass(frozen=True)
class PropertyVerdict:
    """``reason`` is one sentence; ``hint`` says what to read where it is broken.

    ``printed`` is the end of what the learner's code wrote to its output.
    """

    property: str
    title: str
    outcome: Outcome
    reason: str
    hint: str = ""
    counterexample: Counterexample | None = None
    printed: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        return self.told(len(self.property), len(self.outcome))

    def told(self, name: int, outcome: int) -> str:
        """In lines, with so many characters for the columns of name and outcome."""
        holds = self.outcome is Outcome.HOLDS
        lines = [f"{self.property:{name}}  {self.outcome:{outcome}}  {self.title}"]
        lines += [] if holds else [self.reason]
        if self.counterexample:
            lines += [f"Rule: {self.counterexample.rule}", f"Hint: {self.hint}"]
            lines += [f"It printed: {line}" for line in self.printed.splitlines()]
        return "\n    ".join(lines)


@dataclass(frozen=True)
class Report:
    """The verdicts on one class, in the order of the properties; iterates over them."""

    target: str
    verdicts: tuple[PropertyVerdict, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        return tuple(it.property for it in self.verdicts if it.outcome is Outcome.BROKEN)

    def __getitem__(self, name: str) -> PropertyVerdict:
        return {it.property: it for it in self.verdicts}[name]

    def __iter__(self) -> Iterator[PropertyVerdict]:
        return iter(self.verdicts)

    def __str__(self) -> str:
        name = max(len(it.property) for it in self.verdicts)
        outcome = max(len(it.outcome) for it in self.verdicts)
        return "\n".join(it.told(name, outcome) for it in self.verdicts)

    __repr__ = __str__

    def to_json(self) -> str:
        return json.dumps([asdict(it) for it in self.verdicts])
