"""How attempts end, over time and by the number of the attempt."""

from __future__ import annotations

import numpy as np
import pandas as pd
import stories
from drawn import bars, texts

from rinq.charts import drawing, ends
from rinq.charts.palette import FILL, HATCH, LIGHT
from rinq.charts.view import View
from rinq.charts.words import EVENT_WORDS
from rinq.metrics import frames as metrics
from rinq.queue import Status


def lines_chart(moves, now=1000.0):
    """Of attempts that ended: (at, event)."""
    view = View(now, 60.0)
    rows = [(at, i, event, 1, "x") for i, (at, event) in enumerate(moves)]
    shares = metrics.attempt_ends(stories.transitions(rows), view.bucket_edges(ends.BUCKETS))
    return ends.how_attempts_end(drawing.new_figure().axes[0], shares, view)


MOVES = [(952, "complete"), (955, "retry"), (972, "fail"), (1004, "retry")]


def test_lines_are_the_shares_of_whole_buckets_with_gaps_where_nothing_ended():
    ax = lines_chart(MOVES, now=1005.0)
    lines = dict(zip([EVENT_WORDS[event] for event, *_ in ends.LINES], ax.lines, strict=True))
    assert lines["retried"].get_xdata().tolist() == [-50, -40, -30, -20, -10]
    retried = lines["retried"].get_ydata().tolist()
    assert (retried[0], retried[2]) == (0.5, 0)
    assert np.isnan([retried[1], *retried[3:]]).all()
    assert lines["failed"].get_ydata()[2] == 1


def test_a_name_gives_the_last_point_of_its_line_and_the_shares_of_the_window_stand_above():
    ax = lines_chart(MOVES, now=1005.0)
    assert {"retried 0%", "failed 100%", "taken back 0%"} <= set(texts(ax))
    assert {"4 attempts ended", "50% retried, 0% taken back, 25% failed"} <= set(texts(ax))
    assert ax.get_label() == (
        "How attempts end, last 60 s: of 4 attempts 25% completed, "
        "50% retried, 0% taken back, 25% failed."
    )


def test_where_no_bucket_is_whole_no_line_has_a_name():
    said = texts(lines_chart([(1004, "retry")], now=1005.0))
    assert "100% retried, 0% taken back, 0% failed" in said
    assert not any(text.startswith("retried") for text in said)


def test_before_an_attempt_has_ended_the_chart_says_so():
    ax = lines_chart([(990, "submit")])
    assert "No attempt has ended yet." in texts(ax)
    assert not ax.lines
    assert ax.get_label() == "How attempts end: no attempt has ended yet."


def bars_chart(rows):
    """(attempt, attempts, retry, fail)"""
    shares = pd.DataFrame(rows, columns=["attempt", "attempts", "retry", "fail"])
    ax = drawing.new_figure(LIGHT, drawing.SIZE, (352, 8, 50, 42)).axes[0]
    return ends.errors_by_attempt(ax, shares)


def test_bars_are_the_shares_of_errors_by_attempt_the_failed_part_on_top():
    ax = bars_chart([(1, 71, 0.3, 0.07), (2, 22, 0.0, 0.18), (3, 0, np.nan, np.nan)])
    retry = bars(ax, FILL[Status.UNPROCESSED], "")
    fail = bars(ax, FILL[Status.FAILED], HATCH[Status.FAILED])
    assert retry == [[0.67, 1.33, 0, 0.3], [1.67, 2.33, 0, 0]]
    assert fail == [[0.67, 1.33, 0.3, 0.37], [1.67, 2.33, 0, 0.18]]
    assert {"37%", "18%", "1\n71", "2\n22"} <= set(texts(ax))
    assert ax.get_label() == (
        "Ended in an error: 37% of 71 attempts number 1, 18% of 22 attempts number 2."
    )


def test_the_fourth_bar_is_of_all_later_attempts_too():
    ax = bars_chart(
        [(1, 9, 0, 0), (2, 8, 0, 0), (3, 7, 0, 0), (4, 3, 1, 0), (5, 1, 0, 1), (6, 0, 0, 0)]
    )
    assert bars(ax, FILL[Status.UNPROCESSED])[-1] == [3.67, 4.33, 0, 0.75]
    assert {"4+\n4", "100%"} <= set(texts(ax))
    assert "4\n3" in texts(bars_chart([(4, 3, 1, 0)]))


def test_without_ended_attempts_there_are_no_bars():
    ax = bars_chart([])
    assert not texts(ax)
    assert ax.get_label() == ""
