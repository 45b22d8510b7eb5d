"""Metrics of the attempts, and of the processes that made them. All times are queue seconds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from rinq.queue import ATTEMPT_ENDS, Event, Job, Status

DEATHS = ("kill", "crash")  # the process events after which the process is gone
MOST_ATTEMPTS = 2**24  # of one job
WORK = ("start", "end", "attempts", "completed", "busy", "rested")


def attempts(
    transitions: pd.DataFrame,
    process_events: pd.DataFrame | None = None,
    held: Iterable[Job] = (),
) -> pd.DataFrame:
    """One row per attempt, by when it began.

    Columns: ``job_id``; ``attempt``, its number; ``process``, who held the claim; ``began``
    (queue time; NaN: before the first entry given) and ``ended`` (NaN: not yet); ``end``, the
    event that ended it (complete, retry, fail, reassign, release; NaN: none yet); ``refused``,
    when its holder's late answer was refused, and ``killed``, when the holder was killed or
    crashed in the middle of it (NaN: never).

    Args:
        transitions: as from ``transitions``, in order; all, or the latest.
        process_events: as from ``process_events``; without them nobody was killed.
        held: the jobs that are processing, for claims before the first of ``transitions``.

    >>> import rinq
    >>> from rinq import metrics
    >>> with rinq.simulate(seed=1, seconds=600, **{"faults.error_rate": 0.3}) as run:
    ...     made = metrics.attempts(metrics.transitions(run.queue))
    >>> made["end"].value_counts().to_dict()
    {'complete': 114, 'retry': 42, 'fail': 5}
    """
    before = transitions["from_status"].eq(Status.PROCESSING)
    after = transitions["to_status"].eq(Status.PROCESSING)
    late = transitions[transitions["event"].eq(Event.REFUSED)]
    late = late[late["actor"].astype("str").eq(late["process"].astype("str"))]
    columns = ["job_id", "attempt", "process", "at"]
    claimed = [(job.id, job.attempt, job.process, job.since) for job in held]
    rows = transitions[[*columns, "event"]]
    claims = _by_attempt(rows[after & ~before][columns], pd.DataFrame(claimed, columns=columns))
    ends = _by_attempt(rows[before & ~after])
    table = _by_attempt(claims, ends[columns]).rename(columns={"at": "began"})
    table.loc[table.index.difference(claims.index), "began"] = np.nan
    table["process"] = table["process"].astype("str")
    table["ended"] = ends["at"].reindex(table.index)
    table["end"] = ends["event"].reindex(table.index).astype("str")
    table["refused"] = _by_attempt(late)["at"].reindex(table.index)
    table = table.sort_values("began", kind="stable", na_position="first", ignore_index=True)
    table["killed"] = _killed(table, process_events)
    return table


def frozen(process_events: pd.DataFrame, now: float) -> pd.DataFrame:
    """One row per time that a process was frozen: ``process``, ``began``, ``ended``."""
    return lasting(process_events, "freeze", ("thaw", *DEATHS), now)


def lasting(
    process_events: pd.DataFrame, first: str, last: Collection[str], now: float
) -> pd.DataFrame:
    """One row per span from an event ``first`` to one of ``last`` of the same process.

    Columns: ``process``, ``began``, ``ended``; a span that has not ended yet ends ``now``.
    """
    rows, since = [], dict[str, float]()
    columns = (process_events[name] for name in ("at", "process", "event"))
    for at, process, event in zip(*columns, strict=True):
        if event == first:
            since.setdefault(process, at)
        elif event in last and process in since:
            rows.append((process, since.pop(process), at))
    rows += [(process, began, now) for process, began in since.items()]
    return pd.DataFrame(rows, columns=["process", "began", "ended"])


def work(attempts: pd.DataFrame, edges: ArrayLike, interval: float = 0.0) -> pd.DataFrame:
    """What each process worked: one row per process and bucket, from an edge to the next.

    Columns: ``process``; ``start`` and ``end`` of the bucket; ``attempts`` that ended in it,
    and how many of them ``completed``; in queue seconds of the bucket ``busy``, holding a job,
    and ``rested``, after an attempt until the process's next, but at most ``interval``;
    ``utilisation``, the share of the bucket that was busy, and ``occupied``, the share that was
    busy or rested, both from 0 to 1.

    Args:
        attempts: as from ``attempts``.
        edges: rising queue seconds, none after now.
        interval: the longest time between two jobs (``consumer.interval``). The part of a gap
            that is longer was lack of jobs. So ``occupied`` is exact for a process that never
            lacked a job, and may be too high, never too low, for others.
    """
    edges = np.asarray(edges, dtype="float64")
    width = np.diff(edges)
    done = attempts["ended"]
    rests = attempts["end"].isin(ATTEMPT_ENDS) & attempts["killed"].isna()
    numbers = np.column_stack(
        [
            attempts["began"].fillna(-np.inf),
            attempts[["ended", "killed"]].min(axis=1).fillna(np.inf),
            done,
            done.where(attempts["end"].eq(Event.COMPLETE)),
            done.where(rests),
        ]
    )
    codes, found = pd.factorize(attempts["process"])
    names = sorted(map(str, found), key=natural)
    parts = []
    for name in names:
        began, ended, done, completed, rest = numbers[codes == list(found).index(name)].T
        until = np.minimum(np.append(began[1:], np.inf), rest + interval)
        busy = np.minimum(overlap(began, ended, edges), width)
        some = ~np.isnan(rest)
        rested = overlap(rest[some], np.maximum(until, rest)[some], edges)
        ends = (np.diff(np.searchsorted(np.sort(at), edges)) for at in (done, completed))
        parts.append((edges[:-1], edges[1:], *ends, busy, np.minimum(rested, width - busy)))
    columns = map(np.concatenate, zip(*parts, strict=True)) if parts else [[]] * len(WORK)
    table = pd.DataFrame(
        {"process": np.repeat(names, len(width)), **dict(zip(WORK, columns, strict=True))}
    )
    table["utilisation"] = table["busy"] / (table["end"] - table["start"])
    table["occupied"] = (table["busy"] + table["rested"]) / (table["end"] - table["start"])
    return table


def overlap(began: ArrayLike, ended: ArrayLike, edges: ArrayLike) -> NDArray[np.float64]:
    """How many seconds of the intervals lie in each bucket, in all; both ends may be infinite."""
    edges = np.asarray(edges, dtype="float64")
    reach = edges - edges[0]

    def covered(starts: ArrayLike) -> NDArray[np.float64]:
        starts = np.sort(np.clip(np.asarray(starts) - edges[0], 0, reach[-1]))
        begun = np.searchsorted(starts, reach)
        seconds: NDArray[np.float64] = begun * reach - np.append(0, np.cumsum(starts))[begun]
        return seconds

    return np.maximum(np.diff(covered(began) - covered(ended)), 0)


def natural(name: str) -> list[tuple[str, int]]:
    """A key that sorts consumer-2 before consumer-10."""
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]


def _by_attempt(rows: pd.DataFrame, *others: pd.DataFrame) -> pd.DataFrame:
    """The first row of each job and attempt; where there is none, that of the others."""
    rows = rows.set_axis(rows["job_id"].to_numpy() * MOST_ATTEMPTS + rows["attempt"].to_numpy())
    rows = rows[~rows.index.duplicated()]
    for other in others:
        more = _by_attempt(other)
        more = more[~more.index.isin(rows.index)]
        rows = pd.concat([rows, more]) if len(more) else rows
    return rows


def _killed(attempts: pd.DataFrame, process_events: pd.DataFrame | None) -> pd.Series[float]:
    """For each attempt the first death of its process while it was under way."""
    killed = pd.Series(np.nan, attempts.index)
    if process_events is None or attempts.empty:
        return killed
    deaths = process_events[process_events["event"].isin(DEATHS)][["at", "process"]].dropna()
    if deaths.empty:
        return killed
    begun = attempts[["process", "ended"]].assign(
        began=attempts["began"].fillna(-np.inf), row=attempts.index
    )
    begun = begun.dropna(subset="process")
    met = pd.merge_asof(deaths, begun, left_on="at", right_on="began", by="process")
    met = met[met["row"].notna() & ~met["ended"].le(met["at"])].drop_duplicates("row")
    killed.loc[met["row"].astype("int64")] = met["at"].to_numpy()
    return killed
