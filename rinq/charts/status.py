"""The chart of the jobs by status: how many jobs were in each, over time."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from rinq.charts import amounts
from rinq.charts.bars import status_style
from rinq.charts.drawing import corner_note, empty_note, end_names, frame, time_ticks, y_ticks
from rinq.charts.palette import HATCH_INK, HATCH_WIDTH
from rinq.charts.view import View
from rinq.metrics.frames import counts_at
from rinq.queue import Status

STEPS = 120  # that an area has at most
STACK = (Status.FAILED, Status.PROCESSING, Status.UNPROCESSED, Status.PROCESSED, Status.CLEANED)
"""From the base line up: failed jobs lie at the bottom, where a single one can be seen."""
FINAL = (Status.PROCESSED, Status.CLEANED)


def jobs_by_status(ax: Axes, counts: pd.DataFrame, view: View) -> Axes:
    """Stacked steps: how many jobs were in each status.

    Processed and cleaned jobs are counted from the window's start, so that the others can be seen
    also where very many jobs are settled.

    Args:
        counts: as from ``metrics.status_counts``.
    """
    edges, inks = view.step_edges(STEPS), view.inks
    levels = counts_at(counts, edges)
    total = {status: int(levels[status].iloc[-1]) for status in Status}
    earlier = {status: int(levels[status].iloc[0]) for status in FINAL}
    numbers = ", ".join(f"{total[status]:,} {status}" for status in Status)
    ax.set_label(f"Jobs by status, {view.last}: {numbers}.")
    frame(ax, "Jobs by status", "jobs", inks)
    time_ticks(ax, view)
    if not sum(total.values()):
        return empty_note(ax, "No jobs yet.\nStart a producer: its jobs appear here.", inks)
    if settled := sum(earlier.values()):
        corner_note(ax, f"{amounts.count(settled)} settled earlier, not drawn", inks)

    base: Any = np.zeros(len(edges) - 1)
    x = edges - view.now
    names = []
    seam: dict[str, Any] = {"baseline": None, "edgecolor": inks["surface"], "linewidth": 0.8}
    with mpl.rc_context({"hatch.color": HATCH_INK, "hatch.linewidth": HATCH_WIDTH}):
        for status in STACK:
            jobs = (levels[status].to_numpy()[1:] - earlier.get(status, 0)).clip(0)
            if not jobs.any():
                continue
            top = base + jobs
            # not ax.stairs(): it takes five times as long, to fit limits that are set below
            ax.add_artist(StepPatch(top, x, baseline=base, linewidth=0, **status_style(status)))
            ax.add_artist(StepPatch(top, x, fill=False, **seam))
            if jobs[-1]:
                name = f"{amounts.count(int(jobs[-1]))} {status}"
                names.append(((base[-1] + top[-1]) / 2, name, status))
            base = top
    y_ticks(ax, amounts.ticks(base.max()), amounts.tick, inks)
    return end_names(ax, names, inks)
