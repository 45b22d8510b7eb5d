"""How long settled jobs took, and how many attempts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawn import bars, texts

from rinq.charts import drawing, latency
from rinq.charts.palette import FILL, HATCH
from rinq.queue import Status


def times_chart(waiting, service, settled=None):
    table = pd.DataFrame({"waiting": waiting, "service": service}, dtype="float64")
    table["system"] = table["waiting"] + table["service"]
    ax = drawing.new_figure().axes[0]
    return latency.times_of_jobs(ax, table, len(table) if settled is None else settled)


def curves(ax):
    return [line for line in ax.lines if len(line.get_xdata()) == latency.QUANTILES]


def test_each_line_is_the_share_of_jobs_done_within_a_time():
    ax = times_chart(np.linspace(1, 3, 101), np.linspace(10, 20, 101))
    waiting, _, system = curves(ax)
    assert waiting.get_ydata()[[0, 100, 200]].tolist() == [0, 0.5, 1]
    assert waiting.get_xdata()[[0, 100, 200]] == pytest.approx([1, 2, 3])
    assert system.get_xdata()[[0, 200]] == pytest.approx([11, 23])
    assert len({dashes for *_, dashes in latency.LINES}) == 3
    assert ax.get_xscale() == "log"
    assert ax.get_xlim() == (0.1, 100)
    said = texts(ax)
    assert {"waiting", "50% 2.0 s\n95% 2.9 s", "50% 15.0 s\n95% 19.5 s", "101 jobs"} <= set(said)
    assert ax.get_label() == (
        "Times of 101 settled jobs, 50% and 95% of them within: waiting 2.0 s, 2.9 s; "
        "service 15.0 s, 19.5 s; system 17.0 s, 22.4 s."
    )


@pytest.mark.parametrize(
    ("waiting", "service", "axis", "tick"),
    [(500, 800, (0.1, 10_000), "10,000 s"), (0.002, 0.03, (0.01, 100), "0.01 s")],
)
def test_the_axis_grows_with_the_times(waiting, service, axis, tick):
    ax = times_chart([waiting], [service])
    assert ax.get_xlim() == axis
    assert tick in texts(ax)


def test_no_wait_at_all_is_drawn_at_the_left_edge():
    (waiting, *_) = curves(times_chart([0, 0], [3, 4]))
    assert set(waiting.get_xdata()) == {0.1}


def test_of_a_sample_it_says_of_how_many_jobs():
    assert "2 drawn of 102k jobs" in texts(times_chart([1, 2], [3, 4], settled=102_000))


def test_before_a_job_is_settled_both_charts_say_so():
    ax = times_chart([], [])
    assert "No job is settled yet." in texts(ax)
    assert not curves(ax)
    assert "No job is settled yet." in texts(attempts_chart([]))


def attempts_chart(rows):
    """(attempts, processed, failed)"""
    table = pd.DataFrame(rows, columns=["attempts", "processed", "failed"], dtype="int64")
    table.insert(1, "jobs", table["processed"] + table["failed"])
    return latency.attempts_of_jobs(drawing.new_figure().axes[0], table)


def test_a_bar_for_each_number_of_attempts_the_failed_ones_below():
    ax = attempts_chart([(1, 6, 0), (2, 1, 0), (3, 1, 2)])
    good = bars(ax, FILL[Status.PROCESSED], "")
    bad = bars(ax, FILL[Status.FAILED], HATCH[Status.FAILED])
    assert [(low, up) for *_, low, up in good] == [(0, 6), (0, 1), (2, 3)]
    assert [(low, up) for *_, low, up in bad] == [(0, 0), (0, 0), (0, 2)]
    assert [(a + b) / 2 for a, b, *_ in good] == pytest.approx([1, 2, 3])
    assert {"6\n60%", "1\n10%", "3\n30%", "8 processed", "2 failed", "10 settled jobs"} <= set(
        texts(ax)
    )
    assert ax.get_label() == (
        "Attempts per job: of 10 settled jobs 6 after 1, 1 after 2, 3 after 3."
    )


def test_the_last_bar_is_of_all_that_took_more():
    ax = attempts_chart([(n, 1, 0) for n in range(1, 14)])
    assert bars(ax, FILL[Status.PROCESSED])[-1][2:] == [0, 4]
    assert "10+" in texts(ax)


def test_jobs_settled_by_hand_without_an_attempt_have_a_bar():
    ax = attempts_chart([(0, 2, 0), (1, 1, 0)])
    assert [(a + b) / 2 for a, b, *_ in bars(ax, FILL[Status.PROCESSED])] == pytest.approx([0, 1])
    assert "0" in texts(ax)
