"""What a history says, in numbers: tidy DataFrames, and ``Measures`` of a run without pandas.

The names are imported when they are first asked for, so that what needs no pandas loads none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rinq.lazy import lazy_names

if TYPE_CHECKING:
    from rinq.metrics.attempt_work import attempts as attempts
    from rinq.metrics.attempt_work import frozen as frozen
    from rinq.metrics.attempt_work import lasting as lasting
    from rinq.metrics.attempt_work import work as work
    from rinq.metrics.durations import job_times as job_times
    from rinq.metrics.durations import percentiles as percentiles
    from rinq.metrics.frames import attempt_ends as attempt_ends
    from rinq.metrics.frames import counts_at as counts_at
    from rinq.metrics.frames import ends_by_attempt as ends_by_attempt
    from rinq.metrics.frames import jobs as jobs
    from rinq.metrics.frames import process_events as process_events
    from rinq.metrics.frames import status_counts as status_counts
    from rinq.metrics.frames import transitions as transitions
    from rinq.metrics.measures import Measures as Measures
    from rinq.metrics.measures import measure as measure
    from rinq.metrics.move_counts import attempts_per_job as attempts_per_job
    from rinq.metrics.move_counts import moves as moves
    from rinq.metrics.move_counts import tally as tally
    from rinq.metrics.move_counts import throughput as throughput

_HOMES = {
    "Measures": "rinq.metrics.measures",
    "attempt_ends": "rinq.metrics.frames",
    "attempts": "rinq.metrics.attempt_work",
    "attempts_per_job": "rinq.metrics.move_counts",
    "counts_at": "rinq.metrics.frames",
    "ends_by_attempt": "rinq.metrics.frames",
    "frozen": "rinq.metrics.attempt_work",
    "job_times": "rinq.metrics.durations",
    "jobs": "rinq.metrics.frames",
    "lasting": "rinq.metrics.attempt_work",
    "measure": "rinq.metrics.measures",
    "moves": "rinq.metrics.move_counts",
    "percentiles": "rinq.metrics.durations",
    "process_events": "rinq.metrics.frames",
    "status_counts": "rinq.metrics.frames",
    "tally": "rinq.metrics.move_counts",
    "throughput": "rinq.metrics.move_counts",
    "transitions": "rinq.metrics.frames",
    "work": "rinq.metrics.attempt_work",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 (sorted strings)
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
