"""The charts of the settled jobs: how long they took, and how many attempts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rinq.charts import amounts
from rinq.charts.bars import add_bars, boxes, status_style
from rinq.charts.drawing import (
    EDGE,
    TICK,
    corner_note,
    empty_note,
    end_names,
    extent,
    frame,
    note,
    strokes,
    x_ticks,
    y_ticks,
)
from rinq.charts.palette import LIGHT, Inks
from rinq.queue import Status

QUANTILES = 201
FROM, TO = 0.1, 100.0  # s, unless times lie outside; the axis begins at least at
LEAST = 0.001
LEVELS = (0, 0.25, 0.5, 0.75, 0.95)
RULES = (0.5, 0.95)
FEWEST_BARS, MOST_BARS = 5, 10  # the last is of all that took more
BAR = 0.62
LINES = (
    ("waiting", Status.UNPROCESSED, (0, (5, 2))),
    ("service", Status.PROCESSING, (0, (1, 1.5))),
    ("system", "text", "-"),
)
"""Column, ink, dashes."""


def times_of_jobs(ax: Axes, times: pd.DataFrame, settled: int, inks: Inks = LIGHT) -> Axes:
    """Lines: the share of the settled jobs whose waiting, service and system time was at most so
    long. The time axis is logarithmic; it grows where times lie outside.

    Args:
        times: as from ``metrics.job_times``, of all settled jobs or a fair share of them.
        settled: how many jobs are settled in all.
    """
    frame(ax, "Times, all settled jobs", "share of jobs", inks)
    longest = max(TO, float(times["system"].to_numpy().max(initial=0)))
    shortest = min(FROM, max(LEAST, float(times["service"].median()))) if len(times) else FROM
    first, last = np.floor(np.log10(shortest)), np.ceil(np.log10(longest))
    decades = 10.0 ** np.arange(first, last + 1)
    if ax.get_xscale() != "log":
        ax.set_xscale("log")
    ax.set_xlim(decades[0], decades[-1])
    places = np.linspace(0, 1, len(decades)).tolist()
    x_ticks(ax, places, [f"{decade:,g} s" for decade in decades], inks)
    if times.empty:
        ax.set_label("Times: no job is settled yet.")
        return empty_note(ax, "No job is settled yet.", inks)
    y_ticks(ax, LEVELS, amounts.share, inks, top=1)
    part = f"{amounts.count(len(times))} drawn of " if len(times) < settled else ""
    corner_note(ax, f"{part}{amounts.count(settled)} jobs", inks)
    for level in RULES:
        strokes(ax, [(0, level, 1, level)], inks["unused"])
    shares = np.linspace(0, 1, QUANTILES)
    wide, high = extent(ax)
    parts = []
    for place, (name, ink, dashes) in enumerate(LINES):
        seconds = np.quantile(times[name], shares).clip(decades[0])
        half, most = (amounts.measured(float(times[name].quantile(rule))) for rule in RULES)
        style: dict[str, Any] = {"color": inks[ink], "linestyle": dashes, "linewidth": 1.8}
        ax.plot(seconds, shares, **style)
        up = 172 - 62 * place
        x, y = (np.array([8, 30]) / wide + 1, np.array([up, up]) / high)
        ax.add_line(Line2D(x, y, transform=ax.transAxes, clip_on=False, **style))
        note(ax, name, (1, 0), (36, up), inks[ink], size=TICK, va="center")
        numbers = f"50% {half}\n95% {most}"
        note(ax, numbers, (1, 0), (36, up - 8), inks["muted"], size=EDGE, va="top")
        parts.append(f"{name} {half}, {most}")
    ax.set_label(
        f"Times of {settled:,} settled jobs, 50% and 95% of them within: {'; '.join(parts)}."
    )
    return ax


def attempts_of_jobs(ax: Axes, attempts: pd.DataFrame, inks: Inks = LIGHT) -> Axes:
    """Bars: how many settled jobs took one attempt, two, and so on; those that failed hatched.

    Args:
        attempts: as from ``metrics.attempts_per_job``.
    """
    frame(ax, "Attempts per job", "jobs", inks)
    jobs = int(attempts["jobs"].sum())
    table = attempts.groupby(attempts["attempts"].clip(upper=MOST_BARS)).sum()
    table = table[table["jobs"].gt(0)]
    last = max(FEWEST_BARS, int(table.index.to_numpy().max(initial=0)))
    ax.set_xlim(0.4 - (0 in table.index), last + 0.6)
    places = range(0 if 0 in table.index else 1, last + 1)
    over = attempts["attempts"].gt(MOST_BARS).any()
    (left, right) = ax.get_xlim()
    names = [f"{n}+" if over and n == MOST_BARS else str(n) for n in places]
    x_ticks(ax, [(n - left) / (right - left) for n in places], names, inks)
    if not jobs:
        ax.set_label("Attempts per job: no job is settled yet.")
        return empty_note(ax, "No job is settled yet.", inks)
    corner_note(ax, f"{amounts.count(jobs)} settled jobs", inks)
    ticks = amounts.ticks(float(table["jobs"].max()) * 1.1)
    y_ticks(ax, ticks, amounts.tick, inks)
    sides, failed = (table.index - BAR / 2, table.index + BAR / 2), table["failed"]
    add_bars(ax, [boxes(*sides, 0, failed)], **status_style(Status.FAILED))
    add_bars(ax, [boxes(*sides, failed, table["jobs"])], **status_style(Status.PROCESSED))
    top = ticks[-1]
    for place, number in zip(table.index, table["jobs"], strict=True):
        at = ((place - left) / (right - left), number / top)
        text = f"{amounts.count(number)}\n{amounts.share(number / jobs)}"
        note(ax, text, at, (0, 3), inks["text"], size=EDGE, ha="center", va="bottom")
    ends = [
        (top * level, f"{amounts.count(int(table[status].sum()))} {status}", status)
        for level, status in ((0.8, Status.PROCESSED), (0.7, Status.FAILED))
    ]
    numbers = ", ".join(f"{n:,} after {place}" for place, n in table["jobs"].items())
    ax.set_label(f"Attempts per job: of {jobs:,} settled jobs {numbers}.")
    return end_names(ax, ends, inks)
