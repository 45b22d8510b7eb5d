"""What the charts have in common: the figure, the time axis, the notes around the plot.

Sizes are CSS pixels: on a ``new_figure()``, which has 72 dots per inch, a point is a pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from rinq.charts import amounts
from rinq.charts.palette import LIGHT, Inks
from rinq.charts.view import View
from rinq.queue import Status

WIDTH, HEIGHT = SIZE = (520, 260)  # px
LEFT, RIGHT, TOP, BOTTOM = 42, 112, 50, 26  # px from the figure's edges to the plot
FONT, TITLE, EDGE, TICK = 11.5, 13, 10.5, 11  # px
GAP = 14  # px between two names at the right edge
QUARTERS = (0, 0.25, 0.5, 0.75)
ROOMY = 240  # px in which a time axis has room for quarters

Box = tuple[float, float, float, float]
"""The px from a figure's left, right, top and bottom edges to a plot."""
PLOT: Box = (LEFT, RIGHT, TOP, BOTTOM)


def new_figure(inks: Inks = LIGHT, size: tuple[float, float] = SIZE, *boxes: Box) -> Figure:
    """A figure of this width and height in px, without pyplot, with an empty Axes for each box
    (``PLOT``, unless given)."""
    figure = Figure(dpi=72, facecolor=inks["surface"])
    for _ in boxes or [PLOT]:
        figure.add_axes((0, 0, 1, 1), facecolor=inks["surface"])
    resize(figure, size, *boxes or [PLOT])
    return figure


def resize(figure: Figure, size: tuple[float, float], *boxes: Box) -> None:
    wide, high = size
    figure.set_size_inches(wide / 72, high / 72)
    for ax, (left, right, top, bottom) in zip(figure.axes, boxes, strict=True):
        corner = (left / wide, bottom / high)
        ax.set_position((*corner, (wide - left - right) / wide, (high - top - bottom) / high))


def clear(figure: Figure) -> None:
    """Remove all that was drawn on the Axes, but not the Axes."""
    for ax in figure.axes:
        for drawn in (*ax.texts, *ax.lines, *ax.patches, *ax.artists, *ax.collections):
            drawn.remove()


def frame(ax: Axes, title: str, unit: str, inks: Inks, *, left: float = LEFT) -> None:
    """Title and unit, for Axes on which ``x_ticks`` and ``y_ticks`` draw the axes: matplotlib's
    own take twice as long as all the rest of a chart.

    ``left`` is the distance in px from the figure's left edge to the Axes.
    """
    ax.set_axis_off()
    ax.set_ylim(0, 1)
    if title:
        heading(ax, title, inks, left=left)
    if unit:
        note(ax, unit, (0, 1), (8 - left, 12), inks["muted"], size=EDGE)


def y_ticks(
    ax: Axes,
    ticks: Sequence[float],
    write: Callable[[float], str],
    inks: Inks,
    *,
    top: float | None = None,
) -> None:
    """The y axis from 0 to ``top`` or the last tick: a line across and a number for each tick."""
    top = ticks[-1] if top is None else top
    ax.set_ylim(0, top)
    strokes(ax, [(0, y / top, 1, y / top) for y in ticks if y > 0], inks["grid"])
    for y in ticks:
        at = (0, y / top)
        note(ax, write(y), at, (-4, 0), inks["muted"], size=TICK, ha="right", va="center")


def x_ticks(ax: Axes, places: Sequence[float], names: Sequence[str], inks: Inks) -> None:
    """The base line, with names below it at these places, from 0 at the left to 1."""
    down = -3 / extent(ax)[1]
    strokes(ax, [(0, 0, 1, 0), *((x, 0, x, down) for x in places)], inks["muted"])
    for x, name in zip(places, names, strict=True):
        note(ax, name, (x, 0), (0, -6), inks["muted"], size=TICK, ha="center", va="top")


def time_ticks(ax: Axes, view: View) -> None:
    """The time axis: before now, with ticks that do not move; of a whole run, since its start."""
    ax.set_xlim(-view.window, 0)
    places = QUARTERS if extent(ax)[0] > ROOMY else QUARTERS[::2]
    names = [f"\N{MINUS SIGN}{amounts.duration(view.window * (1 - x))}" for x in places]
    if view.whole_run:
        names = [amounts.duration(view.window * x) for x in places]
    x_ticks(ax, (*places, 1), [*names, "now"], view.inks)


def strokes(ax: Axes, ends: Sequence[tuple[float, float, float, float]], colour: str) -> None:
    """Thin lines between points of the axes, below everything else."""
    points = np.array(ends).reshape(-1, 2)
    path = Path(points, [Path.MOVETO, Path.LINETO] * len(ends))
    style: dict[str, Any] = {"linewidth": 0.8, "zorder": 0.5, "clip_on": False}
    ax.add_artist(PathPatch(path, fill=False, edgecolor=colour, transform=ax.transAxes, **style))


def heading(ax: Axes, title: str, inks: Inks, *, left: float = LEFT, up: float = 31) -> None:
    note(ax, title, (0, 1), (8 - left, up), inks["text"], size=TITLE, weight="bold")


def extent(ax: Axes) -> tuple[float, float]:
    """Width and height of the Axes, px."""
    dots = ax.get_figure(root=True).dpi / 72  # type: ignore[union-attr]
    return ax.bbox.width / dots, ax.bbox.height / dots


def corner_note(ax: Axes, text: str, inks: Inks, *, right: float = RIGHT, up: float = 31) -> None:
    note(ax, text, (1, 1), (right - 8, up), inks["muted"], size=EDGE, ha="right")


def empty_note(ax: Axes, text: str, inks: Inks) -> Axes:
    note(ax, text, (0.5, 0.5), (0, 0), inks["muted"], ha="center", va="center", linespacing=1.4)
    return ax


def end_names(ax: Axes, ends: Sequence[tuple[float, str, str]], inks: Inks) -> Axes:
    """Names at the right end of lines and bands (y, text, ink), pushed apart."""
    _, high = extent(ax)
    ends = sorted(ends, key=lambda end: end[0])
    bottom, top = ax.get_ylim()
    wanted = [(y - bottom) / (top - bottom) * high for y, _, _ in ends]
    for place, (_, text, ink) in zip(spread(wanted, GAP, high), ends, strict=True):
        bold = "bold" if ink == Status.FAILED else "normal"
        note(ax, text, (1, 0), (8, place), inks[ink], va="center", size=TICK, weight=bold)
    return ax


def spread(wanted: Sequence[float], gap: float, top: float) -> list[float]:
    """Rising places, each as near to the wanted one as a distance of ``gap`` and ``top`` allow."""
    placed: list[float] = []
    for place in wanted:
        placed.append(max(place, placed[-1] + gap) if placed else place)
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], top)
        top = placed[i] - gap
    return placed


def note(
    ax: Axes,
    text: str,
    corner: tuple[float, float],
    offset: tuple[float, float],
    colour: str,
    *,
    size: float = FONT,
    **style: Any,
) -> None:
    """Text at so many pixels from a point of the axes; never read as mathematics."""
    ax.annotate(
        text,
        corner,
        xycoords="axes fraction",
        xytext=offset,
        textcoords="offset points",
        color=colour,
        fontsize=size,
        parse_math=False,
        annotation_clip=False,
        **style,
    )
