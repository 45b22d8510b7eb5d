"""The charts of the control room: which stand on each page, and how a snapshot is drawn as each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from rinq.charts import drawing, ends, flow, lanes, latency, rates, status, timeline
from rinq.charts.drawing import Box
from rinq.charts.fault_bands import shade_faults
from rinq.charts.palette import LIGHT, Inks
from rinq.charts.snapshot import Snapshot
from rinq.charts.view import View
from rinq.metrics import attempt_work as attempts
from rinq.metrics import durations
from rinq.metrics import frames as metrics
from rinq.metrics import move_counts as moves
from rinq.queue import SETTLED


@dataclass(frozen=True)
class Chart:
    """One figure: its name, how a snapshot is drawn on its Axes, and where these are."""

    name: str
    draw: Callable[[Figure, Snapshot, View], None]
    boxes: tuple[Box, ...] = (drawing.PLOT,)

    def figure(self, snapshot: Snapshot, inks: Inks = LIGHT) -> Figure:
        """A new figure, drawn."""
        figure = drawing.new_figure(inks, drawing.SIZE, *self.boxes)
        self.draw(figure, snapshot, snapshot.view(inks))
        return figure


def _jobs(figure: Figure, snapshot: Snapshot, view: View) -> None:
    status.jobs_by_status(figure.axes[0], snapshot.history.counts, view)
    shade_faults(figure.axes, snapshot.faults, view)


def _flow(figure: Figure, snapshot: Snapshot, view: View) -> None:
    rows, total = snapshot.history.transitions, snapshot.tally
    made = moves.moves(rows, now=view.now, window=view.window, total=total)
    flow.flow_of_jobs(figure.axes[0], made, snapshot.history.totals, view)


def _ends(figure: Figure, snapshot: Snapshot, view: View) -> None:
    shares = metrics.attempt_ends(snapshot.history.transitions, view.bucket_edges(ends.BUCKETS))
    lines, bars = figure.axes
    ends.how_attempts_end(lines, shares, view)
    shade_faults([lines], snapshot.faults, view)
    ends.errors_by_attempt(bars, metrics.ends_by_attempt(snapshot.tally), view.inks)


def _rates(figure: Figure, snapshot: Snapshot, view: View) -> None:
    rows, counts = snapshot.history.transitions, snapshot.history.counts
    buckets = moves.throughput(rows, view.bucket_edges(rates.BUCKETS), counts)
    above, below = figure.axes
    rates.arrivals_and_backlog((above, below), buckets, counts, view)
    shade_faults(figure.axes, snapshot.faults, view)


def _attempts(figure: Figure, snapshot: Snapshot, view: View) -> None:
    names, frozen_spans = snapshot.lanes, snapshot.frozen_spans
    drawing.resize(figure, lanes.size(names), lanes.BOX)
    timeline.attempts_in_lanes(figure.axes[0], snapshot.attempts, frozen_spans, names, view)


def _utilisation(figure: Figure, snapshot: Snapshot, view: View) -> None:
    drawing.resize(figure, lanes.size(snapshot.lanes), lanes.BOX)
    edges = np.linspace(view.start, view.now, lanes.CELLS + 1)
    work = attempts.work(snapshot.attempts, edges)
    lanes.utilisation(figure.axes[0], work, snapshot.lanes, view)


def _times(figure: Figure, snapshot: Snapshot, view: View) -> None:
    settled = sum(snapshot.history.totals[final] for final in SETTLED)
    known = durations.job_times(snapshot.history.sample.transitions)
    latency.times_of_jobs(figure.axes[0], known, settled, view.inks)


def _attempts_per_job(figure: Figure, snapshot: Snapshot, view: View) -> None:
    latency.attempts_of_jobs(figure.axes[0], moves.attempts_per_job(snapshot.tally), view.inks)


_LINES_AND_BARS = (42, 280, 50, 26), (352, 8, 50, 42)
_ABOVE_AND_BELOW = (42, 112, 50, 122), (42, 112, 166, 26)

PAGES: Mapping[str, tuple[Chart, ...]] = {
    "Overview": (
        Chart("jobs", _jobs),
        Chart("flow", _flow, ((0, 0, 0, 0),)),
        Chart("ends", _ends, _LINES_AND_BARS),
        Chart("rates", _rates, _ABOVE_AND_BELOW),
    ),
    "Processes": (
        Chart("attempts", _attempts, (lanes.BOX,)),
        Chart("utilisation", _utilisation, (lanes.BOX,)),
    ),
    "Times": (Chart("times", _times), Chart("attempts per job", _attempts_per_job)),
}
"""The charts of each page, from the top left to the bottom right."""
