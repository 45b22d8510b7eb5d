"""Metrics of time: how long jobs waited, were worked on, and were in the system.

All times are queue seconds; what each word means stands in ``rinq.metrics.visits``.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from rinq.metrics.visits import MOVE_COLUMNS, visits

DURATIONS = ("waiting", "unprocessed", "service", "system")
COLUMNS = {
    "job_id": "int64",
    "arrived": "float64",
    "settled": "float64",
    "status": "str",
    "attempts": "int64",
    **dict.fromkeys(DURATIONS, "float64"),
}
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def job_times(transitions: pd.DataFrame) -> pd.DataFrame:
    """One row per settled visit (from a submit or redrive), in the order of settling.

    Columns: ``job_id``; ``arrived`` and ``settled``, when (queue time); ``status``, processed or
    failed (also if cleaned since); ``attempts``, the claims in between; and in queue seconds
    ``waiting``, from the arrival to the first claim, ``unprocessed`` and ``service``, the whole
    times unprocessed and processing, and ``system``, from arrived to settled, which is the sum
    of these two.

    Args:
        transitions: the whole history of each job in it, as from ``transitions``; an arrival
            that is not in it is left out.

    >>> import rinq
    >>> from rinq import metrics
    >>> with rinq.simulate(seed=1, seconds=600, **{"faults.error_rate": 0.3}) as run:
    ...     times = metrics.job_times(metrics.transitions(run.queue))
    >>> times[["waiting", "unprocessed", "system"]].mean().round(2).to_dict()
    {'waiting': 9.13, 'unprocessed': 12.63, 'system': 12.63}
    """
    columns = (transitions[name].tolist() for name in MOVE_COLUMNS)
    found = list(visits(zip(*columns, strict=True)))
    return pd.DataFrame(
        {name: [getattr(visit, name) for visit in found] for name in COLUMNS}
    ).astype(COLUMNS)


def percentiles(times: pd.DataFrame) -> pd.DataFrame:
    """The times in short: one row each for waiting, unprocessed, service and system.

    Columns: ``time``, its name; ``jobs``, the number of rows of ``times``; and in queue seconds
    ``mean``, ``p50``, ``p90``, ``p95``, ``p99`` (half of them took at most ``p50``) and
    ``longest``. NaN without jobs. Between two values a quantile is interpolated linearly: rule 7
    of Hyndman and Fan, Sample Quantiles in Statistical Packages, Am. Stat. 50, 1996, the default
    of numpy and pandas, and that of ``measure``.

    Args:
        times: as from ``job_times``.
    """
    rows: list[dict[str, Any]] = []
    for name in DURATIONS:
        values = times[name]
        points = {point: values.quantile(share) for point, share in QUANTILES.items()}
        ends = {"mean": values.mean(), **points, "longest": values.max()}
        rows.append({"time": name, "jobs": len(values), **ends})
    return pd.DataFrame(rows)
