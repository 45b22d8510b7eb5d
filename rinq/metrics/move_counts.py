"""Metrics of the moves: how many were made, of which kind, and how fast.

Each takes entries of the history, as from ``metrics.transitions``, or, where it says so, a
``tally`` of them, in which an entry stands for ``n``. All times are queue seconds.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from rinq.metrics.frames import codes, counts_at, status_counts, weights
from rinq.queue import SETTLED, UNSETTLED, Event, Status, TransitionKind

KINDS: tuple[tuple[Event, Status | None], ...] = (
    (Event.SUBMIT, Status.UNPROCESSED),
    (Event.CLAIM, Status.PROCESSING),
    (Event.COMPLETE, Status.PROCESSED),
    (Event.RETRY, Status.UNPROCESSED),
    (Event.FAIL, Status.FAILED),
    (Event.REASSIGN, Status.UNPROCESSED),
    (Event.REASSIGN, Status.FAILED),
    (Event.RELEASE, Status.UNPROCESSED),
    (Event.CANCEL, Status.FAILED),
    (Event.CLEAN, Status.CLEANED),
    (Event.REDRIVE, Status.UNPROCESSED),
    (Event.REFUSED, None),
    (Event.ILLEGAL, None),
)
"""Every kind of move and the status that it leads to, in the order in which a job makes them."""


def tally(kinds: Counter[TransitionKind]) -> pd.DataFrame:
    """The counts of ``QueueHistory.tally`` or ``LiveHistory.tally``: one row per kind of entry.

    Columns: ``event``, ``from_status``, ``to_status``, ``attempt``, and ``n``, their number.
    """
    columns = ["event", "from_status", "to_status", "attempt", "n"]
    table = pd.DataFrame([(*kind, n) for kind, n in kinds.items()], columns=columns)
    types = dict.fromkeys(columns[:3], "str") | {"attempt": "int64", "n": "int64"}
    return table.astype(types)


def moves(
    transitions: pd.DataFrame, *, now: float, window: float, total: pd.DataFrame | None = None
) -> pd.DataFrame:
    """How often each kind of move was made: one row for each of ``KINDS``, made or not.

    Columns: ``event`` and ``to_status`` (NaN where it may be any); ``total``, the number made
    in all; ``recent``, in the last ``window``; ``rate``, ``recent`` per queue second.

    Args:
        now, window: queue seconds.
        total: what ``total`` counts, where ``transitions`` are not all; a ``tally`` too.
    """
    recent = transitions.iloc[np.searchsorted(transitions["at"], now - window) :]
    table = pd.DataFrame(KINDS, columns=["event", "to_status"]).astype("str")
    table["total"] = _per_kind(transitions if total is None else total)
    table["recent"] = _per_kind(recent)
    table["rate"] = table["recent"] / window
    return table


def throughput(
    transitions: pd.DataFrame, edges: ArrayLike, counts: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Arrivals, finished jobs and backlog: one row per bucket, from an edge to just before the
    next.

    Columns: ``start`` and ``end`` of the bucket (queue seconds); ``arrivals``, jobs submitted
    or redriven in it; ``finished``, jobs processed or failed in it; ``arrival_rate`` and
    ``throughput``, these per queue second; ``backlog`` and ``in_service``, jobs unprocessed
    and jobs processing just before its end. From one row to the next the last two together
    grow by arrivals less finished.

    Args:
        edges: rising queue seconds, one more than there are buckets.
        counts: as from ``metrics.status_counts``, where ``transitions`` are not all.

    >>> import rinq
    >>> from rinq import metrics
    >>> with rinq.simulate(seed=1, seconds=600, consumers=2) as run:
    ...     history = metrics.transitions(run.queue)
    >>> edges = [run.begin, run.begin + 300, run.begin + 600]
    >>> metrics.throughput(history, edges)[["arrivals", "finished", "backlog"]]
       arrivals  finished  backlog
    0        60        55        5
    1        60        55       10
    """
    edges = np.asarray(edges, dtype="float64")
    before = transitions["from_status"].isin(UNSETTLED).to_numpy()
    after = transitions["to_status"].isin(UNSETTLED).to_numpy()
    at, width = transitions["at"].to_numpy(), np.diff(edges)
    arrivals, _ = np.histogram(at[after & ~before], _half_open(edges))
    finished, _ = np.histogram(at[before & ~after], _half_open(edges))
    counts = status_counts(transitions) if counts is None else counts
    levels = counts_at(counts, np.nextafter(edges[1:], -np.inf))
    return pd.DataFrame(
        {
            "start": edges[:-1],
            "end": edges[1:],
            "arrivals": arrivals,
            "finished": finished,
            "arrival_rate": arrivals / width,
            "throughput": finished / width,
            "backlog": levels[Status.UNPROCESSED],
            "in_service": levels[Status.PROCESSING],
        }
    )


def attempts_per_job(entries: pd.DataFrame) -> pd.DataFrame:
    """How many attempts the settled jobs took: one row per number, from 1 to the highest.

    Columns: ``attempts`` (a row for 0 only where a job was settled by hand without any);
    ``jobs`` that were settled with so many; ``processed`` and
    ``failed`` (also if cleaned since), which sum up to ``jobs``.

    Args:
        entries: all transitions, or a ``tally`` of them.
    """
    before = entries["from_status"].isin(SETTLED).to_numpy()
    after = entries["to_status"].isin(SETTLED).to_numpy()
    good = entries["to_status"].where(after, entries["from_status"]).eq(Status.PROCESSED).to_numpy()
    step = np.where(after & ~before, 1, -1) * weights(entries)  # a redrive takes a job out again
    crossed = before != after
    attempt = entries["attempt"].to_numpy()
    table = pd.DataFrame({"attempts": np.arange(attempt[crossed].max(initial=0) + 1), "jobs": 0})
    for name, these in (("processed", crossed & good), ("failed", crossed & ~good)):
        counted = np.bincount(attempt[these], weights=step[these], minlength=len(table))
        table[name] = counted.astype("int64")
    table["jobs"] = table["processed"] + table["failed"]
    return table[table["attempts"].gt(0) | table["jobs"].ne(0)].reset_index(drop=True)


def _half_open(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """For numpy, whose last bucket holds its right edge too."""
    return np.append(edges[:-1], np.nextafter(edges[-1], -np.inf))


def _per_kind(entries: pd.DataFrame) -> list[int]:
    """How many of each of ``KINDS``; the columns as codes are counted in one go."""
    event, status = codes(entries, "event"), codes(entries, "to_status")
    wide, known = len(Status) + 1, event >= 0
    cells = (event * wide + status + 1)[known]  # -1 is no status
    number = np.bincount(cells, weights=weights(entries)[known], minlength=len(Event) * wide)
    found = number.reshape(len(Event), wide)
    events, statuses = list(Event), [None, *Status]
    rows = ((found[events.index(event)], status) for event, status in KINDS)
    return [int(row.sum() if not status else row[statuses.index(status)]) for row, status in rows]
