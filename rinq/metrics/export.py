"""Every frame of a queue, as DataFrames and as CSV files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from rinq.metrics import attempts, moves
from rinq.metrics import frames as metrics
from rinq.metrics import job_times as times
from rinq.queue import PersistentQ, Status

BUCKETS = 60  # of the whole run, in the frames over time


def frames(queue: PersistentQ, *, wait: float = 0.0) -> dict[str, pd.DataFrame]:
    """Every frame of the whole run so far, by name; each is described where it is made.

    Args:
        wait: the longest ``consumer.interval``, queue seconds (see ``attempts.work``).

    Raises: DatabaseError.
    """
    history, marks = metrics.transitions(queue), metrics.process_events(queue)
    now = queue.clock.now()
    start = float(history["at"].iloc[0]) if len(history) else now
    end = max(float(np.nextafter(now, np.inf)), start + 1)
    whole, edges = [start, end], np.linspace(start, end, BUCKETS + 1)
    made = attempts.attempts(history, marks, queue.jobs(Status.PROCESSING))
    settled = times.times(history)
    return {
        "jobs": metrics.jobs(queue),
        "transitions": history,
        "marks": marks,
        "status_counts": metrics.status_counts(history),
        "moves": moves.moves(history, now=now, window=end - start),
        "throughput": moves.throughput(history, edges),
        "attempts": made,
        "attempt_ends": metrics.attempt_ends(history, edges),
        "ends_by_attempt": metrics.ends_by_attempt(history),
        "attempts_per_job": moves.attempts_per_job(history),
        "work": attempts.work(made, whole, wait),
        "work_over_time": attempts.work(made, edges, wait),
        "times": settled,
        "percentiles": times.percentiles(settled),
    }


def export(queue: PersistentQ, folder: Path, *, wait: float = 0.0) -> dict[str, int]:
    """Write every frame to ``folder``, made where there is none, as ``<name>.csv``.

    Returns:
        The number of rows of each, by name.

    Raises: DatabaseError; OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = frames(queue, wait=wait)
    for name, frame in found.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return {name: len(frame) for name, frame in found.items()}
