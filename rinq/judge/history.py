"""What happened in one trial, as the judge saw it: never what the queue reports about itself."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum


class Result(StrEnum):
    OK = "ok"
    FAILED = "failed"  # it raised
    INDEFINITE = "indefinite"  # interrupted: it may have had its effect, or not
    MARK = "mark"  # done to the process, not by it


@dataclass
class TrialEvent:
    """A call, from just before it to just after, or a mark. Times are real seconds of the trial.

    ``job`` and ``attempt`` are those that a claim returned, or that the call was about;
    ``attempt`` counts how often the judge has seen this job handed out.
    ``detail`` is how a call failed (``raises …``), or where a process was halted.
    """

    process: str
    what: str
    began: float
    ended: float
    result: Result
    job: str | None = None
    attempt: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        if self.result is Result.MARK:
            return f"{self.process} is {self.what}{f' at {self.detail}' if self.detail else ''}"
        call = f"{self.process}'s {self.what}"
        if self.job and self.what != "claim":
            call += f" of {self.job}" + (f", attempt {self.attempt}" if self.attempt else "")
        if self.result is Result.FAILED:
            return f"{call} {self.detail}"
        if self.result is Result.INDEFINITE:
            return f"{call} is interrupted"
        if self.what != "claim":
            return f"{call} returns"
        return f"{call} returns {f'{self.job} (attempt {self.attempt})' if self.job else 'nothing'}"


@dataclass
class TrialHistory:
    """Events in the order in which they began."""

    events: list[TrialEvent] = field(default_factory=list)
    _start: float = field(default_factory=time.monotonic)
    _claims: defaultdict[str, list[TrialEvent]] = field(default_factory=lambda: defaultdict(list))

    @property
    def last(self) -> TrialEvent:
        return self.events[-1]

    def _now(self) -> float:
        return time.monotonic() - self._start

    def begin(
        self, process: str, what: str, job: str | None = None, attempt: int | None = None
    ) -> TrialEvent:
        """A call begins; its result is indefinite until ``end``."""
        now = self._now()
        event = TrialEvent(process, what, now, now, Result.INDEFINITE, job, attempt)
        self.events.append(event)
        return event

    def end(
        self, event: TrialEvent, result: Result, detail: str = "", at: float | None = None
    ) -> None:
        """``at`` is when the call returned, by ``time.monotonic()``; now, if it is None."""
        event.ended = self._now() if at is None else at - self._start
        event.result, event.detail = result, detail

    def interrupt(self, process: str) -> None:
        """The calls of this process that have not returned never will."""
        for event in self.events:
            if event.process == process and event.result is Result.INDEFINITE:
                event.ended = self._now()

    def mark(self, process: str, what: str, detail: str = "") -> TrialEvent:
        """Something is done to a process."""
        now = self._now()
        event = TrialEvent(process, what, now, now, Result.MARK, detail=detail)
        self.events.append(event)
        return event

    def add_claim(self, event: TrialEvent, job: str) -> None:
        """A claim returned this job. Attempts count in the order in which claims returned."""
        event.job = job
        self._claims[job].append(event)
        for attempt, claim in enumerate(self.claims_of(job), 1):
            claim.attempt = attempt

    def claims_of(self, job: str) -> list[TrialEvent]:
        """The claims that returned this job, in the order in which they returned."""
        return sorted(self._claims[job], key=lambda it: it.ended)

    def was_submitted(self, job: str) -> bool:
        return any(it.what == "submit" and it.job == job for it in self.events)

    def submit_of(self, job: str) -> TrialEvent:
        return next(it for it in self.events if it.what == "submit" and it.job == job)

    def first_halt(self) -> TrialEvent:
        return next(it for it in self.events if it.what == "halted")

    def explaining(self, first: TrialEvent, second: TrialEvent) -> list[TrialEvent]:
        """The events that a reader needs in order to understand these two.

        All events of their jobs, all marks and failures; and what is about no job (such as a
        process that opens the queue), from the first of these jobs' events to the later of the two.
        """
        jobs = {first.job, second.job} - {None}
        of_jobs = [i for i, it in enumerate(self.events) if it.job in jobs]
        two = [i for i, it in enumerate(self.events) if it is first or it is second]
        between = range(min(of_jobs + two), max(two) + 1)
        return [
            it
            for i, it in enumerate(self.events)
            if it.job in jobs or it.result is not Result.OK or (it.job is None and i in between)
        ]
