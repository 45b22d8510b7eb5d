"""The pages of the charts: which charts are on each, what they are drawn from, and their SVG.

``look`` reads the queue, in any thread; ``Pages.draw`` draws one page of what it found.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from rinq.charts import charts, drawing, flow, lanes, latency, rates, shade, svg, timeline
from rinq.charts.palette import SENTINEL, Inks
from rinq.metrics import attempt_work as attempts
from rinq.metrics import durations
from rinq.metrics import frames as metrics
from rinq.metrics import move_counts as moves
from rinq.metrics.live_history import LiveHistory
from rinq.queue import SETTLED, Job, PersistentQ, Status


@dataclass(frozen=True)
class Snapshot:
    """What one look at the queue found. ``now`` and ``window`` are queue seconds.

    ``held`` are the jobs that are processing, ``living`` the consumers that get a lane also
    if they did nothing; ``whole`` says that the window is the whole run.
    """

    history: LiveHistory
    marks: pd.DataFrame
    held: Sequence[Job]
    now: float
    window: float
    whole: bool = False
    living: Collection[str] = ()

    @property
    def span(self) -> dict[str, Any]:
        return {"now": self.now, "window": self.window, "whole_run": self.whole}

    def edges(self, buckets: int) -> ArrayLike:
        """Of so many buckets; those of the whole run begin with it."""
        if self.whole:
            return np.linspace(self.now - self.window, np.nextafter(self.now, np.inf), buckets + 1)
        return charts.bucket_edges(self.now, self.window, buckets)

    @cached_property
    def tally(self) -> pd.DataFrame:
        return moves.tally(self.history.tally)

    @cached_property
    def attempts(self) -> pd.DataFrame:
        return attempts.attempts(self.history.transitions, self.marks, self.held)

    @cached_property
    def faults(self) -> pd.DataFrame:
        return shade.faults(self.marks, self.now)

    def shade(self, axes: Sequence[Axes], inks: Inks) -> None:
        shade.shade(axes, self.faults, now=self.now, window=self.window, inks=inks)

    @cached_property
    def lanes(self) -> list[str]:
        return lanes.lanes_of(self.attempts, now=self.now, window=self.window, living=self.living)


def look(
    queue: PersistentQ, history: LiveHistory, window: float | None, living: Collection[str] = ()
) -> Snapshot:
    """Read what is new, in any thread.

    Args:
        window: queue seconds; None for the whole run, or as much of it as the history keeps.

    Raises: DatabaseError.
    """
    first = queue.history.transitions(limit=1)
    start = first[0].at if first else queue.clock.now()
    history.read(queue, start if window is None else queue.clock.now() - window)
    now = queue.clock.now()
    width = max(1.0, now - start) if window is None else window
    kept, whole = history.transitions, window is None
    if len(kept) and kept["id"].iloc[0] > 1:
        width = min(width, now - float(kept["at"].iloc[0]))
        whole = False  # but the latest part of it
    held = queue.jobs(Status.PROCESSING)
    return Snapshot(history, metrics.process_events(queue), held, now, width, whole, living)


@dataclass(frozen=True)
class Chart:
    """A figure of a page: its name, how it is drawn, where its Axes are."""

    name: str
    draw: Callable[[Figure, Snapshot, Inks], None]
    boxes: tuple[drawing.Box, ...] = (drawing.PLOT,)


class Pages:
    """Draws the charts of one page at a time; one object serves one place on the screen."""

    def __init__(self, inks: Inks = SENTINEL) -> None:
        self._inks = inks
        self._salt = uuid.uuid4().hex
        self._sheets: dict[str, Figure] = {}

    def draw(self, page: str, look: Snapshot) -> list[str]:
        """The charts of a page (a key of ``PAGES``), in order, each as one ``<svg>``."""
        return [
            svg.themed(self.figure(chart, look), chart.name + self._salt) for chart in PAGES[page]
        ]

    def figure(self, chart: Chart, look: Snapshot) -> Figure:
        """One chart as a figure, which the next drawing of this chart changes."""
        if chart.name not in self._sheets:
            size = (drawing.WIDTH, drawing.HEIGHT)
            self._sheets[chart.name] = drawing.sheet(self._inks, size, *chart.boxes)
        sheet = self._sheets[chart.name]
        drawing.wipe(sheet)
        chart.draw(sheet, look, self._inks)
        return sheet


def _jobs(sheet: Figure, look: Snapshot, inks: Inks) -> None:
    charts.jobs_by_status(sheet.axes[0], look.history.counts, inks=inks, **look.span)
    look.shade(sheet.axes, inks)


def _flow(sheet: Figure, look: Snapshot, inks: Inks) -> None:
    rows, total = look.history.transitions, look.tally
    made = moves.moves(rows, now=look.now, window=look.window, total=total)
    flow.flow_of_jobs(sheet.axes[0], made, look.history.totals, window=look.window, inks=inks)


def _ends(sheet: Figure, look: Snapshot, inks: Inks) -> None:
    edges = look.edges(charts.BUCKETS)
    ends = metrics.attempt_ends(look.history.transitions, edges)
    lines, bars = sheet.axes
    charts.how_attempts_end(lines, ends, inks=inks, **look.span)
    look.shade([lines], inks)
    rates.errors_by_attempt(bars, metrics.ends_by_attempt(look.tally), inks=inks)


def _rates(sheet: Figure, look: Snapshot, inks: Inks) -> None:
    edges = look.edges(rates.RATE_BUCKETS)
    buckets = moves.throughput(look.history.transitions, edges, look.history.counts)
    above, below = sheet.axes
    rates.arrivals_and_backlog((above, below), buckets, look.history.counts, inks=inks, **look.span)
    look.shade(sheet.axes, inks)


def _attempts(sheet: Figure, look: Snapshot, inks: Inks) -> None:
    drawing.resize(sheet, lanes.size(look.lanes), lanes.BOX)
    cold = attempts.frozen(look.marks, look.now)
    timeline.attempts_in_lanes(
        sheet.axes[0], look.attempts, cold, lanes=look.lanes, inks=inks, **look.span
    )


def _utilisation(sheet: Figure, look: Snapshot, inks: Inks) -> None:
    drawing.resize(sheet, lanes.size(look.lanes), lanes.BOX)
    edges = np.linspace(look.now - look.window, look.now, lanes.CELLS + 1)
    work = attempts.work(look.attempts, edges)
    span: dict[str, Any] = {"window": look.window, "whole_run": look.whole}
    lanes.utilisation(sheet.axes[0], work, lanes=look.lanes, inks=inks, **span)


def _times(sheet: Figure, look: Snapshot, inks: Inks) -> None:
    settled = sum(look.history.totals[status] for status in SETTLED)
    known = durations.job_times(look.history.sample.transitions)
    latency.times_of_jobs(sheet.axes[0], known, settled=settled, inks=inks)


def _attempts_per_job(sheet: Figure, look: Snapshot, inks: Inks) -> None:
    latency.attempts_of_jobs(sheet.axes[0], moves.attempts_per_job(look.tally), inks=inks)


_SPLIT = (42, 280, 50, 26), (352, 8, 50, 42)  # lines; bars
_PAIR = (42, 112, 50, 122), (42, 112, 166, 26)  # above; below

PAGES: Mapping[str, tuple[Chart, ...]] = {
    "Overview": (
        Chart("jobs", _jobs),
        Chart("flow", _flow, ((0, 0, 0, 0),)),
        Chart("ends", _ends, _SPLIT),
        Chart("rates", _rates, _PAIR),
    ),
    "Processes": (
        Chart("attempts", _attempts, (lanes.BOX,)),
        Chart("utilisation", _utilisation, (lanes.BOX,)),
    ),
    "Times": (Chart("times", _times), Chart("attempts per job", _attempts_per_job)),
}
"""The charts of each page, in the order in which they are looked at."""
