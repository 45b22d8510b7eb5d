"""The history of one job, replayed and judged entry by entry."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rinq.errors import UnreadableFile
from rinq.lab.audit.report import Problem, Rule
from rinq.queue.model import MOVES, Event, Job, Status, Transition, is_job_name

_ACTS_OF_A_HOLDER = {Event.COMPLETE, Event.RETRY, Event.FAIL, Event.RELEASE}
_UNUSABLE = (UnreadableFile.__doc__ or "").rstrip(".")


def show(name: str) -> str:
    """A job's name; one that cannot be a job's, quoted."""
    return name if is_job_name(name) else f"{name!r:.60}"


def _short(value: object) -> str:
    """A value of a row in a sentence, however long, and whatever characters it has."""
    text = str(value)
    return f"{text:.70}" if text.isprintable() else f"{text!r:.70}"


def describe(entry: Transition) -> str:
    """An entry of the history in words, with its id and time."""
    if entry.event == Event.ILLEGAL:
        what = f"illegal change from {entry.from_status or 'nothing'} to "
        what += entry.to_status or "nothing"
    else:
        what = f"{entry.event} by {entry.actor or 'an unknown actor'}"
        if entry.process not in (None, entry.actor):
            what += f", with {entry.process} as its holder"
    return f"{what} (transition {entry.id}, attempt {entry.attempt}, at {entry.at:.3f})"


class JobReplay:
    """What the history says of one job so far.

    Args:
        job_id: its id.
        name: its name; None if its row is gone.
        lease: the least lease that any claim was given (queue seconds), if it is known.
        now: what is later than this was written by hand (queue seconds).
    """

    __slots__ = (
        "accepted",
        "attempt",
        "claim",
        "duplicates",
        "entries",
        "failed",
        "job_id",
        "last",
        "latest",
        "lease",
        "name",
        "now",
        "problems",
        "reassigns",
        "refused",
        "status",
        "taken",
        "tries",
        "unusable",
    )

    def __init__(
        self,
        job_id: int,
        name: str | None,
        lease: float | None = None,
        now: float = math.inf,
    ) -> None:
        self.job_id, self.name, self.lease, self.now = job_id, name, lease, now
        self.status: str | None = None
        self.attempt = self.tries = self.reassigns = 0
        self.claim: Transition | None = None  # the one that holds the job
        self.accepted: Transition | None = None  # the completion
        self.failed: Transition | None = None  # the last move to failed
        self.last: Transition | None = None  # move, or illegal change
        self.latest: Transition | None = None  # entry of any kind
        self.entries = 0  # the number of the latest
        self.unusable = False  # whether its file could not be used
        self.taken = False  # whether a claim was taken back since the last claim
        self.duplicates = self.refused = 0
        self.problems: list[Problem] = []

    def read(self, entries: Iterable[Transition]) -> JobReplay:
        """Take the next entries of the history, in order."""
        for entry in entries:
            self._judge_order(entry)
            self.latest, self.entries = entry, entry.number
            if entry.event == Event.REFUSED:
                self.refused += 1
                continue
            if entry.event == Event.ILLEGAL:
                self._blame(Rule.LEGAL_MOVE, "came after", entry, self.last)
            else:
                self._judge_move(entry)
                self._count(entry)
            self._apply(entry)
        return self

    def against(self, row: Job) -> list[Problem]:
        """All problems of this job, now that its whole history is read."""
        if self.last is None:
            self._add(Rule.REPLAY, f"the row is {row.status}, but it has no history")
            return self.problems
        if row.entries != self.entries:
            entries = f"the row counts {row.entries} entries of its history, which ends in entry"
            self._add(Rule.WHOLE, f"{entries} {self.entries}", self.latest)
        elif self.latest is not None and row.last_entry != self.latest.id:
            newest = f"the row names transition {row.last_entry} as its newest, not"
            self._add(Rule.WHOLE, f"{newest} {describe(self.latest)}", self.latest)
        if max(row.since, row.at) > self.now:
            times = f"since {row.since:.3f}, at {row.at:.3f}"
            self._add(Rule.TIME, f"the row has times in the future: {times}", self.last)
        if not is_job_name(row.name):
            self._add(Rule.NAME, "its name is not a job name", self.last)
        held_by = self.claim.process if self.claim else None
        compared = {
            "status": (row.status, self.status),
            "attempt": (row.attempt, self.attempt),
            "tries": (row.tries, self.tries),
            "reassigns": (row.reassigns, self.reassigns),
            "process": (row.process, held_by),
            "actor": (row.actor, self.last.actor),
            "error": (row.error, self.last.error),
            "checksum": (row.checksum, self.last.checksum),
            "judged_by_limit": (row.judged_by_limit, self.last.judged_by_limit),
        }
        for what, (stored, replayed) in compared.items():
            if stored != replayed:
                differ = f"{what} is {_short(stored)} in the row, but {_short(replayed)}"
                ends = f"by the history, which ends in {describe(self.last)}"
                self._add(Rule.REPLAY, f"{differ} {ends}", self.last)
        return self.problems

    def against_no_row(self) -> list[Problem]:
        """All problems of a job that has no row: right only if the history says how it ended."""
        if self.last is not None and self.status is not None:
            self._add(
                Rule.ONE_STATUS,
                f"it is in no status, but its history ends in {describe(self.last)}",
                self.last,
            )
        return self.problems

    def problem(self, rule: Rule, what: str, *entries: Transition | None) -> Problem:
        """A broken rule of this job, with the entries that show it, the last one last."""
        ids = tuple(entry.id for entry in entries if entry)
        attempt = max((entry.attempt for entry in entries if entry), default=self.attempt)
        gone = f"Job number {self.job_id}, without a row"
        who = gone if self.name is None else f"Job {show(self.name)}"
        return Problem(rule, f"{who}, attempt {attempt}: {what}.", self.name, attempt, ids)

    def _judge_order(self, entry: Transition) -> None:
        """Entries are numbered 1, 2, 3, …, name the one before, and are not earlier than it."""
        expected, previous = self.entries + 1, self.latest.id if self.latest else None
        if entry.number != expected:
            numbers = f"is entry {entry.number} of its history, where {expected} is expected, after"
            self._blame(Rule.WHOLE, numbers, entry, self.latest)
        elif entry.previous != previous:
            link = f"names transition {entry.previous} as the one before, not"
            self._blame(Rule.WHOLE, link, entry, self.latest)
        if self.latest is not None and entry.at < self.latest.at:
            self._blame(Rule.TIME, "is earlier than", entry, self.latest)
        if entry.at > self.now:
            self._blame(Rule.TIME, f"is later than now ({self.now:.3f}), after", entry)

    def _judge_move(self, entry: Transition) -> None:
        event, claim = entry.event, self.claim
        if event == Event.CLAIM and claim is not None:
            self._blame(Rule.ONE_CLAIM, "came while this claim held it:", entry, claim)
        elif event == Event.COMPLETE and self.accepted is not None:
            self._blame(Rule.ONE_COMPLETION, "came after", entry, self.accepted)
        elif event in _ACTS_OF_A_HOLDER and not _is_by(claim, entry):
            if claim is not None:
                self._blame(Rule.STALE_CLAIM, "came while this claim held it:", entry, claim)
            else:
                self._blame(Rule.STALE_CLAIM, "was accepted from nobody's claim, after", entry)
        elif (event, entry.from_status, entry.to_status) not in MOVES:
            move = f"from {entry.from_status} to {entry.to_status} is no legal move, after"
            self._blame(Rule.LEGAL_MOVE, move, entry)
        elif entry.from_status != self.status:
            moved = f"moved it from {entry.from_status}, but it was {self.status} since"
            self._blame(Rule.LEGAL_MOVE, moved, entry)
        elif entry.attempt != self.attempt + (event == Event.CLAIM):
            attempts = f"has attempt {entry.attempt}, but the last was {self.attempt}, with"
            self._blame(Rule.ATTEMPT, attempts, entry)
        elif event == Event.REASSIGN and claim is not None:
            self._judge_reassign(claim, entry)
        elif event == Event.CLAIM and self.last is not None and entry.at < (self.last.due or 0):
            early = f"took it before its time, {self.last.due:.3f}, set by"
            self._blame(Rule.DUE, early, entry)

    def _judge_reassign(self, claim: Transition, entry: Transition) -> None:
        if entry.process != claim.process:
            self._blame(Rule.REPLAY, f"took it from {entry.process}, not from", entry, claim)
        if self.lease is not None and entry.at <= claim.at + self.lease:
            early = f"took it back within a lease of {self.lease:g} s, which began with"
            self._blame(Rule.LEASE_KEPT, early, entry, claim)

    def _count(self, entry: Transition) -> None:
        event = entry.event
        if event == Event.COMPLETE:
            self.accepted = self.accepted or entry
        elif event == Event.REDRIVE:
            self.tries = self.reassigns = 0
        elif event in (Event.RETRY, Event.FAIL):
            self.tries += 1
            self._judge_limit("tries", self.tries, entry)
        elif event == Event.REASSIGN:
            self.reassigns += 1
            self._judge_limit("reassigns", self.reassigns, entry)
            self.taken = True
        elif event == Event.CLAIM:
            self.duplicates += self.taken
            self.taken = False

    def _judge_limit(self, what: str, count: int, entry: Transition) -> None:
        """A job fails when its count reaches the limit that applies then, and only then."""
        limit = entry.judged_by_limit
        if limit is None:
            self._blame(Rule.LIMIT, f"does not say how many {what} are allowed; after", entry)
        elif entry.to_status == Status.FAILED and count < limit:
            early = f"failed it after {count} {what}, where {limit} are allowed; after"
            self._blame(Rule.LIMIT, early, entry)
        elif entry.to_status != Status.FAILED and count >= limit:
            late = f"let it go on after {count} {what}, where {limit} are allowed; after"
            self._blame(Rule.LIMIT, late, entry)

    def _apply(self, entry: Transition) -> None:
        self.status, self.attempt, self.last = entry.to_status, entry.attempt, entry
        self.claim = entry if entry.to_status == Status.PROCESSING else None
        if entry.to_status == Status.FAILED:
            self.failed = entry
        if entry.error and entry.error.startswith(_UNUSABLE):
            self.unusable = True

    def _blame(
        self, rule: Rule, how: str, entry: Transition, other: Transition | None = None
    ) -> None:
        """Name two entries that contradict each other; the other is the last where not given."""
        other = other or self.last
        before = describe(other) if other else "nothing"
        self._add(rule, f"{describe(entry)} {how} {before}", other, entry)

    def _add(self, rule: Rule, what: str, *entries: Transition | None) -> None:
        self.problems.append(self.problem(rule, what, *entries))


def _is_by(claim: Transition | None, entry: Transition) -> bool:
    """Whether an act is that of the process whose claim of this attempt holds the job."""
    return (
        claim is not None
        and entry.attempt == claim.attempt
        and entry.actor == entry.process == claim.process
    )
