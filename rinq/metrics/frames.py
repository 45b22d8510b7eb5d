"""Metrics: tidy DataFrames from the queue's tables, one function each.

All times are queue seconds. Text that is missing is NaN, a missing number <NA> or NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from rinq.queue import (
    ATTEMPT_ENDS,
    START,
    Cursor,
    Event,
    Job,
    PersistentQ,
    ProcessEvent,
    Status,
    Transition,
)

DTYPES = {
    "int": "int64",
    "int | None": "Int64",
    "float": "float64",
    "float | None": "float64",
    "Status": "str",
    "str": "str",
    "str | None": "str",
}
STATUS = pd.CategoricalDtype([status.value for status in Status])
CODED = {
    "event": pd.CategoricalDtype([event.value for event in Event]),
    "from_status": STATUS,
    "to_status": STATUS,
}
"""Columns of few different words, stored as numbers: ten times faster to compare."""


def jobs(queue: PersistentQ) -> pd.DataFrame:
    """One row per job, by id; the columns of the table ``jobs`` (see ``rinq.Job``).

    ``since``, ``lease_until``, ``due`` and ``at`` are queue seconds; ``attempt``, ``tries`` and
    ``reassigns`` are numbers of claims, of failed executions, of claims taken back.

    >>> import rinq
    >>> from rinq import metrics
    >>> with rinq.simulate(seed=1, seconds=600, **{"faults.error_rate": 0.3}) as run:
    ...     metrics.jobs(run.queue)[["name", "status", "attempt", "tries"]].head(2)
             name     status  attempt  tries
    0  uydumjnbbq  processed        1      0
    1  jwkisoioex  processed        1      0
    """
    return frame(queue.jobs(), Job)


def transitions(queue: PersistentQ, after: Cursor = START) -> pd.DataFrame:
    """One row per entry of the history after a cursor (all, unless given), in order.

    The columns of the table ``transitions`` (``at`` and ``due`` in queue seconds), and ``name``,
    the job's; NaN where the job's row was deleted by hand.

    >>> import rinq
    >>> from rinq import metrics
    >>> with rinq.simulate(seed=1, seconds=600, **{"faults.error_rate": 0.3}) as run:
    ...     history = metrics.transitions(run.queue)
    >>> history["event"].value_counts().to_dict()
    {'claim': 161, 'submit': 120, 'complete': 114, 'retry': 42, 'fail': 5, 'clean': 5}
    """
    found = frame(queue.history.transitions(after), Transition)
    names = {job.id: job.name for job in queue.jobs()}
    found.insert(2, "name", found["job_id"].map(names).astype("str"))
    return found


def process_events(queue: PersistentQ) -> pd.DataFrame:
    """One row per thing done to a process (a kill, a freeze, a thaw, a crash, …).

    The columns of the table ``process_events``; ``at`` is in queue seconds.
    """
    return frame(queue.registry.process_events(), ProcessEvent)


def status_counts(
    transitions: pd.DataFrame, before: Mapping[Status, int] | None = None
) -> pd.DataFrame:
    """How many jobs were in each status, exactly: one row per change of a job's status.

    Columns: ``at`` (queue seconds), and for each status its number of jobs from then on.

    Args:
        transitions: entries of the history in order; all from the first, unless
        before: gives the counts that stood before them.
    """
    came, left = (codes(transitions, column) for column in ("to_status", "from_status"))
    moved = came != left
    one = np.eye(len(Status) + 1, dtype="int64")[:, :-1]  # the last row is of no status, -1
    steps = (one[came[moved]] - one[left[moved]]).cumsum(axis=0)
    counts = pd.DataFrame(steps + [(before or {}).get(status, 0) for status in Status])
    counts.columns = pd.Index([status.value for status in Status])
    counts.insert(0, "at", transitions["at"].to_numpy()[moved])
    return counts


def counts_at(counts: pd.DataFrame, times: ArrayLike) -> pd.DataFrame:
    """The counts of ``status_counts`` as they stood at these times: one row per time.

    Columns: ``at`` (the times, queue seconds), and each status; 0 before the first change.
    """
    times = np.asarray(times, dtype="float64")
    rows = np.searchsorted(counts["at"].to_numpy(), times, side="right")
    table = {"at": times}
    for status in Status:
        table[status.value] = np.concatenate(([0], counts[status.value].to_numpy()))[rows]
    return pd.DataFrame(table)


def attempt_ends(transitions: pd.DataFrame, edges: ArrayLike) -> pd.DataFrame:
    """How the attempts ended, over time: one row per bucket, from an edge to just before the next.

    Columns: ``start`` and ``end`` of the bucket (queue seconds), ``attempts`` that ended
    in it, and the shares of these, from 0 to 1, that ended in ``complete``, ``retry``,
    ``fail`` and ``reassign``. The denominator is the sum of the four; where it is 0 the
    shares are NaN.

    Args:
        edges: rising queue seconds, one more than there are buckets.
    """
    edges = np.asarray(edges, dtype="float64")
    bucket = np.searchsorted(edges, transitions["at"].to_numpy(), side="right") - 1
    table = _shares(bucket, transitions, len(edges) - 1)
    table.insert(0, "start", edges[:-1])
    table.insert(1, "end", edges[1:])
    return table


def ends_by_attempt(entries: pd.DataFrame) -> pd.DataFrame:
    """How first, second, … attempts ended: one row per ``attempt`` from 1 to the highest.

    Columns: ``attempt``, and ``attempts`` and shares as in ``attempt_ends``.

    Args:
        entries: transitions, or a ``metrics.tally`` of them.
    """
    ended = entries[entries["event"].isin(ATTEMPT_ENDS)]
    number = ended["attempt"].to_numpy()
    table = _shares(number - 1, ended, int(number.max(initial=0)))
    table.insert(0, "attempt", np.arange(1, len(table) + 1))
    return table


def frame(
    rows: Sequence[Job | Transition | ProcessEvent], kind: type[Job | Transition | ProcessEvent]
) -> pd.DataFrame:
    """Rows of a table as a DataFrame of typed columns, also where there are none."""
    types = {field.name: DTYPES[str(field.type)] for field in fields(kind)}
    records = list(map(attrgetter(*types), rows))
    return pd.DataFrame(records, columns=list(types)).astype(types)


def codes(entries: pd.DataFrame, column: str) -> NDArray[np.int64]:
    """The words of a column of ``CODED`` as their numbers; -1 where there is no known one."""
    words, found = CODED[column], entries[column]
    if found.dtype == words:
        return np.asarray(found.cat.codes, dtype="int64")
    return np.asarray(words.categories.get_indexer(pd.Index(found)), dtype="int64")


def coded(entries: pd.DataFrame) -> pd.DataFrame:
    """The same entries with words as ``CODED``."""
    columns = {
        name: pd.Categorical.from_codes(codes(entries, name), dtype=words)
        for name, words in CODED.items()
    }
    return entries.assign(**columns)


def weights(entries: pd.DataFrame) -> NDArray[np.int64]:
    """For how many entries of the history each row stands: ``n`` in a tally, else 1."""
    return entries["n"].to_numpy() if "n" in entries else np.ones(len(entries), "int64")


def _shares(row: NDArray[Any], entries: pd.DataFrame, n: int) -> pd.DataFrame:
    """Per row number from 0 to n: how many attempts ended, and the share of each end."""
    event = codes(entries, "event")
    inside = (row >= 0) & (row < n) & (event >= 0)
    cells, number = (row * len(Event) + event)[inside], weights(entries)[inside]
    found = np.bincount(cells, weights=number, minlength=n * len(Event))
    found = found.reshape(n, len(Event))
    counted = found[:, [list(Event).index(event) for event in ATTEMPT_ENDS]]
    attempts = counted.sum(axis=1)
    with np.errstate(invalid="ignore"):
        shares = pd.DataFrame(
            counted / attempts[:, None], columns=[event.value for event in ATTEMPT_ENDS]
        )
    shares.insert(0, "attempts", attempts.astype("int64"))
    return shares
