"""What the judge finds: a verdict on each property, with the history that shows a violation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from rinq.judge.history import TrialEvent, TrialHistory


class Outcome(StrEnum):
    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    NOT_ATTEMPTED = "not attempted"


@dataclass(frozen=True)
class Counterexample:
    """The smallest history found that breaks a rule.

    ``first`` and ``second`` are the positions in ``history`` of the two events that contradict
    each other; they are the same where a single call breaks the rule.
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
    """A rule is broken. ``hint`` replaces that of the property, where that would mislead."""

    def __init__(self, counterexample: Counterexample, hint: str = "") -> None:
        self.counterexample = counterexample
        self.hint = hint
        super().__init__(counterexample.sentence)


def violation(
    history: TrialHistory,
    rule: str,
    first: TrialEvent,
    second: TrialEvent | None = None,
    sentence: str = "",
    *,
    hint: str = "",
) -> Broken:
    """These two events (or this one) break the rule: to be raised."""
    second = second or first
    events = history.explaining(first, second)
    positions = [next(i for i, it in enumerate(events) if it is one) for one in (first, second)]
    about = second if second.job else first
    if not sentence:
        sentence = f"{first}." if first is second else f"{first}; then {second}."
    found = Counterexample(about.job, about.attempt, rule, sentence, tuple(events), *positions)
    return Broken(found, hint)


@dataclass(frozen=True)
class PropertyVerdict:
    """What the judge found on one property.

    ``reason`` is one sentence; ``hint`` says what to read where the property is broken;
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
        return self.in_columns(len(self.property), len(self.outcome))

    def in_columns(self, name_width: int, outcome_width: int) -> str:
        """As text; name and outcome are padded to these widths, in characters."""
        lines = [f"{self.property:{name_width}}  {self.outcome:{outcome_width}}  {self.title}"]
        lines += [] if self.outcome is Outcome.HOLDS else [self.reason]
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
        """The names of the broken properties."""
        return tuple(it.property for it in self.verdicts if it.outcome is Outcome.BROKEN)

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """By the name of the property."""
        return {it.property: it.outcome for it in self.verdicts}

    def __getitem__(self, name: str) -> PropertyVerdict:
        return {it.property: it for it in self.verdicts}[name]

    def __iter__(self) -> Iterator[PropertyVerdict]:
        return iter(self.verdicts)

    def __str__(self) -> str:
        name = max(len(it.property) for it in self.verdicts)
        outcome = max(len(it.outcome) for it in self.verdicts)
        return "\n".join(it.in_columns(name, outcome) for it in self.verdicts)

    __repr__ = __str__

    def to_json(self) -> str:
        return json.dumps([asdict(it) for it in self.verdicts])
