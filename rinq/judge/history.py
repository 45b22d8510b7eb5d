"""What happened in one trial, as the judge saw it: never what the queue says of itself."""

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
        which = f" of attempt {self.attempt}" if self.attempt and self.what != "claim" else ""
        if self.result is Result.MARK:
            return f"{self.process} is {self.what}{f' at {self.detail}' if self.detail else ''}"
        said = f"{self.process}'s {self.what}"
        if self.what == "claim":
            if self.result is Result.OK:
                got = f"{self.job} (attempt {self.attempt})" if self.job else "nothing"
                return f"{said} returns {got}"
        elif self.job:
            said += f" of {self.job}{which.replace(' of', ',')}"
        if self.result is Result.FAILED:
            return f"{said} {self.detail}"
        return said + (" is interrupted" if self.result is Result.INDEFINITE else " returns")


@dataclass
class TrialHistory:
    """Events in the order in which they began; what does not belong to the story is dropped."""

    events: list[TrialEvent] = field(default_factory=list)
    _start: float = field(default_factory=time.monotonic)
    _given: defaultdict[str, list[TrialEvent]] = field(default_factory=lambda: defaultdict(list))

    def now(self) -> float:
        return time.monotonic() - self._start

    def begin(self, process: str, what: str, job: str | None, attempt: int | None) -> TrialEvent:
        event = TrialEvent(process, what, self.now(), self.now(), Result.INDEFINITE, job, attempt)
        self.events.append(event)
        return event

    def end(
        self, event: TrialEvent, result: Result, detail: str = "", at: float | None = None
    ) -> None:
        """``at`` is when the call returned, by ``time.monotonic()``; now, if it is None."""
        event.ended = self.now() if at is None else at - self._start
        event.result, event.detail = result, detail

    def interrupt(self, process: str) -> None:
        """A call of this process that has not returned will not."""
        for event in self.events:
            if event.process == process and event.result is Result.INDEFINITE:
                event.ended = self.now()

    def give(self, event: TrialEvent, job: str) -> None:
        """A claim returned this job. Attempts count in the order in which claims returned."""
        event.job = job
        self._given[job].append(event)
        for attempt, claim in enumerate(self.given(job), 1):
            claim.attempt = attempt

    def mark(self, process: str, what: str, detail: str = "") -> TrialEvent:
        event = TrialEvent(process, what, self.now(), self.now(), Result.MARK, detail=detail)
        self.events.append(event)
        return event

    def given(self, job: str) -> list[TrialEvent]:
        """The claims that returned this job, in the order in which they returned."""
        return sorted(self._given[job], key=lambda it: it.ended)

    def about(self, first: TrialEvent, second: TrialEvent) -> list[TrialEvent]:
        """What these two need to be understood.

        The events of their jobs, and from there to the later of the two what is about no job;
        marks; what failed.
        """
        jobs = {first.job, second.job} - {None}
        given = [i for i, it in enumerate(self.events) if it.job in jobs]
        two = [i for i, it in enumerate(self.events) if it is first or it is second]
        story = range(min(given + two), max(two) + 1)
        return [
            it
            for i, it in enumerate(self.events)
            if it.job in jobs or it.result is not Result.OK or (it.job is None and i in story)
        ]
