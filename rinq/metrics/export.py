"""Every frame of a queue, as DataFrames and as CSV files."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from rinq.metrics.attempt_work import attempts, work
from rinq.metrics.durations import job_times, percentiles
from rinq.metrics.frames import (
    attempt_ends,
    ends_by_attempt,
    jobs,
    process_events,
    status_counts,
    transitions,
)
from rinq.metrics.move_counts import attempts_per_job, moves, throughput
from rinq.queue import PersistentQ, Status

BUCKETS = 60  # of the whole run, in the frames over time
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # the last four: = + - @, wide
_NUMBER = re.compile(r"[+-]?[\d.]+")


def frames(queue: PersistentQ, *, interval: float = 0.0) -> dict[str, pd.DataFrame]:
    """Every frame of the whole run so far, by name; its columns are described where it is made.

    Most are named for their function in ``rinq.metrics``; ``work_over_time`` is ``work`` in
    ``BUCKETS`` buckets, as ``throughput`` and ``attempt_ends`` are.

    Args:
        interval: the longest ``consumer.interval``, queue seconds (see ``work``).

    Raises: DatabaseError.
    """
    history, events = transitions(queue), process_events(queue)
    now = queue.clock.now()
    start = float(history["at"].iloc[0]) if len(history) else now
    end = max(float(np.nextafter(now, np.inf)), start + 1)
    whole, edges = [start, end], np.linspace(start, end, BUCKETS + 1)
    made = attempts(history, events, queue.jobs(Status.PROCESSING))
    times = job_times(history)
    return {
        "jobs": jobs(queue),
        "transitions": history,
        "process_events": events,
        "status_counts": status_counts(history),
        "moves": moves(history, now=now, window=end - start),
        "throughput": throughput(history, edges),
        "attempts": made,
        "attempt_ends": attempt_ends(history, edges),
        "ends_by_attempt": ends_by_attempt(history),
        "attempts_per_job": attempts_per_job(history),
        "work": work(made, whole, interval),
        "work_over_time": work(made, edges, interval),
        "job_times": times,
        "percentiles": percentiles(times),
    }


def export(queue: PersistentQ, folder: Path, *, interval: float = 0.0) -> dict[str, int]:
    """Write every frame to ``folder``, made where there is none, as ``<name>.csv``.

    A text that a spreadsheet would take for a formula is written with ``'`` before it, as OWASP
    advises against CSV injection. Numbers are written as they are, negative ones too.

    Returns:
        The number of rows of each, by name.

    Raises: DatabaseError; OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = frames(queue, interval=interval)
    for name, frame in found.items():
        texts: pd.DataFrame = frame.select_dtypes("str").map(_harmless, na_action="ignore")
        # with this end of a line, both of its characters are quoted inside a cell
        frame.assign(**texts).to_csv(folder / f"{name}.csv", index=False, lineterminator="\r\n")
    return {name: len(frame) for name, frame in found.items()}


def _harmless(text: str) -> str:
    """The text, with ``'`` before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
