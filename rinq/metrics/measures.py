"""What a history says in a few numbers, without pandas: for runs by the hundred."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import attrgetter

from rinq.errors import ConfigError
from rinq.metrics.visits import MOVE_COLUMNS, visits
from rinq.queue import ATTEMPT_ENDS, UNSETTLED, Event, PersistentQ, Status, Transition

_MOVE = attrgetter(*MOVE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Measures:
    """A window of time in numbers. All times are queue seconds; NaN: there is nothing to count.

    ==================  ==================================================================
    ``seconds``         the window's length
    ``arrivals``        jobs submitted or redriven in it
    ``processed``       jobs that became processed in it
    ``failed``          jobs that became failed in it
    ``arrival_rate``    λ, arrivals per second
    ``throughput``      processed and failed jobs per second
    ``waiting``         Wq, mean seconds from arrival to first claim; and its quantiles
    ``waiting_p50``     half of the jobs waited no longer than this
    ``waiting_p95``     95% of the jobs waited no longer than this
    ``unprocessed``     mean seconds in the status unprocessed, over all attempts
    ``service``         mean seconds in the status processing, over all attempts
    ``system``          W, mean seconds from arrival to settled: unprocessed + service
    ``system_p95``      95% of the jobs were in the system no longer than this
    ``backlog``         Lq, number of unprocessed jobs, averaged over the window
    ``growth``          its change from begin to end of the window, per second
    ``utilisation``     rho, share of the time in which a consumer holds a job, over all consumers
    ``retry_share``     of the attempts that ended in it, the share that ended in retry
    ``fail_share``      likewise in fail
    ``reassign_share``  likewise in reassign; released attempts are not counted at all
    ==================  ==================================================================

    The times (from ``waiting`` to ``system_p95``, defined in ``rinq.metrics.visits``) are those of
    the jobs that arrived and were settled in the window.

    Sources: Little's law, backlog = arrival_rate * unprocessed, holds for the whole of a run in
    which every job was settled (see ``rinq.lab.little``), and utilisation = arrival_rate * service
    / consumers with it. Quantiles are interpolated linearly: rule 7 of Hyndman and Fan, Sample
    Quantiles in Statistical Packages, Am. Stat. 50, 1996, the default of numpy and pandas.
    """

    seconds: float
    arrivals: int
    processed: int
    failed: int
    arrival_rate: float
    throughput: float
    waiting: float
    waiting_p50: float
    waiting_p95: float
    unprocessed: float
    service: float
    system: float
    system_p95: float
    backlog: float
    growth: float
    utilisation: float
    retry_share: float
    fail_share: float
    reassign_share: float


def measure(queue: PersistentQ, *, consumers: int, start: float, end: float) -> Measures:
    """Measure the window from ``start`` to ``end``, queue time, both included.

    Args:
        consumers: among how many the work is shared.

    Raises:
        ConfigError: there is no such window.
        DatabaseError: the history cannot be read.

    >>> import rinq
    >>> with rinq.simulate(seed=1, seconds=600, consumers=3) as run:
    ...     found = measure(run.queue, consumers=3, start=run.begin, end=run.begin + 600)
    >>> found.arrivals, found.processed, round(found.waiting, 2)
    (120, 120, 2.91)
    """
    if not start < end:
        raise ConfigError(f"window: expected start before end, got {start:g} and {end:g}.")
    moves = takewhile(lambda move: move.at <= end, queue.history.transitions())
    history = [move for move in moves if move.from_status != move.to_status]
    inside = [move for move in history if move.at >= start]
    arrivals = sum(_arrives(move) for move in inside)
    settled = Counter(
        move.to_status
        for move in inside
        if move.from_status in UNSETTLED and move.event != Event.CANCEL
    )
    processed, failed = settled[Status.PROCESSED], settled[Status.FAILED]
    ends = Counter(move.event for move in inside if move.event in ATTEMPT_ENDS)
    attempts = ends.total()
    stays = [visit for visit in visits(map(_MOVE, history)) if visit.arrived >= start]
    waiting = sorted(visit.waiting for visit in stays)
    system = sorted(visit.system for visit in stays)
    backlog, growth = _level(history, Status.UNPROCESSED, start, end)
    in_service, _ = _level(history, Status.PROCESSING, start, end)
    seconds = end - start
    return Measures(
        seconds=seconds,
        arrivals=arrivals,
        processed=processed,
        failed=failed,
        arrival_rate=arrivals / seconds,
        throughput=(processed + failed) / seconds,
        waiting=_mean(waiting),
        waiting_p50=_quantile(waiting, 0.5),
        waiting_p95=_quantile(waiting, 0.95),
        unprocessed=_mean([visit.unprocessed for visit in stays]),
        service=_mean([visit.service for visit in stays]),
        system=_mean(system),
        system_p95=_quantile(system, 0.95),
        backlog=backlog,
        growth=growth,
        utilisation=in_service / consumers if consumers else math.nan,
        retry_share=_share(ends[Event.RETRY], attempts),
        fail_share=_share(ends[Event.FAIL], attempts),
        reassign_share=_share(ends[Event.REASSIGN], attempts),
    )


def _arrives(move: Transition) -> bool:
    return move.to_status in UNSETTLED and move.from_status not in UNSETTLED


def _level(
    history: Sequence[Transition], status: Status, start: float, end: float
) -> tuple[float, float]:
    """The number of jobs in a status: its mean from start to end, and its change per second."""
    steps = [(move.to_status == status) - (move.from_status == status) for move in history]
    moves = [(step, move.at) for step, move in zip(steps, history, strict=True) if step]
    area = math.fsum(step * (end - max(at, start)) for step, at in moves)
    growth = sum(step for step, at in moves if at >= start)
    return area / (end - start), growth / (end - start)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile by linear interpolation (see ``Measures``)."""
    if not ordered:
        return math.nan
    place = share * (len(ordered) - 1)
    below = ordered[math.floor(place)]
    return below + (ordered[math.ceil(place)] - below) * (place - math.floor(place))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
