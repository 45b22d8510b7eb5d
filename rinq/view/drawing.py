"""What the charts have in common: the figure, the time axis, the notes around the plot.

Sizes are CSS pixels: on a ``figure()``, which has 72 dots per inch, a point is a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rinq.queue import Status
from rinq.view import amounts
from rinq.view.palette import LIGHT, Inks

WIDTH, HEIGHT = 520, 260  # px
LEFT, RIGHT, TOP, BOTTOM = 42, 112, 50, 26  # px from the figure's edges to the plot
FONT, TITLE, EDGE, TICK = 11.5, 13, 10.5, 11  # px
GAP = 14  # px between two names at the right edge

Box = tuple[float, float, float, float]
"""The px from a figure's left, right, top and bottom edges to a plot."""
PLOT: Box = (LEFT, RIGHT, TOP, BOTTOM)


def figure(inks: Inks = LIGHT) -> tuple[Figure, Axes]:
    """A figure of the standard size, without pyplot, and its one empty Axes."""
    made = sheet(inks, (WIDTH, HEIGHT), PLOT)
    return made, made.axes[0]


def sheet(inks: Inks, size: tuple[float, float], *boxes: Box) -> Figure:
    """A figure of this width and height in px, with an empty Axes for each box."""
    made = Figure(dpi=72, facecolor=inks["surface"])
    for _ in boxes:
        made.add_axes((0, 0, 1, 1), facecolor=inks["surface"])
    resize(made, size, *boxes)
    return made


def resize(sheet: Figure, size: tuple[float, float], *boxes: Box) -> None:
    wide, high = size
    sheet.set_size_inches(wide / 72, high / 72)
    for ax, (left, right, top, bottom) in zip(sheet.axes, boxes, strict=True):
        corner = (left / wide, bottom / high)
        ax.set_position((*corner, (wide - left - right) / wide, (high - top - bottom) / high))


def wipe(sheet: Figure) -> None:
    """Take everything off the Axes but themselves: to draw again takes half as long as anew."""
    for ax in sheet.axes:
        for drawn in (*ax.texts, *ax.lines, *ax.patches, *ax.artists, *ax.collections):
            drawn.remove()


def frame(ax: Axes, title: str, unit: str, inks: Inks, *, left: float = LEFT) -> None:
    """Title, unit, and axes without ticks yet.

    ``left`` is where the Axes begin, px from where the title is to stand.
    """
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    ax.tick_params(labelsize=TICK, labelcolor=inks["muted"], color=inks["muted"], length=0)
    ax.tick_params(axis="x", length=3, pad=4)
    ax.grid(axis="y", color=inks["grid"], linewidth=0.8)
    ax.set_axisbelow(True)
    ax.spines[["left", "right", "top"]].set_visible(False)
    ax.spines["bottom"].set_color(inks["muted"])
    if title:
        heading(ax, title, inks, left=left)
    note(ax, unit, (0, 1), (8 - left, 12), inks["muted"], size=EDGE)


def time_frame(ax: Axes, title: str, unit: str, window: float, inks: Inks) -> None:
    """A frame with the time axis: seconds before now, whose ticks never move."""
    frame(ax, title, unit, inks)
    ax.set_xlim(-window, 0)
    ticks = [-window, -window * 3 / 4, -window / 2, -window / 4, 0]
    names = [f"\N{MINUS SIGN}{amounts.duration(-tick)}" for tick in ticks[:-1]]
    ax.set_xticks(ticks, [*names, "now"])


def since_start(ax: Axes, window: float) -> None:
    """Let the time axis count from the window's start."""
    names = [amounts.duration(window + tick) for tick in ax.get_xticks()[:-1]]
    ax.set_xticks(ax.get_xticks(), [*names, "now"])


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
