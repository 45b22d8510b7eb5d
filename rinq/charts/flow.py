"""The chart of the flow: the state machine of a job, with what moves along its edges."""

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
from rinq.charts.drawing import EDGE, HEIGHT, TITLE, WIDTH
from rinq.charts.palette import FILL, HATCH, HATCH_INK, HATCH_WIDTH, LIGHT, Inks
from rinq.queue import Event, Status

Point = tuple[float, float]  # px in a plane of WIDTH by HEIGHT, y up
BOX = (98, 46)
CENTRES: Mapping[Status, Point] = {
    Status.UNPROCESSED: (120, 144),
    Status.PROCESSING: (290, 144),
    Status.PROCESSED: (460, 144),
    Status.FAILED: (290, 44),
    Status.CLEANED: (460, 44),
}
ROOM = 11  # characters between two boxes
DOT = "\N{MIDDLE DOT}"
OTHERS = {Event.RELEASE: "handed back", Event.REFUSED: "refused", Event.ILLEGAL: "by hand"}
DASH, DASH_DOT, DOTS, LONG = (0, (4, 1.6)), (0, (5, 1.4, 1, 1.4)), (0, (1, 2)), (0, (7, 2))


@dataclass(frozen=True)
class Edge:
    """How a move is drawn: its name, its way (a curve's has two points that it bends to),
    ink and dashes, where its label stands and how that is aligned."""

    name: str
    way: tuple[Point, ...]
    ink: str
    label: Point
    align: str = "center"
    dashes: Any = "-"
    curved: bool = False

    @property
    def tight(self) -> bool:
        """Whether the label stands between two boxes."""
        return not self.curved and self.align == "center"


@dataclass(frozen=True)
class Made:
    """How often a move was made in all, and per queue second of the window."""

    total: int = 0
    rate: float = 0.0

    def __str__(self) -> str:
        return f"{amounts.rate(self.rate)} {DOT} {amounts.count(self.total)}"


BESIDE = (166, 73)  # where the longer label of what came back has room
EDGES: Mapping[Event, Edge] = {
    Event.SUBMIT: Edge("submit", ((8, 144), (71, 144)), Status.UNPROCESSED, (36, 160)),
    Event.CLAIM: Edge("claim", ((169, 144), (241, 144)), Status.PROCESSING, (204, 160)),
    Event.COMPLETE: Edge("complete", ((339, 144), (411, 144)), Status.PROCESSED, (374, 160)),
    Event.RETRY: Edge(
        "retry",
        ((312, 167), (295, 218), (160, 218), (140, 167)),
        Status.UNPROCESSED,
        (226, 215),
        dashes=DASH,
        curved=True,
    ),
    Event.REASSIGN: Edge(
        "taken back",
        ((268, 121), (250, 76), (160, 76), (146, 121)),
        Status.UNPROCESSED,
        (206, 73),
        dashes=DASH_DOT,
        curved=True,
    ),
    Event.FAIL: Edge("fail", ((290, 121), (290, 67)), Status.FAILED, (298, 92), "left"),
    Event.CLEAN: Edge("clean", ((339, 44), (411, 44)), Status.CLEANED, (374, 60)),
    Event.REDRIVE: Edge(
        "redrive",
        ((241, 44), (94, 44), (94, 121)),
        Status.UNPROCESSED,
        (166, 28),
        dashes=LONG,
    ),
}


def flow_of_jobs(
    ax: Axes,
    moves: pd.DataFrame,
    counts: Mapping[Status, int],
    *,
    window: float,
    inks: Inks = LIGHT,
) -> Axes:
    """The five statuses with their counts, and each move as an edge, the wider the faster.

    At an edge: how often per queue second of the window, and how often in all; a move never
    made is thin and grey. Fails by the Manager are among the fails, and hand-backs share
    the edge of what was taken back.

    Args:
        moves: as from ``moves.moves``, for this window.
        counts: the number of jobs in each status now.
    """
    ax.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    ax.set_axis_off()
    _text(ax, (8, HEIGHT - 15), "Flow of jobs", inks["text"], size=TITLE, weight="bold", ha="left")
    corner = f"moves in the last {amounts.duration(window)} {DOT} total"
    _text(ax, (WIDTH - 8, HEIGHT - 15), corner, inks["muted"], ha="right")
    made = dict.fromkeys(Event, Made())
    by_manager = 0
    for event, to_status, total, _, rate in moves.itertuples(index=False):
        move = Event(event)
        if (move, to_status) == (Event.REASSIGN, Status.FAILED):
            move, by_manager = Event.FAIL, total
        made[move] = Made(made[move].total + total, made[move].rate + rate)

    fastest = max(made[event].rate for event in EDGES)
    for event, edge in EDGES.items():
        along = made[event]
        numbers = _fitted(str(along)) if edge.tight else str(along)
        label = f"{edge.name}\n{numbers}" if along.total else edge.name
        if event is Event.FAIL and by_manager:
            label += f" ({amounts.count(by_manager)} by manager)"
        if event is Event.RETRY:
            label = label.replace("\n", " ")
        if event is Event.REASSIGN and (back := made[Event.RELEASE]).total:
            label = f"{label.replace(chr(10), ' ')}\nhanded back {back}"
            along = Made(along.total + back.total, along.rate + back.rate)
        ink = inks["text" if along.total else "muted"]
        _arrow(ax, edge, along, fastest, inks)
        x, y = BESIDE if "handed" in label else edge.label
        place = x, y + 6 * (label.count("\n") > 1)
        _text(ax, place, label, ink, ha=edge.align, linespacing=1.15)
    _refused(ax, made[Event.REFUSED], inks)
    if by_hand := made[Event.ILLEGAL].total:
        changed = f"changed by hand {amounts.count(by_hand)}"
        _text(ax, (8, 12), changed, inks[Status.FAILED], ha="left")
    with mpl.rc_context({"hatch.color": HATCH_INK, "hatch.linewidth": HATCH_WIDTH}):
        for status, centre in CENTRES.items():
            _box(ax, status, centre, counts[status], inks)

    said = [f"{counts[status]:,} {status}" for status in Status]
    names = {event: edge.name for event, edge in EDGES.items()} | OTHERS
    said += [f"{name} {made[event].total:,}" for event, name in names.items() if made[event].total]
    ax.set_label(f"Flow of jobs: {', '.join(said)}.")
    return ax


def _fitted(numbers: str) -> str:
    """Rate and total as they find room between two boxes."""
    if len(numbers) <= ROOM:
        return numbers
    close = numbers.replace(" ", "")
    return close if len(close) < ROOM else close.replace(DOT, "\n")


def _arrow(ax: Axes, edge: Edge, along: Made, fastest: float, inks: Inks) -> None:
    """The way of an edge, ending in a head whose tip is the last point."""
    used = along.total > 0
    ink = inks[edge.ink if used else "unused"]
    width = 1.2 + 4.3 * (along.rate / fastest) ** 0.5 if used and fastest else 0.9 + 0.3 * used
    (x0, y0), (x1, y1) = edge.way[-2:]
    far = hypot(x1 - x0, y1 - y0)
    dx, dy = (x1 - x0) / far, (y1 - y0) / far
    long, half = 6 + width, 3 + 0.9 * width
    x, y = x1 - long * dx, y1 - long * dy
    steps = [Path.CURVE4 if edge.curved else Path.LINETO] * (len(edge.way) - 1)
    way = Path([*edge.way[:-1], (x, y)], [Path.MOVETO, *steps])
    head = Path([(x - half * dy, y + half * dx), (x1, y1), (x + half * dy, y - half * dx)])
    ax.add_artist(PathPatch(way, fill=False, edgecolor=ink, linewidth=width, linestyle=edge.dashes))
    ax.add_artist(PathPatch(head, facecolor=ink, linewidth=0))


def _refused(ax: Axes, refused: Made, inks: Inks) -> None:
    """A late answer comes to nothing: a dotted way that ends at a bar."""
    ink = inks["text" if refused.total else "unused"]
    y = 129
    stub, bar = Path([(339, y), (370, y)]), Path([(370, y - 8), (370, y + 8)])
    ax.add_artist(PathPatch(stub, fill=False, edgecolor=ink, linewidth=1.2, linestyle=DOTS))
    ax.add_artist(PathPatch(bar, fill=False, edgecolor=ink, linewidth=2 if refused.total else 1))
    label = f"refused {amounts.count(refused.total)}" if refused.total else "refused"
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
    fill: dict[str, Any] = {"facecolor": FILL[status], "hatch": HATCH[status] or None}
    if status is Status.CLEANED:  # as a hatch its dots take as much room as the rest of the chart
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
    place = {"ha": "center", "va": "center"} | style
    ax.text(*at, text, color=ink, fontsize=size, **place)
