"""The charts of rates: what came, what was finished, what waits; and errors by attempt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from rinq.charts import amounts
from rinq.charts.bars import add_bars, boxes, look_of
from rinq.charts.charts import step_edges
from rinq.charts.drawing import (
    EDGE,
    empty_note,
    end_names,
    frame,
    note,
    strokes,
    time_ticks,
    x_ticks,
    y_ticks,
)
from rinq.charts.palette import FILL, LIGHT, Inks
from rinq.metrics.frames import counts_at
from rinq.queue import Event, Status

RATE_BUCKETS = 12
BARS = 4  # the last is of all later attempts too
WIDTH = 0.66  # of a bar
LINES = (
    ("arrival_rate", "arrivals", Status.UNPROCESSED, (0, (4, 1.6)), "o"),
    ("throughput", "finished", Status.PROCESSED, "-", "s"),
)
"""Column, name, ink, dashes, marker."""


def arrivals_and_backlog(
    axes: tuple[Axes, Axes],
    rates: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    now: float,
    window: float,
    whole_run: bool = False,
    inks: Inks = LIGHT,
) -> tuple[Axes, Axes]:
    """Above, lines: jobs that came and jobs that were finished, per queue second; below, an
    area: the jobs that waited. The two share the time axis.

    No point for a part of a bucket; the names at the right give the rates of the whole window.

    Args:
        rates: as from ``moves.throughput`` with ``bucket_edges(now, window, RATE_BUCKETS)``.
        counts: as from ``metrics.status_counts``.
        now, window: queue seconds.
        whole_run: the window is the whole run.
    """
    above, below = axes
    frame(above, "Arrivals, finished, backlog", "jobs/s", inks)
    frame(below, "", "waiting", inks)
    above.set_xlim(-window, 0)
    time_ticks(below, window, inks, whole_run=whole_run)
    edges = step_edges(now, window)
    waiting = counts_at(counts, edges)[Status.UNPROCESSED].to_numpy()
    if not (rates["arrivals"].any() or rates["finished"].any() or waiting.any()):
        above.set_label("Arrivals, finished, backlog: no arrivals yet.")
        below.set_label("")
        empty_note(above, "No arrivals yet.", inks)
        return axes

    width = rates["end"] - rates["start"]
    whole = rates[width > 0.999 * window / RATE_BUCKETS]
    middle = (whole["start"] + whole["end"]) / 2 - now
    x_ticks(above, (), (), inks)
    names, mean = [], {}
    for column, name, ink, dashes, marker in LINES:
        mean[name] = amounts.rate((rates[column] * width).sum() / window)
        style: dict[str, Any] = {
            "color": inks[ink],
            "linestyle": dashes,
            "linewidth": 1.5,
            "marker": marker,
            "clip_on": False,
        }
        face = inks["surface"] if marker == "o" else inks[ink]
        above.plot(middle, whole[column], markersize=4.5, markerfacecolor=face, **style)
        names.append((whole[column].iloc[-1] if len(whole) else 0, f"{name} {mean[name]}", ink))
    top = float(whole[["arrival_rate", "throughput"]].to_numpy().max(initial=0))
    ticks = amounts.ticks(top, most=3, whole=False)
    above.set_ylim(0, ticks[-1])
    y_ticks(above, ticks, [*map(amounts.tick, ticks)], inks)
    end_names(above, names, inks)

    area: dict[str, Any] = {
        "facecolor": FILL[Status.UNPROCESSED],
        "edgecolor": inks[Status.UNPROCESSED],
    }
    below.add_artist(StepPatch(waiting[1:], edges - now, baseline=0, linewidth=0, **area))
    below.add_artist(StepPatch(waiting[1:], edges - now, fill=False, linewidth=1.2, **area))
    ticks = amounts.ticks(waiting.max(), most=2)
    below.set_ylim(0, ticks[-1])
    y_ticks(below, ticks, [*map(amounts.tick, ticks)], inks)
    name = f"{amounts.count(int(waiting[-1]))} waiting"
    end_names(below, [(waiting[-1], name, Status.UNPROCESSED)], inks)
    above.set_label(
        f"Arrivals, finished, backlog, last {amounts.duration(window)}: arrivals "
        f"{mean['arrivals']}, finished {mean['finished']}, {int(waiting[-1]):,} waiting now."
    )
    below.set_label("")
    return axes


def errors_by_attempt(ax: Axes, ends: pd.DataFrame, *, inks: Inks = LIGHT) -> Axes:
    """Bars: which share of first, second, third and later attempts ended in an error.

    The part that led to a retry is plain, the part that failed the job is hatched. The
    denominator is complete + retry + fail + reassign; it stands under each bar.

    Args:
        ends: as from ``metrics.ends_by_attempt``.
    """
    ax.set(xlim=(0.4, BARS + 0.6), ylim=(0, 1))
    ax.set_axis_off()
    if not ends["attempts"].sum():
        ax.set_label("")
        return ax
    note(ax, "error, by attempt", (1, 1), (0, 31), inks["muted"], size=EDGE, ha="right")
    strokes(ax, [(0, 0, 1, 0)], inks["muted"])
    bar, attempts = ends["attempt"].clip(upper=BARS).to_numpy(), ends["attempts"].to_numpy()
    number = np.bincount(bar, weights=attempts)
    places = np.flatnonzero(number)
    retry, fail = (
        np.bincount(bar, weights=ends[event].fillna(0) * attempts)[places] / number[places]
        for event in (Event.RETRY, Event.FAIL)
    )
    left, right = places - WIDTH / 2, places + WIDTH / 2
    add_bars(ax, [boxes(left, right, 0, retry)], **look_of(Status.UNPROCESSED))
    add_bars(ax, [boxes(left, right, retry, retry + fail)], **look_of(Status.FAILED))
    said = []
    for place, error in zip(places.tolist(), (retry + fail).tolist(), strict=True):
        name = f"{place}+" if len(ends) > BARS == place else str(place)
        x, n = (place - 0.4) / (BARS + 0.2), int(number[place])
        note(ax, amounts.share(error), (x, error), (0, 3), inks["text"], size=EDGE, ha="center")
        under = f"{name}\n{amounts.count(n)}"
        note(ax, under, (x, 0), (0, -4), inks["muted"], size=EDGE, ha="center", va="top")
        said.append(f"{amounts.share(error)} of {n:,} attempts number {name}")
    ax.set_label(f"Ended in an error: {', '.join(said)}.")
    return ax
