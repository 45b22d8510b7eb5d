"""Waiting, time unprocessed, service and system time: by hand, and by Little's law."""

from __future__ import annotations

import numpy as np
import pytest
import stories
from hypothesis import given
from hypothesis import strategies as st

from rinq import metrics
from rinq.metrics.durations import DURATIONS


def area(counts, status, end):
    """How many seconds jobs spent in a status, in all: the area under its count."""
    return (np.diff([*counts["at"], end]) * counts[status]).sum()


def test_times_of_the_settled_jobs(told):
    queue, start = told
    found = metrics.job_times(metrics.transitions(queue))
    found[["arrived", "settled"]] -= start
    columns = ["job_id", "arrived", "settled", "status", "attempts", *DURATIONS]
    assert found[columns].to_numpy().tolist() == [
        [2, 1, 5, "processed", 1, 3, 3, 1, 4],
        [1, 0, 7, "failed", 2, 2, 5, 2, 7],  # cleaned since; unprocessed 0 to 2 and 3 to 6
    ]


def test_a_job_that_is_redriven_arrives_again_and_its_time_as_failed_counts_as_nothing():
    rows = [
        *[(0.0, 1, "submit", 0, "p"), (1.0, 1, "claim", 1, "c"), (3.0, 1, "fail", 1, "c")],
        *[(10.0, 1, "redrive", 1, "o"), (14.0, 1, "claim", 2, "c"), (22.0, 1, "complete", 2, "c")],
        *[(30.0, 2, "submit", 0, "p"), (31.0, 2, "claim", 1, "c"), (33.0, 2, "fail", 1, "c")],
        (34.0, 2, "redrive", 1, "o"),  # and not settled again
        (35.0, 3, "complete", 1, "c"),  # its arrival is not known
    ]
    found = metrics.job_times(stories.transitions(rows))
    assert found[["job_id", "arrived", "attempts", *DURATIONS]].to_numpy().tolist() == [
        [1, 0, 1, 1, 1, 2, 3],
        [1, 10, 1, 4, 4, 8, 12],
        [2, 30, 1, 1, 1, 2, 3],
    ]


def test_waiting_ends_at_the_first_claim_and_time_unprocessed_does_not():
    rows = [
        *[(0.0, 1, "submit", 0, "p"), (2.0, 1, "claim", 1, "c"), (5.0, 1, "retry", 1, "c")],
        *[(9.0, 1, "claim", 2, "c"), (10.0, 1, "release", 2, "c"), (20.0, 1, "claim", 3, "c")],
        (1, "refused", "processing", "processing", 20.5, "a", "a", 1),
        (21.0, 1, "complete", 3, "c"),
    ]
    (found,) = metrics.job_times(stories.transitions(rows)).itertuples()
    assert (found.waiting, found.unprocessed, found.service) == (2, 2 + 4 + 10, 3 + 1 + 1)
    assert (found.system, found.attempts) == (21, 3)


BY_HAND = [
    ([(None, "processing", 0), ("processing", "processed", 4)], [(0, 0, 4, 1)]),
    ([(None, "unprocessed", 0), ("unprocessed", "failed", 4)], [(4, 4, 0, 0)]),
    ([(None, "unprocessed", 0), ("unprocessed", None, 4)], []),
    ([(None, "processed", 0)], []),
    ([("processing", "processed", 0)], []),
]


@pytest.mark.parametrize(
    ("moves", "expected"),
    BY_HAND,
    ids=["inserted-processing", "never-claimed", "deleted", "inserted-processed", "begin-unknown"],
)
def test_what_was_moved_by_hand_has_its_times_too(moves, expected):
    rows = [(1, "illegal", *move[:2], float(move[2]), None, None, 0) for move in moves]
    found = metrics.job_times(stories.transitions(rows))
    columns = found[["waiting", "unprocessed", "service", "attempts"]]
    assert columns.to_numpy().tolist() == [list(row) for row in expected]


@given(st.lists(stories.ACTS, max_size=60))
def test_when_all_is_settled_the_times_sum_up_to_the_areas_under_the_counts(acts):
    """Little's law: the jobs' times in all are the mean number of jobs times the time."""
    queue, now = stories.played(acts, drained=True)
    with queue:
        rows = metrics.transitions(queue)
    counts, found = metrics.status_counts(rows), metrics.job_times(rows)
    assert len(found) == rows["event"].isin(["submit", "redrive"]).sum()
    assert found["unprocessed"].sum() == pytest.approx(area(counts, "unprocessed", now[0]))
    assert found["service"].sum() == pytest.approx(area(counts, "processing", now[0]))
    both = found["unprocessed"] + found["service"]
    assert both.tolist() == pytest.approx(found["system"].tolist())
    assert (found["waiting"] <= found["unprocessed"]).all()
    assert (found[list(DURATIONS)] >= 0).all(axis=None)


def test_percentiles_of_known_times():
    rows = [
        (at, job, event, attempt, "x")
        for job in range(1, 101)
        for at, event, attempt in [(0, "submit", 0), (0, "claim", 1), (job, "complete", 1)]
    ]
    found = metrics.percentiles(metrics.job_times(stories.transitions(rows))).set_index("time")
    assert [*found.loc["service"].to_numpy()] == pytest.approx(
        [100, 50.5, 50.5, 90.1, 95.05, 99.01, 100]
    )
    assert found.loc["waiting", "p99"] == 0


def test_without_settled_jobs_times_are_empty_and_percentiles_unknown():
    found = metrics.job_times(stories.transitions([(1.0, 1, "submit", 0, "p")]))
    assert len(found) == len(metrics.job_times(stories.transitions([]))) == 0
    short = metrics.percentiles(found)
    assert short["jobs"].tolist() == [0, 0, 0, 0]
    assert short["p50"].isna().all()


def test_a_delayed_job_arrives_when_it_is_due(queue, clock):
    queue.submit("delayedjob", delay=30)
    clock.now += 40
    queue.complete(queue.claim("c1"))
    times = metrics.job_times(metrics.transitions(queue))
    assert times[["waiting", "unprocessed", "system"]].to_numpy().tolist() == [[10, 10, 10]]
    found = metrics.measure(queue, consumers=1, start=clock.now - 40, end=clock.now + 1)
    assert (found.waiting, found.processed) == (10, 1)


def test_a_cancelled_job_has_no_times_and_is_no_failure(queue, clock):
    start = clock.now
    queue.submit("cancelled1")
    clock.now += 5
    queue.cancel("cancelled1", "operator", "not needed")
    assert metrics.job_times(metrics.transitions(queue)).empty
    found = metrics.measure(queue, consumers=1, start=start, end=clock.now + 1)
    assert (found.arrivals, found.failed) == (1, 0)
