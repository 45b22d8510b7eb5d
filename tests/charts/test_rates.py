"""Arrivals, finished jobs and the backlog."""

from __future__ import annotations

import numpy as np
import stories
from drawn import texts
from matplotlib.patches import StepPatch

from rinq.charts import drawing, rates
from rinq.charts.palette import LIGHT
from rinq.charts.view import View
from rinq.metrics import frames as metrics
from rinq.metrics import move_counts as moves


def drawn(rows, now=1000.0):
    frame, view = stories.transitions(rows), View(now, 60.0)
    counts = metrics.status_counts(frame)
    boxes = (42, 112, 50, 122), (42, 112, 166, 26)
    above, below = drawing.new_figure(LIGHT, drawing.SIZE, *boxes).axes
    table = moves.throughput(frame, view.bucket_edges(rates.BUCKETS), counts)
    return rates.arrivals_and_backlog((above, below), table, counts, view)


def job(number, *times):
    """A job submitted, claimed and completed at these times."""
    events = (("submit", 0), ("claim", 1), ("complete", 1))
    return [(at, number, *event, "x") for at, event in zip(times, events, strict=False)]


ROWS = sorted([*job(1, 945, 951, 962), *job(2, 946, 961, 994), *job(3, 996)])


def test_lines_are_rates_of_whole_buckets_and_the_unfinished_one_is_left_out():
    above, _ = drawn(ROWS, now=1002.0)
    arrivals, finished = above.lines
    assert arrivals.get_xdata().tolist() == [5 * k - 54.5 for k in range(11)]
    assert arrivals.get_ydata().tolist() == [0.4 * (k == 0) + 0.2 * (k == 10) for k in range(11)]
    assert np.flatnonzero(finished.get_ydata()).tolist() == [3, 9]
    assert arrivals.get_linestyle() != finished.get_linestyle()
    assert arrivals.get_marker() != finished.get_marker()


def test_a_name_gives_the_last_point_of_its_line_and_the_means_stand_above():
    above, below = drawn(ROWS)
    assert {"arrivals 0.20/s", "finished 0/s", "jobs/s"} <= set(texts(above))
    assert "mean: arrivals 3.3/min, finished 2.2/min" in texts(above)
    assert {"1 unprocessed", "backlog"} <= set(texts(below))
    assert above.get_label() == (
        "Arrivals, finished, backlog, last 60 s: arrivals 3.3/min, finished 2.2/min, "
        "1 unprocessed now."
    )


def test_means_are_over_the_window_where_the_run_began_before_it():
    above, _ = drawn([*job(9, 500), *ROWS])
    assert "mean: arrivals 3.0/min, finished 2.0/min" in texts(above)


def test_the_area_below_is_what_waits():
    _, below = drawn(ROWS)
    area = next(p for p in below.patches if isinstance(p, StepPatch) and p.get_fill())
    heights, edges, _ = area.get_data()
    at = {second: heights[(edges[:-1] <= second).sum() - 1] for second in (-52, -45, -20, -1)}
    assert at == {-52: 2, -45: 1, -20: 0, -1: 1}


def test_without_arrivals_it_says_so():
    above, below = drawn([])
    assert "No arrivals yet." in texts(above)
    assert above.get_label() == "Arrivals, finished, backlog: no arrivals yet."
    assert not above.lines
    assert not any(isinstance(p, StepPatch) for p in below.patches)


def test_jobs_that_have_waited_since_before_the_window_are_drawn():
    _, below = drawn(job(1, 500))
    assert "1 unprocessed" in texts(below)
