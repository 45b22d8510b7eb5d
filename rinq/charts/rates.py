"""The chart of arrivals, finished jobs and the backlog."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from rinq.charts import amounts
from rinq.charts.drawing import (
    corner_note,
    empty_note,
    end_names,
    frame,
    time_ticks,
    x_ticks,
    y_ticks,
)
from rinq.charts.palette import FILL
from rinq.charts.status import STEPS
from rinq.charts.view import View
from rinq.metrics.frames import counts_at
from rinq.queue import Status

BUCKETS = 12
LINES = (
    ("arrival_rate", "arrivals", Status.UNPROCESSED, (0, (4, 1.6)), "o"),
    ("throughput", "finished", Status.PROCESSED, "-", "s"),
)
"""Column, name, ink, dashes, marker."""


def arrivals_and_backlog(
    axes: tuple[Axes, Axes], rates: pd.DataFrame, counts: pd.DataFrame, view: View
) -> tuple[Axes, Axes]:
    """Above, lines: jobs that arrived and jobs that were finished, per queue second; below, an
    area: the jobs that wait. The two share the time axis.

    No point for a part of a bucket. The name at the right of a line gives its last point; above
    stand the means over the window or, where it is shorter, the time since the first entry.

    Args:
        rates: as from ``metrics.throughput`` with ``view.bucket_edges(BUCKETS)``.
        counts: as from ``metrics.status_counts``.
    """
    (above, below), inks = axes, view.inks
    frame(above, "Arrivals, finished, backlog", "jobs/s", inks)
    frame(below, "", "waiting", inks)
    above.set_xlim(-view.window, 0)
    time_ticks(below, view)
    below.set_label("")
    edges = view.step_edges(STEPS)
    waiting = counts_at(counts, edges)[Status.UNPROCESSED].to_numpy()
    if not (rates["arrivals"].any() or rates["finished"].any() or waiting.any()):
        above.set_label("Arrivals, finished, backlog: no arrivals yet.")
        empty_note(above, "No arrivals yet.", inks)
        return axes

    means = _means(rates, counts, view)
    corner_note(above, f"mean: {means}", inks)
    _lines(above, rates, view)
    area: dict[str, Any] = {
        "facecolor": FILL[Status.UNPROCESSED],
        "edgecolor": inks[Status.UNPROCESSED],
    }
    steps = waiting[1:], edges - view.now
    below.add_artist(StepPatch(*steps, baseline=0, linewidth=0, **area))
    below.add_artist(StepPatch(*steps, fill=False, linewidth=1.2, **area))
    y_ticks(below, amounts.ticks(waiting.max(), most=2), amounts.tick, inks)
    name = f"{amounts.count(int(waiting[-1]))} waiting"
    end_names(below, [(waiting[-1], name, Status.UNPROCESSED)], inks)
    above.set_label(
        f"Arrivals, finished, backlog, {view.last}: {means}, {int(waiting[-1]):,} waiting now."
    )
    return axes


def _means(rates: pd.DataFrame, counts: pd.DataFrame, view: View) -> str:
    """The mean rate of each line, as text."""
    first = counts["at"].iloc[0] if len(counts) else view.start
    seconds = view.now - max(view.start, first) or view.window
    width = rates["end"] - rates["start"]
    means = {name: (rates[column] * width).sum() / seconds for column, name, *_ in LINES}
    return ", ".join(f"{name} {amounts.rate(mean)}" for name, mean in means.items())


def _lines(ax: Axes, rates: pd.DataFrame, view: View) -> None:
    inks = view.inks
    whole = rates[(rates["end"] - rates["start"]) > 0.999 * view.window / BUCKETS]
    middle = (whole["start"] + whole["end"]) / 2 - view.now
    x_ticks(ax, (), (), inks)
    names = []
    style: dict[str, Any] = {"linewidth": 1.5, "markersize": 4.5, "clip_on": False}
    for column, name, ink, dashes, marker in LINES:
        line: dict[str, Any] = {"color": inks[ink], "linestyle": dashes, "marker": marker}
        face = inks["surface"] if marker == "o" else inks[ink]
        ax.plot(middle, whole[column], markerfacecolor=face, **line, **style)
        if len(whole):
            at = float(whole[column].iloc[-1])
            names.append((at, f"{name} {amounts.rate(at)}", ink))
    top = float(whole[["arrival_rate", "throughput"]].to_numpy().max(initial=0))
    y_ticks(ax, amounts.ticks(top, most=3, whole=False), amounts.tick, inks)
    end_names(ax, names, inks)
