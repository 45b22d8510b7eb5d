"""Rows and history side by side, job by job, however long both are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from rinq.queue import Job, PersistentQ, Status, Transition

PAGE = 10_000  # rows read at a time
BEFORE_ALL = -(2**63)  # an id


def jobs_with_history(queue: PersistentQ) -> Iterator[tuple[int, Job | None, list[Transition]]]:
    """(job id, its row, its history) by rising id; None and an empty list where there is none.

    To be read in one snapshot, in which the two belong together.
    """
    histories = groupby(queue.history.by_job(), attrgetter("job_id"))
    entry = next(histories, None)
    for job in _rows(queue):
        while entry is not None and entry[0] < job.id:
            yield entry[0], None, list(entry[1])
            entry = next(histories, None)
        if entry is not None and entry[0] == job.id:
            yield job.id, job, list(entry[1])
            entry = next(histories, None)
        else:
            yield job.id, job, []
    while entry is not None:
        yield entry[0], None, list(entry[1])
        entry = next(histories, None)


def _rows(queue: PersistentQ) -> Iterator[Job]:
    after = BEFORE_ALL
    while page := _page(queue, after):
        yield from page
        after = page[-1].id


def _page(queue: PersistentQ, after: int) -> list[Job]:
    try:
        return queue.jobs(after=after, limit=PAGE)
    except ValueError:  # a status that is none, written by hand past the schema's check
        found = [job for status in Status for job in queue.jobs(status, after=after, limit=PAGE)]
        return sorted(found, key=attrgetter("id"))[:PAGE]
