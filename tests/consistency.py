"""A small check of rows against history against files: three accounts of the same jobs."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from rinq.errors import UnreadableFile
from rinq.queue import MOVES, SETTLED, Event, Status
from rinq.queue.model import is_job_name

ENDS_OF_A_CLAIM = {Event.COMPLETE, Event.RETRY, Event.FAIL, Event.REASSIGN, Event.RELEASE}
UNUSABLE = UnreadableFile.__doc__.rstrip(".")


def check(queue, folder: Path | None = None) -> list[str]:
    """A sentence for each contradiction; none means that all accounts agree.

    Args:
        queue: any ``PersistentQ``.
        folder: its ``primary_path``; without it, rows and history alone are compared.
            To be checked at rest: when nobody stands between a move and its file work.
    """
    with queue.exclusive():
        jobs = queue.jobs()
        history = queue.transitions()
    told = {}
    found = []
    before = None
    for row in history:
        if before is not None and row.at < before.at:
            found.append(f"time runs backwards from transition {before.id} to {row.id}")
        before = row
        story = told.setdefault(row.job_id, Story())
        found += [f"job {row.job_id}, transition {row.id}: {what}" for what in story.go_on(row)]
    for job in jobs:
        story = told.pop(job.id, Story())
        found += [f"job {job.id} ({job.name}): {what}" for what in _against_row(story, job)]
        if folder is not None and is_job_name(job.name):
            excused = story.file_was_unusable
            found += [f"{job.name}: {what}" for what in _against_files(job, excused, folder)]
    found += [f"job {lost} has a history but no row" for lost, story in told.items() if story]
    if folder is not None:
        found += _left_results({job.name: job for job in jobs}, folder)
    return found


@dataclass
class Story:
    """What the history says of one job so far. False where it says that there is none."""

    status: str | None = None
    attempt: int = 0
    tries: int = 0
    reassigns: int = 0
    holder: str | None = None
    accepted: int | None = None  # the attempt whose result was accepted since the last redrive
    file_was_unusable: bool = False

    def __bool__(self):
        return self.status is not None

    def go_on(self, row):
        """Take the next transition; yields what is wrong with it."""
        if row.event == Event.REFUSED:
            return
        if row.event == Event.ILLEGAL:
            yield f"an illegal change from {row.from_status} to {row.to_status}"
        else:
            yield from self._judge(row)
        self.status, self.attempt = row.to_status, row.attempt
        self.holder = row.process if row.to_status == Status.PROCESSING else None
        self.file_was_unusable |= (row.error or "").startswith(UNUSABLE)

    def _judge(self, row):
        if (row.event, row.from_status, row.to_status) not in MOVES:
            yield f"{row.event} from {row.from_status} to {row.to_status} is no legal move"
        if row.from_status != self.status:
            yield f"{row.event} from {row.from_status}, but it was {self.status}"
        if row.event == Event.CLAIM:
            if self.holder is not None:
                yield f"claimed by {row.process} while {self.holder} held it"
            if row.attempt <= self.attempt:
                yield f"attempt {row.attempt} is claimed after attempt {self.attempt}"
        elif row.attempt != self.attempt:
            yield f"{row.event} of attempt {row.attempt}, but {self.attempt} was claimed last"
        elif row.event in ENDS_OF_A_CLAIM and row.process != self.holder:
            yield f"{row.event} of a claim of {row.process}, but {self.holder} held it"
        yield from self._count(row)

    def _count(self, row):
        if row.event == Event.COMPLETE:
            if self.accepted is not None:
                yield f"attempts {self.accepted} and {row.attempt} were both accepted"
            self.accepted = row.attempt
        elif row.event == Event.REDRIVE:
            self.tries, self.reassigns, self.accepted = 0, 0, None
        elif row.event in (Event.RETRY, Event.FAIL):
            self.tries += 1
            yield from _judge_limit("tries", self.tries, row)
        elif row.event == Event.REASSIGN:
            self.reassigns += 1
            yield from _judge_limit("reassigns", self.reassigns, row)


def _judge_limit(what, count, row):
    """A job fails when its count reaches the limit, and only then.

    So no count is ever above the greatest limit that it was judged by.
    """
    if row.allowed is None:
        yield f"{row.event} does not say how many {what} are allowed"
    elif row.to_status == Status.FAILED and count < row.allowed:
        yield f"failed after {count} {what}, where {row.allowed} are allowed"
    elif row.to_status != Status.FAILED and count >= row.allowed:
        yield f"goes on after {count} {what}, where {row.allowed} are allowed"


def _against_row(story, job):
    if not story:
        yield "the row has no history"
        return
    for what in ("status", "attempt", "tries", "reassigns"):
        row, replayed = getattr(job, what), getattr(story, what)
        if row != replayed:
            yield f"{what} is {row} in the row, {replayed} by the history"
    if job.process != story.holder:
        yield f"held by {job.process} in the row, by {story.holder} by the history"


def _against_files(job, unusable, folder):
    original, processed, failed = (
        folder / (job.name + extension) for extension in ("", ".processed", ".failed")
    )
    if job.status is Status.PROCESSED:
        yield from (f"processed, but {p.name} is missing" for p in _missing(original, processed))
    elif job.status is Status.FAILED and not unusable:
        yield from (f"failed, but {p.name} is missing" for p in _missing(failed))
    elif job.status is Status.CLEANED:
        there = (path for path in (original, failed) if os.path.lexists(path))
        yield from (f"cleaned, but {path.name} is there" for path in there)


def _missing(*paths):
    return [path for path in paths if not _is_regular(path)]


def _is_regular(path):
    return os.path.lexists(path) and stat.S_ISREG(path.lstat().st_mode)


def _left_results(jobs, folder):
    for path in sorted((folder / ".rinq" / "results").glob("*")):
        job = jobs.get(path.name.rpartition(".")[0])
        if job is not None and job.status in SETTLED:
            yield f"{job.name}: {job.status}, but {path.name} is left in .rinq/results"
