"""The chart of the flow: the state machine of a job, with the moves along its edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, PathPatch, Rectangle
from matplotlib.path import Path

from rinq.charts import amounts
from rinq.charts.bars import status_style
from rinq.charts.drawing import EDGE, HEIGHT, TITLE, WIDTH
from rinq.charts.flow_layout import BOX, CENTRES, DOTS, EDGES, TWO_MOVES, Edge, Point
from rinq.charts.palette import HATCH_INK, HATCH_WIDTH, Inks
from rinq.charts.view import View
from rinq.charts.words import EVENT_WORDS
from rinq.queue import Event, Status

ROOM = 11  # characters between two boxes
DOT = "\N{MIDDLE DOT}"


@dataclass(frozen=True)
class MoveCount:
    """How often a move was made in all, and per queue second of the window."""

    total: int = 0
    rate: float = 0.0

    def __str__(self) -> str:
        return f"{amounts.rate(self.rate)} {DOT} {amounts.count(self.total)}"

    def __add__(self, other: MoveCount) -> MoveCount:
        return MoveCount(self.total + other.total, self.rate + other.rate)


def flow_of_jobs(ax: Axes, moves: pd.DataFrame, counts: Mapping[Status, int], view: View) -> Axes:
    """The five statuses with their counts, and each move as an edge: the more often, the wider.

    At an edge: how often per queue second of the window, and how often in all; a move never
    made is thin and grey. Fails by the Manager are among the fails. What was handed back shares
    the edge of what was taken back, and what was cancelled that of what failed.

    Args:
        moves: as from ``metrics.moves``, for this window.
        counts: the number of jobs in each status now.
    """
    inks = view.inks
    ax.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    ax.set_axis_off()
    _text(ax, (8, HEIGHT - 15), "Flow of jobs", inks["text"], size=TITLE, weight="bold", ha="left")
    corner = f"rate in the {view.last} {DOT} number in all"
    _text(ax, (WIDTH - 8, HEIGHT - 15), corner, inks["muted"], ha="right")
    made, by_manager = _made(moves)
    along = made | {
        Event.REASSIGN: made[Event.REASSIGN] + made[Event.RELEASE],
        Event.FAIL: made[Event.FAIL] + made[Event.CANCEL],
    }
    fastest = max(made[event].rate for event in EDGES)
    for event, edge in EDGES.items():
        _arrow(ax, edge, along[event], fastest, inks)
        x, y = edge.label
        label = _label(event, made, by_manager)
        if event is Event.REASSIGN and made[Event.RELEASE].total:
            x, y = TWO_MOVES
        y += 6 * (label.count("\n") > 1)
        ink = inks["text" if along[event].total else "muted"]
        _text(ax, (x, y), label, ink, ha=edge.align, linespacing=1.15)
    _refused(ax, made[Event.REFUSED], inks)
    if by_hand := made[Event.ILLEGAL].total:
        changed = f"{EVENT_WORDS[Event.ILLEGAL]} {amounts.count(by_hand)}"
        _text(ax, (8, 12), changed, inks[Status.FAILED], ha="left")
    with mpl.rc_context({"hatch.color": HATCH_INK, "hatch.linewidth": HATCH_WIDTH}):
        for status, centre in CENTRES.items():
            _box(ax, status, centre, counts[status], inks)

    numbers = ", ".join(f"{counts[status]:,} {status}" for status in Status)
    totals = [f"{EVENT_WORDS[move]} {made[move].total:,}" for move in made if made[move].total]
    ax.set_label(f"Flow of jobs: now {numbers}; moves in all: {', '.join(totals) or 'none'}.")
    return ax


def _made(moves: pd.DataFrame) -> tuple[dict[Event, MoveCount], int]:
    """The moves by event, and how many of the fails were made by the Manager."""
    made = dict.fromkeys(Event, MoveCount())
    by_manager = 0
    for event, to_status, total, _, rate in moves.itertuples(index=False):
        move = Event(event)
        if (move, to_status) == (Event.REASSIGN, Status.FAILED):
            move, by_manager = Event.FAIL, total
        made[move] += MoveCount(total, rate)
    return made, by_manager


def _label(event: Event, made: Mapping[Event, MoveCount], by_manager: int) -> str:
    """The name of a move and, where it was made, its rate and total."""
    name, move, back = EVENT_WORDS[event], made[event], made[Event.RELEASE]
    numbers = _fitted(str(move)) if EDGES[event].tight else str(move)
    one_line = event is Event.RETRY or (event is Event.REASSIGN and back.total)
    label = f"{name}{' ' if one_line else chr(10)}{numbers}" if move.total else name
    if event is Event.FAIL and by_manager:
        label += f" ({amounts.count(by_manager)} by manager)"
    if event is Event.FAIL and made[Event.CANCEL].total:
        label += f"\n{EVENT_WORDS[Event.CANCEL]} {amounts.count(made[Event.CANCEL].total)}"
    if event is Event.REASSIGN and back.total:
        label += f"\n{EVENT_WORDS[Event.RELEASE]} {back}"
    return label


def _fitted(numbers: str) -> str:
    """Rate and total as they fit between two boxes."""
    if len(numbers) <= ROOM:
        return numbers
    close = numbers.replace(" ", "")
    return close if len(close) < ROOM else close.replace(DOT, "\n")


def _arrow(ax: Axes, edge: Edge, moves: MoveCount, fastest: float, inks: Inks) -> None:
    """The path of an edge, ending in a head whose tip is the last point."""
    used = moves.total > 0
    ink = inks[edge.ink if used else "unused"]
    width = 1.2 + 4.3 * (moves.rate / fastest) ** 0.5 if used and fastest else 0.9 + 0.3 * used
    (x0, y0), (x1, y1) = edge.path[-2:]
    far = hypot(x1 - x0, y1 - y0)
    dx, dy = (x1 - x0) / far, (y1 - y0) / far
    long, half = 6 + width, 3 + 0.9 * width
    x, y = x1 - long * dx, y1 - long * dy
    steps = [Path.CURVE4 if edge.curved else Path.LINETO] * (len(edge.path) - 1)
    line = Path([*edge.path[:-1], (x, y)], [Path.MOVETO, *steps])
    head = Path([(x - half * dy, y + half * dx), (x1, y1), (x + half * dy, y - half * dx)])
    ax.add_artist(
        PathPatch(line, fill=False, edgecolor=ink, linewidth=width, linestyle=edge.dashes)
    )
    ax.add_artist(PathPatch(head, facecolor=ink, linewidth=0))


def _refused(ax: Axes, refused: MoveCount, inks: Inks) -> None:
    """A refused act changes nothing: a dotted line that ends at a bar."""
    ink = inks["text" if refused.total else "unused"]
    y = 129
    stub, bar = Path([(339, y), (370, y)]), Path([(370, y - 8), (370, y + 8)])
    ax.add_artist(PathPatch(stub, fill=False, edgecolor=ink, linewidth=1.2, linestyle=DOTS))
    ax.add_artist(PathPatch(bar, fill=False, edgecolor=ink, linewidth=2 if refused.total else 1))
    label = EVENT_WORDS[Event.REFUSED]
    label += f" {amounts.count(refused.total)}" if refused.total else ""
    _text(ax, (370, y - 15), label, inks["text" if refused.total else "muted"])


def _box(ax: Axes, status: Status, centre: Point, count: int, inks: Inks) -> None:
    (x, y), (wide, high) = centre, BOX
    left, bottom = x - wide / 2, y - high / 2
    ax.add_artist(
        FancyBboxPatch(
            (left, bottom),
            wide,
            high,
            boxstyle="round,pad=0,rounding_size=6",
            facecolor=inks["surface"],
            edgecolor=inks[status],
            linewidth=1.4,
        )
    )
    fill = status_style(status)
    if status is Status.CLEANED:  # as a hatch its dots take as many bytes as the rest of the chart
        fill["hatch"] = None
    ax.add_artist(Rectangle((left + 8, y - 15), 7, 30, linewidth=0, **fill))
    if status is Status.CLEANED:
        across, up = [left + 9.8, left + 13.3] * 6, [y - 12 + 4.8 * (i // 2) for i in range(12)]
        style: dict[str, Any] = {"linestyle": "none", "marker": ".", "color": HATCH_INK}
        ax.add_line(Line2D(across, up, markersize=2.6, **style))
    _text(ax, (left + 23, y + 9), status, inks[status], size=EDGE, ha="left")
    number = amounts.count(count)
    _text(ax, (left + 23, y - 9), number, inks["text"], size=15, weight="bold", ha="left")


def _text(ax: Axes, at: Point, text: str, ink: str, *, size: float = EDGE, **style: Any) -> None:
    ax.text(*at, text, color=ink, fontsize=size, **({"ha": "center", "va": "center"} | style))
