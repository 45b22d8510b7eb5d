"""Waiting, service and system time: by hand, and by Little's law."""

from __future__ import annotations

import numpy as np
import pytest
import stories
from hypothesis import given
from hypothesis import strategies as st

from rinq.metrics import frames as metrics
from rinq.metrics import job_times as times


def area(counts, status, end):
    """How many seconds jobs spent in a status, in all: the area under its count."""
    return (np.diff([*counts["at"], end]) * counts[status]).sum()


def test_times_of_the_settled_jobs(told):
    queue, start = told
    found = times.times(metrics.transitions(queue))
    found[["submitted", "settled"]] -= start
    columns = ["job_id", "submitted", "settled", "status", "attempts", *times.TIMES]
    assert found[columns].to_numpy().tolist() == [
        [1, 0, 7, "failed", 2, 5, 2, 7],  # cleaned since; waited 0 to 2 and 3 to 6
        [2, 1, 5, "processed", 1, 3, 1, 4],
    ]


def test_the_time_in_which_a_job_was_failed_before_a_redrive_is_neither_wait_nor_service():
    rows = [
        *[(0.0, 1, "submit", 0, "p"), (1.0, 1, "claim", 1, "c"), (3.0, 1, "fail", 1, "c")],
        *[(10.0, 1, "redrive", 1, "o"), (14.0, 1, "claim", 2, "c"), (22.0, 1, "complete", 2, "c")],
        *[(0.0, 2, "submit", 0, "p"), (1.0, 2, "claim", 1, "c"), (3.0, 2, "fail", 1, "c")],
        (4.0, 2, "redrive", 1, "o"),  # and so not settled
        (5.0, 3, "complete", 1, "c"),  # its begin is not known
    ]
    found = times.times(stories.transitions(rows))
    assert found[["job_id", *times.TIMES]].to_numpy().tolist() == [[1, 5, 10, 22]]


@given(st.lists(stories.ACTS, max_size=60))
def test_when_all_is_settled_the_times_sum_up_to_the_areas_under_the_counts(acts):
    """Little's law: the jobs' times in all are the mean number of jobs times the time."""
    queue, now = stories.played(acts, drained=True)
    with queue:
        rows = metrics.transitions(queue)
    counts, found = metrics.status_counts(rows), times.times(rows)
    assert len(found) == rows["job_id"].nunique()
    assert found["waiting"].sum() == pytest.approx(area(counts, "unprocessed", now[0]))
    assert found["service"].sum() == pytest.approx(area(counts, "processing", now[0]))
    plain = found[~found["job_id"].isin(rows["job_id"][rows["event"].eq("redrive")])]
    assert (plain["waiting"] + plain["service"]).tolist() == pytest.approx(plain["system"].tolist())
    assert (found[list(times.TIMES)] >= 0).all(axis=None)


def test_percentiles_of_known_times():
    rows = [
        (at, job, event, attempt, "x")
        for job in range(1, 101)
        for at, event, attempt in [(0, "submit", 0), (0, "claim", 1), (job, "complete", 1)]
    ]
    found = times.percentiles(times.times(stories.transitions(rows))).set_index("time")
    assert found.loc["service"].tolist() == pytest.approx(
        [100, 50.5, 50.5, 90.1, 95.05, 99.01, 100]
    )
    assert found.loc["waiting", "p99"] == 0


def test_without_settled_jobs_times_are_empty_and_percentiles_unknown():
    found = times.times(stories.transitions([(1.0, 1, "submit", 0, "p")]))
    assert len(found) == len(times.times(stories.transitions([]))) == 0
    short = times.percentiles(found)
    assert short["jobs"].tolist() == [0, 0, 0]
    assert short["p50"].isna().all()
