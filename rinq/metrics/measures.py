"""What a history says in a few numbers, without pandas: for runs by the hundred."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rinq.queue import Event, PersistentQ, Status


@dataclass(frozen=True, slots=True)
class Measures:
    """A run from ``start`` to ``end``. All times are queue seconds, all rates per second.

    Jobs are those submitted in the window; waiting is from submit to the first claim, system
    from submit to processed or failed, each over the jobs that came that far. ``backlog`` is
    the number of unprocessed jobs averaged over the window, ``growth`` its change per second.
    ``utilisation`` is the share of time that a consumer holds a job, averaged over consumers.
    Shares of attempts count those that ended, except handed back ones. NaN: nothing to count.
    """

    seconds: float
    submitted: int
    processed: int
    failed: int
    arrival_rate: float
    throughput: float
    waiting: float
    waiting_p50: float
    waiting_p95: float
    system: float
    system_p95: float
    backlog: float
    growth: float
    utilisation: float
    retry_share: float
    fail_share: float
    taken_back_share: float


ENDS = (Event.COMPLETE, Event.RETRY, Event.FAIL, Event.REASSIGN)


def measure(queue: PersistentQ, *, consumers: int, start: float, end: float) -> Measures:
    """Measure the window from ``start`` to ``end``, queue time.

    Args:
        consumers: among how many the work is shared.
    """
    ends = dict.fromkeys(ENDS, 0)
    submitted: dict[int, float] = {}
    waiting: dict[int, float] = {}
    system: list[float] = []
    unprocessed, processing = _Level(start, end), _Level(start, end)
    processed = failed = 0
    for row in queue.history.transitions():
        if row.at > end:
            break
        unprocessed.move(row.at, row.from_status, row.to_status, Status.UNPROCESSED)
        processing.move(row.at, row.from_status, row.to_status, Status.PROCESSING)
        job, inside = row.job_id, row.at >= start
        if row.event == Event.SUBMIT and inside:
            submitted[job] = row.at
        elif row.event == Event.CLAIM and job in submitted and job not in waiting:
            waiting[job] = row.at - submitted[job]
        if row.event in ends and inside:
            ends[Event(row.event)] += 1
            settled = row.to_status in (Status.PROCESSED, Status.FAILED)
            processed += row.to_status == Status.PROCESSED
            failed += row.to_status == Status.FAILED
            if settled and job in submitted:
                system.append(row.at - submitted[job])
    seconds, attempts = end - start, sum(ends.values())
    waits = sorted(waiting.values())
    system.sort()
    return Measures(
        seconds=seconds,
        submitted=len(submitted),
        processed=processed,
        failed=failed,
        arrival_rate=len(submitted) / seconds,
        throughput=processed / seconds,
        waiting=_mean(waits),
        waiting_p50=_quantile(waits, 0.5),
        waiting_p95=_quantile(waits, 0.95),
        system=_mean(system),
        system_p95=_quantile(system, 0.95),
        backlog=unprocessed.mean(),
        growth=unprocessed.growth(),
        utilisation=processing.mean() / consumers if consumers else math.nan,
        retry_share=_share(ends[Event.RETRY], attempts),
        fail_share=_share(ends[Event.FAIL], attempts),
        taken_back_share=_share(ends[Event.REASSIGN], attempts),
    )


class _Level:
    """The number of jobs in one status, and the area under it from ``start`` to ``end``."""

    def __init__(self, start: float, end: float) -> None:
        self._start, self._end = start, end
        self._seen = start
        self._area = 0.0
        self._number = 0
        self._first: int | None = None

    def move(self, at: float, source: str | None, target: str | None, status: Status) -> None:
        step = (target == status) - (source == status)
        if step:
            self._pass_to(at)
            self._number += step

    def mean(self) -> float:
        self._pass_to(self._end)
        return self._area / (self._end - self._start)

    def growth(self) -> float:
        first = self._number if self._first is None else self._first
        return (self._number - first) / (self._end - self._start)

    def _pass_to(self, at: float) -> None:
        if at >= self._start and self._first is None:
            self._first = self._number
        if at > self._seen:
            self._area += self._number * (at - self._seen)
            self._seen = at


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The least value that at least this share of the values does not exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.nan


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
