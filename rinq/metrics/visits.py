"""What waiting, time unprocessed, service and system time are: defined here and nowhere else.

A visit is one stay of a job in the system. It begins with an *arrival*, when the job is submitted
or redriven (a delayed one when it is due), and ends when the job is *settled*, processed or
failed. One that was cancelled is left out: it got no service to its end. In queue seconds:

- ``waiting``: from the arrival to the first claim, the Wq of queueing theory; to the end, if the
  job was settled without any claim;
- ``unprocessed``: the whole time unprocessed, which is waiting and the time after each attempt
  that the job came back from (retry, reassign, release);
- ``service``: the whole time processing, over all attempts;
- ``system``: from the arrival to the end, the W of queueing theory: unprocessed + service.

Source of Wq and W: Shortle, Thompson, Gross, Harris, Fundamentals of Queueing Theory, 5th ed.
2018, sec. 1.4. Nothing here needs pandas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isnan

from rinq.queue import SETTLED, UNSETTLED, Event, Status

MOVE_COLUMNS = ("job_id", "event", "from_status", "to_status", "at", "due")
Move = tuple[int, str, str | None, str | None, float, float | None]
"""An entry of the history as far as visits need it: its ``MOVE_COLUMNS``."""


@dataclass(slots=True)
class Visit:
    """One stay of a job; ``arrived`` and ``settled`` are queue times, the rest is described above.

    ``status`` is the one in which it was settled, ``attempts`` how often it was claimed.
    """

    job_id: int
    arrived: float
    settled: float  # the latest move, as long as it is not settled
    status: str | None
    attempts: int
    waiting: float = 0.0
    unprocessed: float = 0.0
    service: float = 0.0

    @property
    def system(self) -> float:
        return self.settled - self.arrived

    def move(self, before: str | None, after: str | None, at: float) -> None:
        """Count the time up to a move of the job."""
        spent = at - self.settled
        if before == Status.PROCESSING:
            self.service += spent
        else:
            self.unprocessed += spent
            if not self.attempts:
                self.waiting += spent
        self.attempts += after == Status.PROCESSING
        self.settled, self.status = at, after


def visits(moves: Iterable[Move]) -> Iterator[Visit]:
    """Every settled visit, in the order of settling; without those begun before the first entry.

    Args:
        moves: entries of the history in order; refused ones, which moved nothing, may be there.

    >>> moves = [(1, "submit", None, "unprocessed", 0.0, 0.0),
    ...          (1, "claim", "unprocessed", "processing", 2.0, 0.0),
    ...          (1, "retry", "processing", "unprocessed", 3.0, 5.0),
    ...          (1, "claim", "unprocessed", "processing", 7.0, 5.0),
    ...          (1, "complete", "processing", "processed", 8.0, 5.0)]
    >>> visit, = visits(moves)
    >>> visit.waiting, visit.unprocessed, visit.service, visit.system
    (2.0, 6.0, 2.0, 8.0)
    """
    under_way: dict[int, Visit] = {}
    for job_id, event, before, after, at, due in moves:
        was_there, is_there = before in UNSETTLED, after in UNSETTLED
        if before == after or not (was_there or is_there):
            continue
        if not was_there:
            arrived = at if due is None or isnan(due) else max(at, due)
            claimed = int(after == Status.PROCESSING)
            under_way[job_id] = Visit(job_id, arrived, arrived, after, claimed)
        elif job_id in under_way:
            visit = under_way[job_id]
            visit.move(before, after, at)
            if not is_there:
                del under_way[job_id]
                if after in SETTLED and event != Event.CANCEL:  # and not deleted by hand
                    yield visit
