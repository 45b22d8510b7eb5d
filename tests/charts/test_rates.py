"""Arrivals, finished jobs and the backlog; errors by attempt."""

from __future__ import annotations

import numpy as np
import pandas as pd
import stories
from drawn import bars, texts
from matplotlib.patches import StepPatch

from rinq.charts import charts, drawing, rates
from rinq.charts.palette import FILL, HATCH, LIGHT
from rinq.metrics import frames as metrics
from rinq.metrics import move_counts as moves
from rinq.queue import Status

NOW = 1000.0


def drawn(rows, now=NOW, window=60.0):
    frame = stories.transitions(rows)
    counts = metrics.status_counts(frame)
    edges = charts.bucket_edges(now, window, rates.RATE_BUCKETS)
    axes = drawing.sheet(LIGHT, (520, 260), (42, 112, 50, 122), (42, 112, 166, 26)).axes
    table = moves.throughput(frame, edges, counts)
    return rates.arrivals_and_backlog(tuple(axes), table, counts, now=now, window=window)


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


def test_names_tell_the_rates_of_the_whole_window_and_the_jobs_that_wait():
    above, below = drawn(ROWS)
    assert {"arrivals 3.0/min", "finished 2.0/min", "jobs/s"} <= set(texts(above))
    assert {"1 waiting", "waiting"} <= set(texts(below))
    assert above.get_label() == (
        "Arrivals, finished, backlog, last 60 s: arrivals 3.0/min, finished 2.0/min, 1 waiting now."
    )


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


def test_jobs_that_wait_since_before_the_window_are_seen():
    _, below = drawn(job(1, 500))
    assert "1 waiting" in texts(below)


def errors(rows):
    """(attempt, attempts, retry, fail)"""
    ends = pd.DataFrame(rows, columns=["attempt", "attempts", "retry", "fail"])
    ax = drawing.sheet(LIGHT, (520, 260), (352, 8, 50, 42)).axes[0]
    return rates.errors_by_attempt(ax, ends)


def test_bars_are_the_shares_of_errors_by_attempt_the_failed_part_on_top():
    ax = errors([(1, 71, 0.3, 0.07), (2, 22, 0.0, 0.18), (3, 0, np.nan, np.nan)])
    retry = bars(ax, FILL[Status.UNPROCESSED], "")
    fail = bars(ax, FILL[Status.FAILED], HATCH[Status.FAILED])
    assert retry == [[0.67, 1.33, 0, 0.3], [1.67, 2.33, 0, 0]]
    assert fail == [[0.67, 1.33, 0.3, 0.37], [1.67, 2.33, 0, 0.18]]
    assert {"37%", "18%", "1\n71", "2\n22"} <= set(texts(ax))
    assert ax.get_label() == (
        "Ended in an error: 37% of 71 attempts number 1, 18% of 22 attempts number 2."
    )


def test_the_fourth_bar_is_of_all_later_attempts_too():
    ax = errors(
        [(1, 9, 0, 0), (2, 8, 0, 0), (3, 7, 0, 0), (4, 3, 1, 0), (5, 1, 0, 1), (6, 0, 0, 0)]
    )
    assert bars(ax, FILL[Status.UNPROCESSED])[-1] == [3.67, 4.33, 0, 0.75]
    assert {"4+\n4", "100%"} <= set(texts(ax))
    only = errors([(4, 3, 1, 0)])
    assert "4\n3" in texts(only)


def test_without_ended_attempts_there_are_no_bars():
    ax = errors([])
    assert not texts(ax)
    assert ax.get_label() == ""
