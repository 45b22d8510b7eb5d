"""The charts of how attempts end: over time, and by the number of the attempt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rinq.charts import amounts
from rinq.charts.bars import add_bars, boxes, status_style
from rinq.charts.drawing import (
    EDGE,
    corner_note,
    empty_note,
    end_names,
    frame,
    note,
    strokes,
    time_ticks,
    y_ticks,
)
from rinq.charts.palette import LIGHT, Inks
from rinq.charts.view import View
from rinq.charts.words import EVENT_WORDS
from rinq.queue import Event, Status

BUCKETS = 6
BARS = 4  # the last is of all later attempts too
WIDTH = 0.66  # of a bar
LINES = (
    (Event.FAIL, Status.FAILED, "-", "X"),
    (Event.REASSIGN, "text", (0, (5, 1.4, 1, 1.4)), "^"),
    (Event.RETRY, Status.UNPROCESSED, (0, (4, 1.6)), "o"),
)
"""Event, ink, dashes, marker."""


def how_attempts_end(ax: Axes, ends: pd.DataFrame, view: View) -> Axes:
    """Lines: which share of the attempts that ended were retried, failed, taken back.

    The denominator is complete + retry + fail + reassign. No point where no attempt ended,
    nor for a part of a bucket. The name at the right of a line gives its last point; the shares
    of the whole window stand above.

    Args:
        ends: as from ``metrics.attempt_ends`` with ``view.bucket_edges(BUCKETS)``.
    """
    attempts, inks = int(ends["attempts"].sum()), view.inks
    frame(ax, "How attempts end", "of attempts", inks)
    time_ticks(ax, view)
    if not attempts:
        ax.set_label("How attempts end: no attempt has ended yet.")
        return empty_note(ax, "No attempt has ended yet.", inks)
    share = {
        event: float((ends[event] * ends["attempts"]).sum() / attempts)
        for event in (Event.COMPLETE, *(line[0] for line in LINES))
    }
    shares = {event: f"{amounts.share(share[event])} {EVENT_WORDS[event]}" for event in share}
    errors = ", ".join(shares[event] for event, *_ in LINES[::-1])
    ax.set_label(
        f"How attempts end, {view.last}: of {attempts:,} attempts {shares[Event.COMPLETE]}, "
        f"{errors}."
    )
    corner_note(ax, f"{amounts.count(attempts)} attempts ended", inks)
    corner_note(ax, errors, inks, up=17)

    whole = ends[(ends["end"] - ends["start"]) > 0.999 * view.window / BUCKETS]
    middle = (whole["start"] + whole["end"]) / 2 - view.now
    names = []
    highest = 0.0
    style: dict[str, Any] = {"markersize": 5, "markeredgewidth": 0, "linewidth": 1.5}
    for event, ink, dashes, marker in LINES:
        line: dict[str, Any] = {
            "color": inks[ink],
            "linestyle": dashes,
            "marker": marker,
            "clip_on": False,
        }
        ax.plot(middle, whole[event], **line, **style)
        drawn = whole[event].dropna()
        if len(drawn):
            at = float(drawn.iloc[-1])
            highest = max(highest, float(drawn.max()))
            names.append((at, f"{EVENT_WORDS[event]} {amounts.share(at)}", ink))
    top = max(1, np.ceil(highest * 5)) / 5
    y_ticks(ax, [top * i / 4 for i in range(5)], amounts.share, inks)
    return end_names(ax, names, inks)


def errors_by_attempt(ax: Axes, ends: pd.DataFrame, inks: Inks = LIGHT) -> Axes:
    """Bars: which share of first, second, third and later attempts ended in an error.

    The part that led to a retry is plain, the part that failed the job is hatched. The
    denominator is complete + retry + fail + reassign; it stands under each bar.

    Args:
        ends: as from ``metrics.ends_by_attempt``.
    """
    ax.set(xlim=(0.4, BARS + 0.6), ylim=(0, 1))
    ax.set_axis_off()
    if not ends["attempts"].sum():
        ax.set_label("")
        return ax
    title = "errors by attempt number"
    note(ax, title, (1, 1), (0, 31), inks["muted"], size=EDGE, ha="right")
    strokes(ax, [(0, 0, 1, 0)], inks["muted"])
    bar, attempts = ends["attempt"].clip(upper=BARS).to_numpy(), ends["attempts"].to_numpy()
    number = np.bincount(bar, weights=attempts)
    places = np.flatnonzero(number)
    retry, fail = (
        np.bincount(bar, weights=ends[event].fillna(0) * attempts)[places] / number[places]
        for event in (Event.RETRY, Event.FAIL)
    )
    left, right = places - WIDTH / 2, places + WIDTH / 2
    add_bars(ax, [boxes(left, right, 0, retry)], **status_style(Status.UNPROCESSED))
    add_bars(ax, [boxes(left, right, retry, retry + fail)], **status_style(Status.FAILED))
    shares = []
    for place, error in zip(places.tolist(), (retry + fail).tolist(), strict=True):
        name = f"{place}+" if len(ends) > BARS == place else str(place)
        x, n = (place - 0.4) / (BARS + 0.2), int(number[place])
        note(ax, amounts.share(error), (x, error), (0, 3), inks["text"], size=EDGE, ha="center")
        under = f"{name}\n{amounts.count(n)}"
        note(ax, under, (x, 0), (0, -4), inks["muted"], size=EDGE, ha="center", va="top")
        shares.append(f"{amounts.share(error)} of {n:,} attempts number {name}")
    ax.set_label(f"Ended in an error: {', '.join(shares)}.")
    return ax
