"""The charts: each draws one metric on the Axes that it is given, and returns them.

What a chart shows is also a sentence, the label of its Axes (``axes.get_label()``),
which becomes its alternative text.
"""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch
from numpy.typing import NDArray

from rinq.charts import amounts
from rinq.charts.drawing import corner_note, empty_note, end_names, frame, time_ticks, y_ticks
from rinq.charts.palette import FILL, HATCH, HATCH_INK, HATCH_WIDTH, LIGHT, Inks
from rinq.metrics.frames import counts_at
from rinq.queue import Event, Status

POINTS = 120  # steps that an area has at most
BUCKETS = 6

STACK = (Status.FAILED, Status.PROCESSING, Status.UNPROCESSED, Status.PROCESSED, Status.CLEANED)
"""From the base line up: trouble lies at the bottom, where one job is seen."""
FINAL = (Status.PROCESSED, Status.CLEANED)
LINES = (
    (Event.FAIL, "failed", Status.FAILED, "-", "X"),
    (Event.REASSIGN, "taken back", "text", (0, (5, 1.4, 1, 1.4)), "^"),
    (Event.RETRY, "retry", Status.UNPROCESSED, (0, (4, 1.6)), "o"),
)
"""Event, its name, its ink, its dashes, its marker."""


def jobs_by_status(
    ax: Axes,
    counts: pd.DataFrame,
    *,
    now: float,
    window: float,
    whole_run: bool = False,
    inks: Inks = LIGHT,
) -> Axes:
    """Stacked steps: how many jobs were in each status, over the last ``window``.

    Processed and cleaned jobs are counted from the window's start: what moves fills the chart.

    Args:
        counts: as from ``metrics.status_counts``.
        now, window: queue seconds.
        whole_run: the window is the whole run.
    """
    edges = step_edges(now, window)
    levels = counts_at(counts, edges)
    total = {status: int(levels[status].iloc[-1]) for status in Status}
    earlier = {status: int(levels[status].iloc[0]) for status in FINAL}
    said = ", ".join(f"{total[status]:,} {status}" for status in Status)
    ax.set_label(f"Jobs by status, last {amounts.duration(window)}: {said}.")
    frame(ax, "Jobs by status", "jobs", inks)
    time_ticks(ax, window, inks, whole_run=whole_run)
    if not sum(total.values()):
        return empty_note(ax, "No jobs yet.\nStart a producer: its jobs appear here.", inks)
    if settled := sum(earlier.values()):
        corner_note(ax, f"{amounts.count(settled)} settled earlier, not drawn", inks)

    base: Any = np.zeros(len(edges) - 1)
    ends = []
    with mpl.rc_context({"hatch.color": HATCH_INK, "hatch.linewidth": HATCH_WIDTH}):
        for status in STACK:
            jobs = (levels[status].to_numpy()[1:] - earlier.get(status, 0)).clip(0)
            if not jobs.any():
                continue
            top = base + jobs
            band: dict[str, Any] = {"facecolor": FILL[status], "hatch": HATCH[status] or None}
            seam: dict[str, Any] = {
                "baseline": None,
                "edgecolor": inks["surface"],
                "linewidth": 0.8,
            }
            # not ax.stairs(): it takes five times as long, to fit limits that are set below
            ax.add_artist(StepPatch(top, edges - now, baseline=base, linewidth=0, **band))
            ax.add_artist(StepPatch(top, edges - now, fill=False, **seam))
            if jobs[-1]:
                name = f"{amounts.count(int(jobs[-1]))} {status}"
                ends.append(((base[-1] + top[-1]) / 2, name, status))
            base = top
    ticks = amounts.ticks(base.max())
    ax.set_ylim(0, ticks[-1])
    y_ticks(ax, ticks, [*map(amounts.tick, ticks)], inks)
    return end_names(ax, ends, inks)


def step_edges(now: float, window: float) -> NDArray[np.float64]:
    """Edges of the steps of an area, which stand still while the window moves (queue seconds)."""
    start, step = now - window, window / POINTS
    inner = step * np.arange(np.floor(start / step) + 1, np.ceil(now / step))
    return np.concatenate(([start], inner, [now]))


def bucket_edges(now: float, window: float, buckets: int = BUCKETS) -> list[float]:
    """Edges of whole buckets that stand still while the window moves, and of a part of one
    at either end of it (queue seconds)."""
    width = window / buckets
    first = int(np.floor((now - window) / width)) + 1
    inner = [width * k for k in range(first, first + buckets + 1) if width * k < now]
    return [now - window, *inner, np.nextafter(now, np.inf)]


def how_attempts_end(
    ax: Axes,
    ends: pd.DataFrame,
    *,
    now: float,
    window: float,
    whole_run: bool = False,
    inks: Inks = LIGHT,
) -> Axes:
    """Lines: which share of the attempts that ended were retried, failed, taken back.

    The denominator is complete + retry + fail + reassign. No point where no attempt ended,
    nor for a part of a bucket; the names at the right give the shares of the whole window.

    Args:
        ends: as from ``metrics.attempt_ends`` with ``bucket_edges``.
        now, window: queue seconds.
        whole_run: the window is the whole run.
    """
    attempts = int(ends["attempts"].sum())
    frame(ax, "How attempts end", "of attempts", inks)
    time_ticks(ax, window, inks, whole_run=whole_run)
    if not attempts:
        ax.set_label("How attempts end: no attempt has ended yet.")
        return empty_note(ax, "No attempt has ended yet.", inks)
    share = {
        event: float((ends[event] * ends["attempts"]).sum() / attempts)
        for event in (Event.COMPLETE, *(line[0] for line in LINES))
    }
    said = ", ".join(f"{amounts.share(share[event])} {name}" for event, name, *_ in LINES[::-1])
    ax.set_label(
        f"How attempts end, last {amounts.duration(window)}: of {attempts:,} attempts "
        f"{amounts.share(share[Event.COMPLETE])} completed, {said}."
    )
    corner_note(ax, f"{amounts.count(attempts)} attempts ended", inks)

    width = ends["end"] - ends["start"]
    whole = ends[width > 0.999 * window / BUCKETS]
    middle = (whole["start"] + whole["end"]) / 2 - now
    names = []
    highest = max(share[event] for event, *_ in LINES)
    for event, name, ink, dashes, marker in LINES:
        ax.plot(
            middle,
            whole[event],
            color=inks[ink],
            linestyle=dashes,
            linewidth=1.5,
            marker=marker,
            markersize=5,
            markeredgewidth=0,
            clip_on=False,
        )
        drawn = whole[event].dropna()
        highest = max(highest, drawn.max() if len(drawn) else 0)
        at = drawn.iloc[-1] if len(drawn) else share[event]
        names.append((at, f"{name} {amounts.share(share[event])}", ink))
    top = max(1, np.ceil(highest * 5)) / 5
    ticks = [top * i / 4 for i in range(5)]
    ax.set_ylim(0, top)
    y_ticks(ax, ticks, [amounts.share(tick) for tick in ticks], inks)
    return end_names(ax, names, inks)
