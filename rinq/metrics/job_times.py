"""Metrics of time: how long jobs waited, were worked on, and were in the system.

All times are queue seconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from rinq.queue import SETTLED, Status

TIMES = ("waiting", "service", "system")
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def times(transitions: pd.DataFrame) -> pd.DataFrame:
    """One row per job that is settled: processed, failed, or cleaned since.

    Columns: ``job_id``; ``submitted`` and ``settled`` (when, queue seconds); ``status``, the
    one it was settled in; ``attempts``; and in seconds ``waiting``, unprocessed in all,
    ``service``, processing in all, ``system``, from submitted to settled. The last is the
    sum of the other two, but for a job that was redriven: it was failed in between.

    Args:
        transitions: the whole history of each job in it; a job whose submit is missing is
            left out.
    """
    moved = transitions[transitions["from_status"].ne(transitions["to_status"])]
    moved = moved.sort_values("job_id", kind="stable")
    job = moved["job_id"].to_numpy()
    first, last = np.diff(job, prepend=-1) != 0, np.diff(job, append=-1) != 0
    begins = np.flatnonzero(first)
    at = moved["at"].to_numpy()
    lasted = np.diff(at, append=0.0)  # not to be read where a job's last status is a settled one
    before = moved["from_status"].isin(SETTLED).to_numpy()
    after = moved["to_status"].isin(SETTLED).to_numpy()
    settling = np.maximum.reduceat(np.where(after & ~before, np.arange(len(at)), -1), begins)
    table = pd.DataFrame(
        {
            "job_id": job[first],
            "submitted": at[first],
            "settled": at[settling],
            "status": moved["to_status"].to_numpy()[settling],
            "attempts": moved["attempt"].to_numpy()[last],
        }
    )
    for name, status in (("waiting", Status.UNPROCESSED), ("service", Status.PROCESSING)):
        spent = np.where(moved["to_status"].eq(status), lasted, 0.0)
        table[name] = np.add.reduceat(spent, begins)
    table["system"] = table["settled"] - table["submitted"]
    known = moved["from_status"].isna().to_numpy()[first]
    settled: pd.DataFrame = table[after[last] & known].reset_index(drop=True)
    return settled


def percentiles(times: pd.DataFrame) -> pd.DataFrame:
    """The times in short: one row each for waiting, service and system.

    Columns: ``time``, its name; ``jobs``; and in queue seconds ``mean``, ``p50``, ``p90``,
    ``p95``, ``p99`` (half of the jobs took at most ``p50``) and ``longest``. NaN without jobs.
    """
    rows: list[dict[str, Any]] = []
    for name in TIMES:
        values = times[name]
        points = {point: values.quantile(share) for point, share in QUANTILES.items()}
        ends = {"mean": values.mean(), **points, "longest": values.max()}
        rows.append({"time": name, "jobs": len(values), **ends})
    return pd.DataFrame(rows)
