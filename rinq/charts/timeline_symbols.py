"""What the bars and symbols of the timeline mean: by how an attempt ended, and what hit it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from rinq.charts.bars import Boxes, boxes
from rinq.charts.drawing import EDGE, note
from rinq.charts.lanes import pixel
from rinq.charts.palette import Inks
from rinq.charts.view import View
from rinq.charts.words import EVENT_WORDS
from rinq.queue import Event, Status

BAR, LOW = 0.62, 0.44  # of a lane: a bar's height, and how far below its middle a line runs
NUMBERED = 22  # px that a bar needs for its attempt's number
RUNNING = "running"
ENDS = (
    (Event.FAIL, EVENT_WORDS[Event.FAIL], Status.FAILED, "xxxx"),
    (Event.CANCEL, EVENT_WORDS[Event.CANCEL], Status.FAILED, "oo"),
    (Event.REASSIGN, EVENT_WORDS[Event.REASSIGN], Status.UNPROCESSED, "----"),
    (Event.RELEASE, EVENT_WORDS[Event.RELEASE], Status.UNPROCESSED, "||||"),
    (Event.RETRY, EVENT_WORDS[Event.RETRY], Status.UNPROCESSED, "\\\\\\\\"),
    (RUNNING, RUNNING, Status.PROCESSING, "////"),
    (Event.COMPLETE, EVENT_WORDS[Event.COMPLETE], Status.PROCESSED, None),
)
"""How an attempt ended, its name, fill and hatch; in a stack, from the bottom up."""
OTHERS = (
    ("late", "late, refused"),
    ("killed", "killed"),
    ("frozen", "frozen"),
    ("number", "attempt number"),
)
SWATCH, SPACE, LETTER = 20, 11, 6.3  # px in the legend
LEGEND = -27  # px below the lanes
CROSS, SMALL_CROSS, BACK, STOP = ("x", 9.0), ("x", 5.0), ("<", 5.0), ("X", 6.5)  # shape, px
DISC = ("#ffffff", "#1f1f1f")

Bars = dict[str, list[Boxes]]  # by how the attempt ended


def attempt_symbols(ax: Axes, drawn: pd.DataFrame, view: View) -> None:
    """On single bars: failed, taken back, refused, and the number of a second or later attempt.

    Args:
        drawn: attempts, with ``y`` and ``left`` and ``right`` as drawn.
    """
    wide, _ = pixel(ax)
    length = (drawn["right"] - drawn["left"]) / wide
    failed = drawn[drawn["end"].eq(Event.FAIL) & length.gt(12)]
    _symbols(ax, failed["right"] - 7 * wide, failed["y"], SMALL_CROSS, DISC[0])
    back = drawn[drawn["end"].eq(Event.REASSIGN)]
    y = back["y"].where(back["killed"].isna(), back["y"] - (LOW + BAR / 2) / 2)
    _symbols(ax, back["ended"] - view.now - 3 * wide, y, BACK, view.inks["text"])
    late = back[back["refused"].notna()]
    _symbols(ax, late["refused"] - view.now, late["y"], STOP, view.inks["text"])
    again = drawn[drawn["attempt"].gt(1) & length.gt(NUMBERED)]
    _symbols(ax, again["left"] + 9 * wide, again["y"], ("o", 13), DISC[0])
    for number, rows in again.groupby("attempt"):
        _symbols(ax, rows["left"] + 9 * wide, rows["y"], (f"${number}$", 6.5), DISC[1])


def death_symbols(ax: Axes, drawn: pd.DataFrame, view: View) -> None:
    """A cross where a process was killed while it worked on a job."""
    killed = drawn[drawn["killed"].ge(view.start)]
    _symbols(ax, killed["killed"] - view.now, killed["y"], CROSS, view.inks[Status.FAILED])


def frozen_lines(
    ax: Axes, frozen_spans: pd.DataFrame, middles: Mapping[str, float], view: View
) -> None:
    """A line above the bars of a lane for each time that its process was frozen."""
    shown = frozen_spans["process"].isin(middles) & frozen_spans["ended"].gt(view.start)
    spans = frozen_spans[shown][["process", "began", "ended"]]
    for process, began, ended in spans.itertuples(index=False):
        left, right = max(began - view.now, -view.window), ended - view.now
        _line(ax, left, right, middles[process] + BAR / 2 + 0.1, view.inks)


def legend(ax: Axes, bars: Bars, dotted: list[Boxes], inks: Inks) -> None:
    """A row below the axis. Its swatches are added to ``bars`` and ``dotted``, to be drawn with
    them."""
    wide, high = pixel(ax)
    start, y = ax.get_xlim()[0], LEGEND * high
    x = 0.0
    names = [(str(end), name) for end, name, *_ in ENDS[::-1]]
    for key, name in [*names, *OTHERS]:
        left, right = start + x * wide, start + (x + SWATCH) * wide
        box = boxes(left, right, y - 5 * high, y + 5 * high)
        if key in bars:
            bars[key].append(box)
        match key:
            case Event.FAIL:
                _symbols(ax, [right - 7 * wide], [y], SMALL_CROSS, DISC[0])
            case Event.REASSIGN:
                _symbols(ax, [right - 3 * wide], [y], BACK, inks["text"])
            case "late":
                dotted.append(box)
                _symbols(ax, [right - 2 * wide], [y], STOP, inks["text"])
            case "killed":
                _symbols(ax, [(left + right) / 2], [y], CROSS, inks[Status.FAILED])
            case "frozen":
                _line(ax, left, right, y, inks)
            case "number":
                _symbols(ax, [(left + right) / 2], [y], ("o", 13), DISC[0])
                _symbols(ax, [(left + right) / 2], [y], ("$2$", 6.5), DISC[1])
        note(ax, name, (0, 0), (x + SWATCH + 5, LEGEND), inks["muted"], size=EDGE, va="center")
        x += SWATCH + SPACE + LETTER * len(name)


def _symbols(ax: Axes, x: ArrayLike, y: ArrayLike, symbol: tuple[str, float], colour: str) -> None:
    """One symbol (shape and px) at many places; a cross is made of strokes, others are filled."""
    shape, size = symbol
    style: dict[str, Any] = {"color": colour, "linestyle": "none", "clip_on": False}
    style["markeredgewidth"] = 1.8 if shape == "x" else 0.6 if shape == "o" else 0
    style["markeredgecolor"] = DISC[1] if shape == "o" else colour
    if len(np.asarray(x)):
        ax.add_line(Line2D(x, y, marker=shape, markersize=size, **style))


def _line(ax: Axes, left: float, right: float, y: float, inks: Inks) -> None:
    style: dict[str, Any] = {"linewidth": 2.5, "solid_capstyle": "butt", "clip_on": False}
    ax.add_line(Line2D([left, right], [y, y], color=inks["muted"], **style))
