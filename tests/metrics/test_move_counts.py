"""How many moves, how fast, and how jobs ended: by hand, and by the laws of queues."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import stories
from hypothesis import given
from hypothesis import strategies as st

from rinq import metrics
from rinq.metrics.live_history import LiveHistory
from rinq.queue import SETTLED


def test_moves_are_counted_in_all_and_in_the_window(told):
    queue, start = told
    rows = metrics.transitions(queue)
    found = metrics.moves(rows, now=start + 83, window=75.0).set_index(["event", "to_status"])
    events = [event for event, _ in found.index.to_list()]
    numbers = dict(zip(events, zip(found["total"], found["recent"], strict=True), strict=True))
    assert numbers | {"reassign": None} == {
        "submit": (3, 1),
        "claim": (5, 2),
        "complete": (1, 0),
        "retry": (1, 0),
        "fail": (1, 0),
        "release": (1, 1),
        "cancel": (0, 0),
        "clean": (1, 1),
        "redrive": (0, 0),
        "refused": (1, 1),
        "illegal": (0, 0),
        "reassign": None,
    }
    assert found["total"]["reassign"].to_dict() == {"unprocessed": 1, "failed": 0}
    assert found["rate"]["claim"].tolist() == [2 / 75]


def test_a_job_that_the_manager_fails_is_a_move_of_its_own():
    rows = [(1, "reassign", "processing", "failed", 5.0, "manager-1", "consumer-1", 1)]
    found = metrics.moves(stories.transitions(rows), now=5.0, window=10.0)
    assert found[found["total"] > 0][["event", "to_status"]].to_numpy().tolist() == [
        ["reassign", "failed"]
    ]


def test_totals_may_come_from_a_tally(told):
    queue, start = told
    history = LiveHistory()
    history.read(queue, 0)
    window = {"now": start + 83, "window": 10.0}
    whole = metrics.moves(metrics.transitions(queue), **window)
    total = metrics.tally(history.tally)
    latest = metrics.moves(history.transitions.iloc[-5:], total=total, **window)
    pd.testing.assert_frame_equal(latest, whole)
    assert total["n"].sum() == 15


def test_arrivals_finished_jobs_and_backlog_per_bucket(told):
    queue, start = told
    edges = [start + second for second in (0, 5, 8, 50, 83)]
    found = metrics.throughput(metrics.transitions(queue), edges)
    assert found[["arrivals", "finished", "backlog", "in_service"]].to_numpy().tolist() == [
        [2, 0, 1, 1],  # to just before second 5, when B is completed
        [0, 2, 0, 0],
        [1, 0, 0, 1],
        [0, 0, 1, 0],
    ]
    assert found["arrival_rate"].tolist() == [2 / 5, 0, 1 / 42, 0]
    assert found["throughput"].tolist() == [0, 2 / 3, 0, 0]


EDGES = st.floats(900, 2700) | st.integers(40, 100).map(lambda step: 25.0 * step)


@given(st.lists(stories.ACTS, max_size=60), st.lists(EDGES, min_size=2, max_size=9))
def test_what_is_in_the_system_grows_by_arrivals_less_finished(acts, edges):
    queue, _ = stories.played(acts)
    with queue:
        edges = sorted({0.0, *edges})
        found = metrics.throughput(metrics.transitions(queue), edges)
    inside = found["backlog"] + found["in_service"]
    assert inside.tolist() == (found["arrivals"] - found["finished"]).cumsum().tolist()


@given(st.lists(stories.ACTS, max_size=60))
def test_every_entry_is_one_move_and_every_settled_job_has_its_attempts(acts):
    queue, now = stories.played(acts)
    with queue:
        rows = metrics.transitions(queue)
        assert metrics.moves(rows, now=now[0], window=1.0)["total"].sum() == len(rows)
        found = metrics.attempts_per_job(rows).set_index("attempts")
        pd.testing.assert_frame_equal(
            metrics.attempts_per_job(metrics.tally(queue.history.tally())).set_index("attempts"),
            found,
        )
        settled = metrics.jobs(queue)
        settled = settled[settled["status"].isin(SETTLED)]
    bad = settled["status"].ne("processed").groupby(settled["attempt"]).sum()
    assert found["jobs"][found["jobs"] > 0].to_dict() == settled["attempt"].value_counts().to_dict()
    assert found["failed"][found["failed"] > 0].to_dict() == bad[bad > 0].to_dict()
    assert (found["processed"] + found["failed"]).eq(found["jobs"]).all()


def test_attempts_per_job_of_a_history_by_hand():
    rows = [
        *[(1, 1, "submit", 0, "p"), (2, 1, "claim", 1, "c"), (3, 1, "complete", 1, "c")],
        *[(1, 2, "submit", 0, "p"), (2, 2, "claim", 1, "c"), (3, 2, "retry", 1, "c")],
        *[(4, 2, "claim", 2, "c"), (5, 2, "fail", 2, "c"), (6, 2, "clean", 2, "k")],
        *[(1, 3, "submit", 0, "p"), (2, 3, "claim", 1, "c"), (3, 3, "fail", 1, "c")],
        (4, 3, "redrive", 1, "operator"),
    ]
    found = metrics.attempts_per_job(stories.transitions(rows))
    assert found.to_numpy().tolist() == [[1, 1, 1, 0], [2, 1, 0, 1]]


@pytest.mark.parametrize("rows", [[], [(1.0, 1, "submit", 0, "p")]])
def test_without_settled_jobs_there_is_nothing_per_job(rows):
    assert len(metrics.attempts_per_job(stories.transitions(rows))) == 0
    assert np.isfinite(metrics.moves(stories.transitions(rows), now=2.0, window=1.0)["rate"]).all()


def test_an_entry_written_by_hand_with_an_unknown_event_is_no_move_and_no_harm():
    rows = stories.transitions(
        [(1.0, 1, "submit", 0, "p"), (1, "what", None, None, 2.0, "x", "x", 1)]
    )
    assert metrics.moves(rows, now=3.0, window=9.0)["total"].sum() == 1
    assert metrics.attempt_ends(rows, [0, 9])["attempts"].tolist() == [0]
    assert len(metrics.status_counts(rows)) == 1
