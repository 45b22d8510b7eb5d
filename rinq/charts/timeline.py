"""The chart of the attempts: who worked on what when, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from rinq.charts import amounts
from rinq.charts.bars import Boxes, add_bars, boxes
from rinq.charts.charts import bucket_edges
from rinq.charts.drawing import EDGE, empty_note, note, strokes
from rinq.charts.lanes import lane_frame, pixel, recent
from rinq.charts.palette import FILL, LIGHT, Inks
from rinq.metrics.attempt_work import overlap
from rinq.queue import Event, Status

MOST_BARS = 400  # in the window; where there are more, each lane is drawn as
BUCKETS = 120
BAR, LOW = 0.62, 0.44  # of a lane: a bar's height, and how far below its middle a line runs
LEAST = 2.5  # px, the width of a bar
NUMBERED = 22  # px that a bar needs for its attempt's number
RUNNING = "running"
ENDS = (
    (Event.FAIL, "failed", Status.FAILED, "xxxx"),
    (Event.REASSIGN, "taken back", Status.UNPROCESSED, "----"),
    (Event.RELEASE, "handed back", Status.UNPROCESSED, "||||"),
    (Event.RETRY, "retried", Status.UNPROCESSED, "\\\\\\\\"),
    (RUNNING, "running", Status.PROCESSING, "////"),
    (Event.COMPLETE, "completed", Status.PROCESSED, None),
)
"""How an attempt ended, its name, fill and hatch; in a stack trouble lies at the bottom."""
OTHERS = (
    ("late", "late, refused"),
    ("killed", "killed"),
    ("frozen", "frozen"),
    ("again", "second attempt"),
)
SWATCH, SPACE, LETTER = 20, 16, 6.3  # px in the legend
LEGEND = -27  # px below the lanes
CROSS, SMALL_CROSS, BACK, STOP = ("x", 9.0), ("x", 5.0), ("<", 5.0), ("X", 6.5)  # shape, px
DISC = ("#ffffff", "#1f1f1f")

Bars = dict[str, list[Boxes]]  # by how the attempt ended


def attempts_in_lanes(
    ax: Axes,
    attempts: pd.DataFrame,
    frozen: pd.DataFrame,
    *,
    lanes: Sequence[str],
    now: float,
    window: float,
    whole_run: bool = False,
    inks: Inks = LIGHT,
) -> Axes:
    """A bar for each attempt, in the lane of its process, drawn by how it ended.

    Where work and claim part, dots: a line below from a kill until the job is taken back, an
    empty bar from a lapsed lease until the late answer is refused. With over ``MOST_BARS``
    attempts each lane shows the shares of the time instead.

    Args:
        attempts, frozen: as from the functions of ``rinq.metrics.attempt_work``.
        lanes: as from ``lanes.lanes_of``.
        now, window: queue seconds.
        whole_run: the window is the whole run.
    """
    these = recent(attempts, now, window)
    single = len(these) <= MOST_BARS
    more = len({*these["process"].dropna().unique()} - {*lanes})
    corner = f"{amounts.count(len(these))} attempts{'' if single else ', as shares of the time'}"
    corner = f"+ {more} more processes \N{MIDDLE DOT} {corner}" if more else corner
    corner = corner if lanes else ""
    title = "Attempts, one lane per process"
    given: dict[str, Any] = {"lanes": lanes, "window": window, "whole_run": whole_run, "inks": inks}
    place = lane_frame(ax, title, corner, **given)
    if not lanes:
        ax.set_label("Attempts: none yet.")
        return empty_note(ax, "No attempt yet.\nStart a consumer: its work appears here.", inks)

    strokes(
        ax, [(0, y, 1, y) for y in np.array([*place.values()]) / ax.get_ylim()[1]], inks["grid"]
    )
    drawn = these[these["process"].isin(place)]
    drawn = drawn.assign(
        y=drawn["process"].map(place),
        end=drawn["end"].fillna(RUNNING),
        left=(drawn["began"].fillna(-np.inf) - now).clip(-window, 0),
        right=(drawn[["ended", "killed"]].min(axis=1).fillna(now) - now).clip(-window, 0),
    )
    bars = _single(ax, drawn) if single else _shares(drawn, place, now, window)
    parted = _parted(drawn, now, window) if single else []
    _legend(ax, bars, parted, inks)
    for end, _, status, hatch in ENDS:
        edge = {"edgecolor": inks["surface"], "linewidth": 1 if single else 0}
        add_bars(ax, bars[end], facecolor=FILL[status], hatch=hatch, **edge)
    add_bars(ax, parted, fill=False, edgecolor=inks["text"], linestyle=":", linewidth=1)
    if single:
        _marks(ax, drawn, now, inks)
    killed = drawn[drawn["killed"].ge(now - window)]
    _dots(ax, killed["killed"] - now, killed["y"], CROSS, inks[Status.FAILED])
    cold = frozen[frozen["process"].isin(place) & frozen["ended"].gt(now - window)]
    for process, began, ended in cold[["process", "began", "ended"]].itertuples(index=False):
        y = place[process] + BAR / 2 + 0.1
        _line(ax, [max(began - now, -window), ended - now], [y, y], inks)
    ax.set_label(_said(these, frozen, lanes, now, window))
    return ax


def _single(ax: Axes, drawn: pd.DataFrame) -> Bars:
    wide, _ = pixel(ax)
    right = np.maximum(drawn["right"], drawn["left"] + LEAST * wide)
    corners = boxes(drawn["left"], right, drawn["y"] - BAR / 2, drawn["y"] + BAR / 2)
    return {end: [corners[drawn["end"].eq(end)]] for end, *_ in ENDS}


def _shares(drawn: pd.DataFrame, place: dict[str, float], now: float, window: float) -> Bars:
    """In each bucket of each lane, stacked: the share of the time in attempts of each end."""
    bars: Bars = {end: [] for end, *_ in ENDS}
    edges = np.array(bucket_edges(now, window, BUCKETS)) - now
    left, right = drawn["left"].to_numpy(), drawn["right"].to_numpy()
    codes = pd.Categorical(drawn["end"], [*bars]).codes
    for y in place.values():
        base = np.full(len(edges) - 1, y - BAR / 2)
        lane = drawn["y"].eq(y).to_numpy()
        for code, end in enumerate(bars):
            these = lane & (codes == code)
            share = overlap(left[these], right[these], edges) / np.diff(edges)
            top = np.minimum(base + BAR * share, y + BAR / 2)
            some = top - base > BAR / 50  # less is not seen
            bars[end].append(boxes(edges[:-1][some], edges[1:][some], base[some], top[some]))
            base = top
    return bars


def _parted(drawn: pd.DataFrame, now: float, window: float) -> list[Boxes]:
    """The times in which a job was held by a dead process (a thin line: the same name may work
    again by then), or worked on without its claim."""
    dead = drawn[drawn["killed"].notna()]
    late = drawn[drawn["end"].eq(Event.REASSIGN) & drawn["refused"].notna()]
    spans = (
        (dead["killed"], dead["ended"].fillna(now), dead["y"] - LOW, dead["y"] - BAR / 2),
        (late["ended"], late["refused"], late["y"] - BAR / 2, late["y"] + BAR / 2),
    )
    return [
        boxes((began - now).clip(-window), (ended - now).clip(-window), bottom, top)
        for began, ended, bottom, top in spans
    ]


def _marks(ax: Axes, drawn: pd.DataFrame, now: float, inks: Inks) -> None:
    wide, _ = pixel(ax)
    length = (drawn["right"] - drawn["left"]) / wide
    failed = drawn[drawn["end"].eq(Event.FAIL) & length.gt(12)]
    _dots(ax, failed["right"] - 7 * wide, failed["y"], SMALL_CROSS, DISC[0])
    back = drawn[drawn["end"].eq(Event.REASSIGN)]
    y = back["y"].where(back["killed"].isna(), back["y"] - (LOW + BAR / 2) / 2)
    _dots(ax, back["ended"] - now - 3 * wide, y, BACK, inks["text"])
    late = back[back["refused"].notna()]
    _dots(ax, late["refused"] - now, late["y"], STOP, inks["text"])
    again = drawn[drawn["attempt"].gt(1) & length.gt(NUMBERED)]
    _dots(ax, again["left"] + 9 * wide, again["y"], ("o", 13), DISC[0])
    for number, rows in again.groupby("attempt"):
        _dots(ax, rows["left"] + 9 * wide, rows["y"], (f"${number}$", 6.5), DISC[1])


def _legend(ax: Axes, bars: Bars, parted: list[Boxes], inks: Inks) -> None:
    """A row below the axis; its swatches are drawn together with the bars."""
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
                _dots(ax, [right - 7 * wide], [y], SMALL_CROSS, DISC[0])
            case Event.REASSIGN:
                _dots(ax, [right - 3 * wide], [y], BACK, inks["text"])
            case "late":
                parted.append(box)
                _dots(ax, [right - 2 * wide], [y], STOP, inks["text"])
            case "killed":
                _dots(ax, [(left + right) / 2], [y], CROSS, inks[Status.FAILED])
            case "frozen":
                _line(ax, [left, right], [y, y], inks)
            case "again":
                _dots(ax, [(left + right) / 2], [y], ("o", 13), DISC[0])
                _dots(ax, [(left + right) / 2], [y], ("$2$", 6.5), DISC[1])
        note(ax, name, (0, 0), (x + SWATCH + 5, LEGEND), inks["muted"], size=EDGE, va="center")
        x += SWATCH + SPACE + LETTER * len(name)


def _said(
    these: pd.DataFrame, frozen: pd.DataFrame, lanes: Sequence[str], now: float, window: float
) -> str:
    ended = these["end"].fillna(RUNNING).value_counts()
    said = [f"{ended[end]:,} {name}" for end, name, *_ in ENDS[::-1] if end in ended]
    killed = these["process"][these["killed"].ge(now - window)]
    cold = frozen["process"][frozen["ended"].gt(now - window)]
    for word, names in (("killed", killed), ("frozen", cold)):
        if hit := sorted(set(names.unique()) & set(lanes)):
            said.append(f"{word}: {', '.join(hit)}")
    return (
        f"Attempts of {len(lanes)} processes, last {amounts.duration(window)}: "
        f"{', '.join(said) or 'none'}."
    )


def _dots(ax: Axes, x: ArrayLike, y: ArrayLike, mark: tuple[str, float], colour: str) -> None:
    """Marks (shape and px); a cross is made of strokes, the others are filled."""
    shape, size = mark
    style: dict[str, Any] = {"color": colour, "linestyle": "none", "clip_on": False}
    style["markeredgewidth"] = 1.8 if shape == "x" else 0.6 if shape == "o" else 0
    style["markeredgecolor"] = DISC[1] if shape == "o" else colour
    if len(np.asarray(x)):
        ax.add_line(Line2D(x, y, marker=shape, markersize=size, **style))


def _line(ax: Axes, x: Sequence[float], y: Sequence[float], inks: Inks) -> None:
    style: dict[str, Any] = {"linewidth": 2.5, "solid_capstyle": "butt", "clip_on": False}
    ax.add_line(Line2D(x, y, color=inks["muted"], **style))
