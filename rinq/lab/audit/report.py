"""What the audit says: a verdict, and each broken rule in one sentence."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rinq.display import printable


class AuditVerdict(StrEnum):
    """``invalid``: a rule was broken. ``unknown``: none was seen, but not all could be judged."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class Rule(StrEnum):
    """The rules, by name; ``MEANING`` says each in a sentence."""

    ONE_STATUS = "one-status"
    REPLAY = "replay"
    LEGAL_MOVE = "legal-move"
    ONE_CLAIM = "one-claim"
    ONE_COMPLETION = "one-completion"
    STALE_CLAIM = "stale-claim"
    ATTEMPT = "attempt"
    LIMIT = "limit"
    WHOLE = "whole-history"
    TIME = "time"
    DUE = "due"
    LEASE_KEPT = "lease-kept"
    LEASE_LAPSED = "lease-lapsed"
    NAME = "name"
    FILES = "files"


MEANING = {
    Rule.ONE_STATUS: "Every submitted job is in exactly one status.",
    Rule.REPLAY: "The history, replayed, gives the table.",
    Rule.LEGAL_MOVE: "Only legal moves are made.",
    Rule.ONE_CLAIM: "No two claims on one job overlap.",
    Rule.ONE_COMPLETION: "At most one completion of a job is accepted.",
    Rule.STALE_CLAIM: "Nothing is accepted from a stale claim.",
    Rule.ATTEMPT: "Each claim's attempt is one more than the last.",
    Rule.LIMIT: "A job fails when its tries or reassigns reach their limit, and only then.",
    Rule.WHOLE: "Entries of the history are added, and never taken out.",
    Rule.TIME: "Time never runs backwards in the history of a job, or ahead of the clock.",
    Rule.DUE: "No job is claimed before its time.",
    Rule.LEASE_KEPT: "No claim is taken back before its lease is over.",
    Rule.LEASE_LAPSED: "No claim outlives a poll cycle of the Manager that began after its lease.",
    Rule.NAME: "Every job has a legal name.",
    Rule.FILES: "The files agree with the rows, and the results with their checksums.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule. ``transitions`` are the ids of the events that contradict each other.

    ``job`` is the name; None where its row is gone, or no one job is concerned. ``attempt``
    is the latest concerned.
    """

    rule: Rule
    sentence: str
    job: str | None
    attempt: int
    transitions: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.rule}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a file, named below ``primary_path``, that breaks no rule."""

    file: str
    sentence: str
    job: str | None

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Audit:
    """The outcome of an audit; ``bool(audit)`` is True only if the verdict is ``valid``.

    Args:
        problems: the broken rules; the first ``most`` that were found.
        unlisted: how many more there were.
        pending: file work that is half done, which a Cleaner will finish.
        strays: files that belong to no job, or are in a job's way; they are left alone.
        duplicates: executions that began although an earlier one of the same job, whose
            claim was taken back, may have run too. At-least-once allows them.
        refused: acts that the queue refused.
        undecided: why something could not be judged.
        with_files: whether files were compared too.
    """

    problems: tuple[Problem, ...] = ()
    unlisted: int = 0
    pending: tuple[Note, ...] = ()
    strays: tuple[Note, ...] = ()
    duplicates: int = 0
    refused: int = 0
    undecided: tuple[str, ...] = ()
    jobs: int = 0
    transitions: int = 0
    with_files: bool = False
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def verdict(self) -> AuditVerdict:
        if self.problems:
            return AuditVerdict.INVALID
        return AuditVerdict.UNKNOWN if self.undecided else AuditVerdict.VALID

    @property
    def at_rest(self) -> bool:
        """Whether all is valid and no file work is left to do."""
        return bool(self) and not self.pending

    @property
    def exit_code(self) -> int:
        """For a program that prints it: 0 valid, 1 invalid, 3 unknown (2 is wrong usage)."""
        return {AuditVerdict.VALID: 0, AuditVerdict.INVALID: 1, AuditVerdict.UNKNOWN: 3}[
            self.verdict
        ]

    def __bool__(self) -> bool:
        return self.verdict is AuditVerdict.VALID

    def as_dict(self) -> dict[str, Any]:
        return {"verdict": self.verdict, **dataclasses.asdict(self)}

    def to_json(self) -> str:
        return json.dumps(self.as_dict())

    def __str__(self) -> str:
        """The verdict in a line, then a line for each finding."""
        compared = "rows, history and files" if self.with_files else "rows and history, no files"
        what = f"{self.verdict}: {self.jobs:,} jobs, {self.transitions:,} transitions ({compared})"
        lines = [f"{what}; {self._broken()}."]
        lines += [f"  {problem}" for problem in self.problems]
        if self.unlisted:
            lines.append(f"  ... and {self.unlisted:,} more.")
        lines += [f"  undecided: {reason}" for reason in self.undecided]
        if self.duplicates or self.refused:
            counts = f"executions that may have run twice: {self.duplicates:,}"
            lines.append(f"  {counts}; refused acts: {self.refused:,}. Both are allowed.")
        lines += [f"  pending: {note}" for note in self.pending]
        lines += [f"  stray: {note}" for note in self.strays]
        return "\n".join(map(printable, lines))

    def _broken(self) -> str:
        broken = {problem.rule for problem in self.problems}
        if broken:
            return f"{len(broken)} rule{'s' * (len(broken) > 1)} broken"
        return "no rule was seen to be broken" if self.undecided else "no rule is broken"
