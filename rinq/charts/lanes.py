"""The lanes of the processes, which two charts share; and the chart of how busy each was."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rinq.charts import amounts
from rinq.charts.bars import Boxes, add_bars, boxes
from rinq.charts.drawing import (
    TICK,
    Box,
    corner_note,
    empty_note,
    extent,
    frame,
    heading,
    note,
    time_ticks,
)
from rinq.charts.palette import FILL
from rinq.charts.view import View
from rinq.metrics.attempt_work import natural
from rinq.queue import Event, Status

WIDE, LANE = 1060, 30  # px
BOX: Box = (100, 52, 34, 38)
MOST_LANES = 16
FEWEST = 3  # lanes for which there is always room
CELLS = 20
CELL = 0.74  # of a lane
GAP = 3  # px
NAME = 14  # characters of a process's name that are shown
OPACITIES = (0.45, 0.65, 0.85, 1.0)


def size(lanes: Sequence[str]) -> tuple[float, float]:
    """Width and height of a figure of these lanes, px."""
    return WIDE, BOX[2] + BOX[3] + LANE * max(FEWEST, len(lanes))


def recent(attempts: pd.DataFrame, view: View) -> pd.DataFrame:
    """The attempts that were under way at any time of the window."""
    return attempts[~attempts["ended"].le(view.start)]


def lanes_of(attempts: pd.DataFrame, view: View, living: Collection[str] = ()) -> list[str]:
    """The processes that get a lane, by name: those with an attempt in the window, and ``living``.

    Where they are more than ``MOST_LANES``, those with the most trouble, then the busiest.
    """
    these = recent(attempts, view)
    trouble = these["end"].isin((Event.FAIL, Event.REASSIGN)) | these["killed"].notna()
    score = pd.DataFrame({"trouble": trouble, "all": 1}).groupby(these["process"]).sum()
    score = score.reindex(sorted({*score.index, *living}, key=natural), fill_value=0)
    worst = score.sort_values(["trouble", "all"], ascending=False, kind="stable")
    return sorted(worst.index[:MOST_LANES], key=natural)


def lane_frame(
    ax: Axes,
    title: str,
    corner: str,
    lanes: Sequence[str],
    view: View,
) -> dict[str, float]:
    """Title, names and time axis. Returns y of the middle of each lane."""
    inks = view.inks
    frame(ax, "", "", inks)
    time_ticks(ax, view)
    heading(ax, title, inks, left=BOX[0], up=BOX[2] - 19)
    corner_note(ax, corner, inks, right=BOX[1], up=BOX[2] - 19)
    high = max(FEWEST, len(lanes))
    ax.set_ylim(0, high)
    middles = {name: high - 0.5 - i for i, name in enumerate(lanes)}
    for name, middle in middles.items():
        short = name if len(name) <= NAME else f"{name[: NAME - 1]}\N{HORIZONTAL ELLIPSIS}"
        at = (0, middle / high)
        note(ax, short, at, (-8, 0), inks["text"], size=TICK, ha="right", va="center")
    return middles


def pixel(ax: Axes) -> tuple[float, float]:
    """How much of the x and of the y axis is a CSS pixel."""
    (left, right), (bottom, top), (wide, high) = ax.get_xlim(), ax.get_ylim(), extent(ax)
    return (right - left) / wide, (top - bottom) / high


def utilisation(ax: Axes, work: pd.DataFrame, lanes: Sequence[str], view: View) -> Axes:
    """For each lane ``CELLS`` cells, filled from below by the share of time spent on a job.

    Args:
        work: as from ``metrics.work`` with ``CELLS`` even buckets of the window.
        lanes: as from ``lanes_of``.
    """
    inks, window = view.inks, view.window
    corner = "share of time spent on a job, and its mean"
    middles = lane_frame(ax, "Utilisation", corner, lanes, view)
    if not lanes:
        ax.set_label("Utilisation: no process has worked yet.")
        return empty_note(ax, "No process has worked yet.", inks)
    wide, _ = pixel(ax)
    left = np.linspace(-window, 0, CELLS + 1)[:-1] + GAP / 2 * wide
    right = left + window / CELLS - GAP * wide
    cells: list[Boxes] = []
    filled: dict[float, list[Boxes]] = {opacity: [] for opacity in OPACITIES}
    means = []
    busy = {name: rows.to_numpy() for name, rows in work["utilisation"].groupby(work["process"])}
    for name, middle in middles.items():
        shares = busy.get(name, np.zeros(CELLS))
        bottom = middle - CELL / 2
        cells.append(boxes(left, right, bottom, bottom + CELL))
        levels = np.ceil(shares * len(OPACITIES)) - 1
        for i, opacity in enumerate(OPACITIES):
            these = levels == i
            top = bottom + CELL * shares[these]
            filled[opacity].append(boxes(left[these], right[these], bottom, top))
        mean = amounts.share(float(shares.mean()))
        at = (1, middle / ax.get_ylim()[1])
        note(ax, mean, at, (8, 0), inks["text"], size=TICK, va="center")
        means.append(f"{name} {mean}")
    add_bars(ax, cells, facecolor=inks["empty"])
    for opacity, bars in filled.items():
        add_bars(ax, bars, facecolor=FILL[Status.PROCESSING], alpha=opacity)
    ax.set_label(f"Utilisation, {view.last}: {', '.join(means)}.")
    return ax
