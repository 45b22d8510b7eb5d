"""The charts of rates: what came, what was finished, what waits; and errors by attempt."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from rinq.queue import Event, Status
from rinq.view import amounts
from rinq.view.charts import step_edges
from rinq.view.drawing import EDGE, TICK, empty_note, end_names, note, time_frame
from rinq.view.metrics import counts_at
from rinq.view.palette import FILL, HATCH, HATCH_INK, HATCH_WIDTH, LIGHT, Inks

RATE_BUCKETS = 12
BARS = 4  # the last is of all later attempts too
LINES = (
    ("arrival_rate", "arrivals", Status.UNPROCESSED, (0, (4, 1.6)), "o"),
    ("throughput", "finished", Status.PROCESSED, "-", "s"),
)
"""Column, name, ink, dashes, marker."""


def arrivals_and_backlog(
    axes: tuple[Axes, Axes],
    rates: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    now: float,
    window: float,
    inks: Inks = LIGHT,
) -> tuple[Axes, Axes]:
    """Above, lines: jobs that came and jobs that were finished, per queue second; below, an
    area: the jobs that waited. The two share the time axis.

    No point for a part of a bucket; the names at the right give the rates of the whole window.

    Args:
        rates: as from ``moves.throughput`` with ``bucket_edges(now, window, RATE_BUCKETS)``.
        counts: as from ``metrics.status_counts``.
        now, window: queue seconds.
    """
    above, below = axes
    time_frame(above, "Arrivals, finished, backlog", "jobs/s", window, inks)
    time_frame(below, "", "waiting", window, inks)
    above.tick_params(axis="x", length=0, labelbottom=False)
    above.spines["bottom"].set_visible(False)
    edges = step_edges(now, window)
    waiting = counts_at(counts, edges)[Status.UNPROCESSED].to_numpy()
    if not (rates["arrivals"].any() or rates["finished"].any() or waiting.any()):
        above.set_label("Arrivals, finished, backlog: no arrivals yet.")
        below.set_label("")
        empty_note(above, "No arrivals yet.", inks)
        return axes

    width = rates["end"] - rates["start"]
    whole = rates[width > 0.999 * window / RATE_BUCKETS]
    middle = (whole["start"] + whole["end"]) / 2 - now
    above.axhline(0, color=inks["muted"], linewidth=0.8)
    names, mean = [], {}
    for column, name, ink, dashes, marker in LINES:
        mean[name] = amounts.rate((rates[column] * width).sum() / window)
        style: dict[str, Any] = {
            "color": inks[ink],
            "linestyle": dashes,
            "linewidth": 1.5,
            "marker": marker,
            "clip_on": False,
        }
        face = inks["surface"] if marker == "o" else inks[ink]
        above.plot(middle, whole[column], markersize=4.5, markerfacecolor=face, **style)
        names.append((whole[column].iloc[-1] if len(whole) else 0, f"{name} {mean[name]}", ink))
    top = float(whole[["arrival_rate", "throughput"]].to_numpy().max(initial=0))
    ticks = amounts.ticks(top, most=3, whole=False)
    above.set_ylim(0, ticks[-1])
    above.set_yticks(ticks, [f"{tick:,.4g}" for tick in ticks])
    end_names(above, names, inks)

    area: dict[str, Any] = {
        "facecolor": FILL[Status.UNPROCESSED],
        "edgecolor": inks[Status.UNPROCESSED],
    }
    below.add_artist(StepPatch(waiting[1:], edges - now, baseline=0, linewidth=0, **area))
    below.add_artist(StepPatch(waiting[1:], edges - now, fill=False, linewidth=1.2, **area))
    ticks = amounts.ticks(waiting.max(), most=2)
    below.set_ylim(0, ticks[-1])
    below.set_yticks(ticks, [amounts.count(int(tick)) for tick in ticks])
    name = f"{amounts.count(int(waiting[-1]))} waiting"
    end_names(below, [(waiting[-1], name, Status.UNPROCESSED)], inks)
    above.set_label(
        f"Arrivals, finished, backlog, last {amounts.duration(window)}: arrivals "
        f"{mean['arrivals']}, finished {mean['finished']}, {int(waiting[-1]):,} waiting now."
    )
    below.set_label("")
    return axes


def errors_by_attempt(ax: Axes, ends: pd.DataFrame, *, inks: Inks = LIGHT) -> Axes:
    """Bars: which share of first, second, third and later attempts ended in an error.

    The part that led to a retry is plain, the part that failed the job is hatched. The
    denominator is complete + retry + fail + reassign; it stands under each bar.

    Args:
        ends: as from ``metrics.ends_by_attempt``.
    """
    ax.set(xlim=(0.4, BARS + 0.6), ylim=(0, 1))
    ax.set_axis_off()
    note(ax, "error, by attempt", (1, 1), (0, 31), inks["muted"], size=EDGE, ha="right")
    if not ends["attempts"].sum():
        ax.set_label("")
        return ax
    ax.axhline(0, color=inks["muted"], linewidth=0.8)
    said = []
    for place in range(1, BARS + 1):
        rows = ends[ends["attempt"].eq(place) | (ends["attempt"].gt(place) & (place == BARS))]
        attempts = int(rows["attempts"].sum())
        if not attempts:
            continue
        number = f"{place}+" if ends["attempt"].max() > place == BARS else str(place)
        share = {
            event: float((rows[event] * rows["attempts"]).sum() / attempts)
            for event in (Event.RETRY, Event.FAIL)
        }
        retry, error = share[Event.RETRY], sum(share.values())
        with mpl.rc_context({"hatch.color": HATCH_INK, "hatch.linewidth": HATCH_WIDTH}):
            ax.bar(place, retry, 0.66, color=FILL[Status.UNPROCESSED])
            failed: dict[str, Any] = {
                "color": FILL[Status.FAILED],
                "hatch": HATCH[Status.FAILED],
                "linewidth": 0,
            }
            ax.bar(place, error - retry, 0.66, bottom=retry, **failed)
        x = (place - 0.4) / (BARS + 0.2)
        note(ax, amounts.share(error), (x, error), (0, 3), inks["text"], size=TICK, ha="center")
        under = f"{number}\n{amounts.count(attempts)}"
        note(ax, under, (x, 0), (0, -4), inks["muted"], size=EDGE, ha="center", va="top")
        said.append(f"{amounts.share(error)} of {attempts:,} attempts number {number}")
    ax.set_label(f"Ended in an error: {', '.join(said)}.")
    return ax
