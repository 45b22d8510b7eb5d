"""The chart of the attempts: which process worked on a job when, and how each attempt ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rinq.charts import amounts
from rinq.charts.bars import Boxes, add_bars, boxes
from rinq.charts.drawing import empty_note, strokes
from rinq.charts.lanes import lane_frame, pixel, recent
from rinq.charts.palette import FILL
from rinq.charts.timeline_symbols import (
    BAR,
    ENDS,
    LOW,
    RUNNING,
    Bars,
    attempt_symbols,
    death_symbols,
    frozen_lines,
    legend,
)
from rinq.charts.view import View
from rinq.metrics.attempt_work import overlap
from rinq.queue import Event

MOST_BARS = 400  # in the window; where there are more, a lane shows shares of the time
BUCKETS = 120  # of a lane that shows shares
LEAST = 2.5  # px, the width of a bar


def attempts_in_lanes(
    ax: Axes, attempts: pd.DataFrame, frozen_spans: pd.DataFrame, lanes: Sequence[str], view: View
) -> Axes:
    """A bar for each attempt, in the lane of its process, drawn by how it ended.

    Dotted outlines show where process and claim were parted: an empty bar from when the job was
    taken back until the process's late answer was refused; a thin one below the bar from when the
    process was killed until its job was taken back. Where there are more than ``MOST_BARS``
    attempts, each lane shows the shares of the time instead.

    Args:
        attempts, frozen_spans: as from the functions of ``rinq.metrics.attempt_work``.
        lanes: as from ``lanes.lanes_of``.
    """
    in_window, inks = recent(attempts, view), view.inks
    single = len(in_window) <= MOST_BARS
    corner = _corner(in_window, lanes, single=single) if lanes else ""
    middles = lane_frame(ax, "Attempts, one lane per process", corner, lanes, view)
    if not lanes:
        ax.set_label("Attempts: none yet.")
        return empty_note(ax, "No attempt yet.\nStart a consumer: its work appears here.", inks)

    heights = np.array([*middles.values()]) / ax.get_ylim()[1]
    strokes(ax, [(0, y, 1, y) for y in heights], inks["grid"])
    drawn = in_window[in_window["process"].isin(middles)]
    drawn = drawn.assign(
        y=drawn["process"].map(middles),
        end=drawn["end"].fillna(RUNNING),
        left=view.x(drawn["began"].fillna(-np.inf)),
        right=view.x(drawn[["ended", "killed"]].min(axis=1).fillna(view.now)),
    )
    bars = _single(ax, drawn) if single else _shares(drawn, middles, view)
    dotted = _dotted(drawn, view) if single else []
    legend(ax, bars, dotted, inks)
    for end, _, status, hatch in ENDS:
        edge = {"edgecolor": inks["surface"], "linewidth": 1 if single else 0}
        add_bars(ax, bars[end], facecolor=FILL[status], hatch=hatch, **edge)
    add_bars(ax, dotted, fill=False, edgecolor=inks["text"], linestyle=":", linewidth=1)
    if single:
        attempt_symbols(ax, drawn, view)
    death_symbols(ax, drawn, view)
    frozen_lines(ax, frozen_spans, middles, view)
    ax.set_label(_alternative_text(in_window, frozen_spans, lanes, view))
    return ax


def _corner(attempts: pd.DataFrame, lanes: Sequence[str], *, single: bool) -> str:
    number = f"{amounts.count(len(attempts))} attempts{'' if single else ', as shares of the time'}"
    more = len({*attempts["process"].dropna().unique()} - {*lanes})
    return f"+ {more} more processes \N{MIDDLE DOT} {number}" if more else number


def _single(ax: Axes, drawn: pd.DataFrame) -> Bars:
    wide, _ = pixel(ax)
    right = np.maximum(drawn["right"], drawn["left"] + LEAST * wide)
    corners = boxes(drawn["left"], right, drawn["y"] - BAR / 2, drawn["y"] + BAR / 2)
    return {end: [corners[drawn["end"].eq(end)]] for end, *_ in ENDS}


def _shares(drawn: pd.DataFrame, middles: Mapping[str, float], view: View) -> Bars:
    """In each bucket of each lane, stacked: the share of the time in attempts of each end."""
    bars: Bars = {end: [] for end, *_ in ENDS}
    edges = view.bucket_edges(BUCKETS) - view.now
    left, right = drawn["left"].to_numpy(), drawn["right"].to_numpy()
    codes = pd.Categorical(drawn["end"], [*bars]).codes
    for y in middles.values():
        base = np.full(len(edges) - 1, y - BAR / 2)
        lane = drawn["y"].eq(y).to_numpy()
        for code, end in enumerate(bars):
            these = lane & (codes == code)
            share = overlap(left[these], right[these], edges) / np.diff(edges)
            top = np.minimum(base + BAR * share, y + BAR / 2)
            some = top - base > BAR / 50  # a lower bar cannot be seen
            bars[end].append(boxes(edges[:-1][some], edges[1:][some], base[some], top[some]))
            base = top
    return bars


def _dotted(drawn: pd.DataFrame, view: View) -> list[Boxes]:
    """The times in which a job was held by a dead process (a thin line: a process of the same name
    may work again by then), or was worked on without its claim."""
    dead = drawn[drawn["killed"].notna()]
    late = drawn[drawn["end"].eq(Event.REASSIGN) & drawn["refused"].notna()]
    spans = (
        (dead["killed"], dead["ended"].fillna(view.now), dead["y"] - LOW, dead["y"] - BAR / 2),
        (late["ended"], late["refused"], late["y"] - BAR / 2, late["y"] + BAR / 2),
    )
    return [boxes(view.x(began), view.x(ended), low, high) for began, ended, low, high in spans]


def _alternative_text(
    attempts: pd.DataFrame, frozen_spans: pd.DataFrame, lanes: Sequence[str], view: View
) -> str:
    ended = attempts["end"].fillna(RUNNING).value_counts()
    parts = [f"{ended[end]:,} {name}" for end, name, *_ in ENDS[::-1] if end in ended]
    killed = attempts["process"][attempts["killed"].ge(view.start)]
    frozen = frozen_spans["process"][frozen_spans["ended"].gt(view.start)]
    for word, names in (("killed", killed), ("frozen", frozen)):
        if hit := sorted(set(names.unique()) & set(lanes)):
            parts.append(f"{word}: {', '.join(hit)}")
    return f"Attempts of {len(lanes)} processes, {view.last}: {', '.join(parts) or 'none'}."
