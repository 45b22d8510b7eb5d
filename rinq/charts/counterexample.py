"""A counterexample of the judge as a picture: a lane for each process, a bar for each call.

Its events stand in their order, each in a column of its own: real times would hide what
matters, since a call takes microseconds and a lease seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rinq.charts.bars import add_bars, boxes
from rinq.charts.drawing import EDGE, TICK, Box, heading, new_figure, note, strokes
from rinq.charts.palette import FILL, LIGHT, Inks
from rinq.charts.picture import Picture
from rinq.judge.history import Result, TrialEvent
from rinq.judge.verdict import Counterexample, PropertyVerdict
from rinq.queue import Status

COLUMN, LANE = 118, 76  # px
BOX: Box = (48, 16, 44, 30)
BAR = 0.3  # of a lane
LEAST, WIDEST = 640, 1060  # px
STYLES = {
    Result.OK: (Status.UNPROCESSED, None),
    Result.FAILED: (Status.FAILED, "xxxx"),
    Result.INDEFINITE: (Status.PROCESSING, "////"),
}
SYMBOLS = {"killed": "X", "halted": "s", "let go on": ">"}  # else a diamond


def draw(ax: Axes, found: Counterexample, *, inks: Inks = LIGHT) -> Axes:
    """Draw the history on Axes as ``figure`` makes them; the two contradicting events numbered."""
    events = found.history
    lanes = lanes_of(events)
    wide, high = len(events), len(lanes)
    ax.set_axis_off()
    ax.set_xlim(0, wide)
    ax.set_ylim(0, high)
    heading(ax, found.rule, inks, left=BOX[0], up=BOX[2] - 19)
    middles = {name: high - 0.5 - i for i, name in enumerate(lanes)}
    strokes(ax, [(0, y / high, 1, y / high) for y in middles.values()], inks["grid"])
    for name, y in middles.items():
        style: dict[str, Any] = {"ha": "right", "va": "center", "weight": "bold"}
        note(ax, name, (0, y / high), (-8, 0), inks["text"], size=TICK, **style)
    numbers = {found.second: "2"} | {found.first: "1"}  # one event alone is the first
    for i, event in enumerate(events):
        at = (i, middles[event.process])
        if event.result is Result.MARK:
            ax.plot(i + 0.4, at[1], SYMBOLS.get(event.what, "D"), color=inks["text"], markersize=7)
        else:
            _bar(ax, event, at, ends(events, i), wide_edge=i in numbers, inks=inks)
        text = "\n".join(label(event))
        spot = ((i + 0.08) / wide, at[1] / high)
        below = {"va": "top", "linespacing": 1.15}
        note(ax, text, spot, (0, -LANE * BAR / 2 - 3), inks["text"], size=EDGE, **below)
        if i in numbers:
            ring = {"boxstyle": "circle,pad=0.25", "facecolor": inks["text"], "edgecolor": "none"}
            number = {"va": "bottom", "weight": "bold", "bbox": ring}
            up = (4, LANE * BAR / 2 + 5)
            note(ax, numbers[i], spot, up, inks["surface"], size=EDGE, **number)
    order = "events in their order; the width of a bar is not a duration"
    note(ax, order, (0, 0), (0, -20), inks["muted"], size=EDGE)
    ax.set_label(found.sentence)
    return ax


def lanes_of(events: Sequence[TrialEvent]) -> list[str]:
    """The processes, by name."""
    return sorted({it.process for it in events})


def ends(events: Sequence[TrialEvent], i: int) -> float:
    """Where the bar of a call ends: after what began before it returned."""
    begun = sum(it.began < events[i].ended for it in events)
    return max(i + 1, begun) - 0.16


def label(event: TrialEvent) -> tuple[str, str]:
    """What it is, and what came of it, in two short lines."""
    if event.result is Result.MARK:
        return event.what, event.detail
    came = {
        Result.OK: event.job or ("nothing" if event.what == "claim" else ""),
        Result.FAILED: event.detail.partition(":")[0].removeprefix("raises "),
        Result.INDEFINITE: "interrupted",
    }
    what = f"{event.what}, attempt {event.attempt}" if event.attempt else event.what
    return what, came[event.result]


def figure(found: Counterexample, inks: Inks = LIGHT) -> Figure:
    """The picture at its own size."""
    wide = BOX[0] + BOX[1] + COLUMN * len(found.history)
    high = BOX[2] + BOX[3] + LANE * len(lanes_of(found.history))
    made = new_figure(inks, (max(wide, LEAST), high), BOX)
    draw(made.axes[0], found, inks=inks)
    return made


class CounterexamplePicture(Picture):
    """The picture of a broken property, for a notebook's cell."""

    def __init__(self, verdict: PropertyVerdict) -> None:
        found = verdict.counterexample
        if found is None:
            raise ValueError(f"{verdict.property} {verdict.outcome}: there is nothing to draw")
        name = f"counterexample: {verdict.property}"
        super().__init__(figure(found), name, widest=WIDEST)


def _bar(
    ax: Axes,
    event: TrialEvent,
    at: tuple[float, float],
    right: float,
    *,
    wide_edge: bool,
    inks: Inks,
) -> None:
    status, hatch = STYLES[event.result]
    left, middle = at
    bar = boxes(left + 0.06, right, middle - BAR / 2, middle + BAR / 2)
    edge = {"edgecolor": inks["text"] if wide_edge else inks["surface"], "linewidth": 2.2}
    add_bars(ax, [bar], facecolor=FILL[status], hatch=hatch, **edge)
