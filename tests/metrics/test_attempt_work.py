"""Attempts, and the work of the processes that made them."""

from __future__ import annotations

import numpy as np
import pytest
import stories
from hypothesis import given
from hypothesis import strategies as st

from rinq import metrics
from rinq.metrics.frames import frame
from rinq.queue import ATTEMPT_ENDS, Claim, Event, ProcessEvent, Status

NONE = -1


def process_events(*rows):
    return frame([ProcessEvent(*(i, *row, None)) for i, row in enumerate(rows, 1)], ProcessEvent)


def test_attempts_of_a_history_by_hand(told):
    queue, start = told
    found = metrics.attempts(metrics.transitions(queue))
    found[["began", "ended", "refused"]] -= start
    assert found.fillna(NONE).to_numpy().tolist() == [
        [1, 1, "consumer-1", 2, 3, "retry", NONE, NONE],
        [2, 1, "consumer-2", 4, 5, "complete", NONE, NONE],
        [1, 2, "consumer-1", 6, 7, "fail", NONE, NONE],
        [10, 1, "consumer-1", 10, 80, "reassign", 83, NONE],
        [10, 2, "consumer-2", 81, 82, "release", NONE, NONE],
    ]


def test_a_death_belongs_to_the_attempt_that_was_under_way():
    rows = [
        *[(0.0, 1, "submit", 0, "p"), (1.0, 1, "claim", 1, "a"), (9.0, 1, "reassign", 1, "a")],
        *[(2.0, 2, "claim", 1, "b"), (3.0, 2, "complete", 1, "b"), (6.0, 3, "claim", 1, "a")],
    ]
    died = [(4.0, "b", "kill"), (5.0, "a", "crash"), (8.0, "a", "kill"), (9.5, "a", "kill")]
    deaths = process_events(*died, (9.7, "a", "freeze"))
    found = metrics.attempts(stories.transitions(rows), deaths)
    assert dict(zip(found["job_id"], found["killed"].fillna(-1), strict=True)) == {
        1: 5,
        2: -1,
        3: 8,
    }
    alone = metrics.attempts(stories.transitions(rows))
    assert alone["killed"].isna().all()


def test_a_refusal_of_somebody_else_is_no_late_answer():
    rows = [
        *[(0.0, 1, "submit", 0, "p"), (1.0, 1, "claim", 1, "a"), (2.0, 1, "fail", 1, "a")],
        (1, "refused", "failed", "failed", 3.0, "operator", "a", 1),
    ]
    assert metrics.attempts(stories.transitions(rows))["refused"].isna().all()


def test_claims_before_the_first_entry_are_known_from_the_jobs_that_are_held(queue, clock):
    for name in ("aaaaaaaaaa", "bbbbbbbbbb"):
        queue.submit(name)
        queue.claim("consumer-1")
        clock.now += 5
    job = queue.job("bbbbbbbbbb")
    queue.complete(Claim(job.id, job.name, job.attempt, job.process))
    held = queue.jobs(Status.PROCESSING)
    latest = metrics.transitions(queue, after=queue.history.newest(back=1))
    found = metrics.attempts(latest, held=held)
    assert found["job_id"].tolist() == [3, 1]
    assert found["began"].sub(clock.now).fillna(1).tolist() == [1, -10]
    assert found["end"].fillna("").tolist() == ["complete", ""]
    again = metrics.attempts(metrics.transitions(queue), held=held)
    assert len(again) == 2


def test_frozen_until_thawed_killed_or_now():
    found = metrics.frozen(
        process_events(
            (1.0, "a", "freeze"),
            (2.0, "b", "freeze"),
            (3.0, "a", "thaw"),
            (4.0, "b", "kill"),
            (5.0, "a", "freeze"),
            (6.0, "c", "thaw"),
        ),
        now=9.0,
    )
    assert found.to_numpy().tolist() == [["a", 1, 3], ["b", 2, 4], ["a", 5, 9]]


def test_work_and_rests_of_a_process_by_hand():
    rows = [
        *[(10.0, 1, "claim", 1, "a"), (14.0, 1, "complete", 1, "a")],
        *[(17.0, 2, "claim", 1, "a"), (21.0, 2, "retry", 1, "a")],
        (38.0, 3, "claim", 1, "a"),
    ]
    made = metrics.attempts(stories.transitions(rows))
    found = metrics.work(made, [0, 20, 40], interval=5.0)
    assert found["process"].tolist() == ["a", "a"]
    assert found[["attempts", "completed", "busy", "rested"]].to_numpy().tolist() == [
        [1, 1, 4 + 3, 3],
        [
            1,
            0,
            1 + 2,
            5,
        ],  # of the 17 seconds between 21 and 38 only the interval, after it there was no job
    ]
    assert found["utilisation"].tolist() == [7 / 20, 3 / 20]
    assert found["occupied"].tolist() == [10 / 20, 8 / 20]


def test_a_killed_process_works_no_more_though_its_claim_goes_on():
    rows = [(10.0, 1, "claim", 1, "a"), (30.0, 1, "reassign", 1, "a"), (12.0, 2, "claim", 1, "b")]
    made = metrics.attempts(stories.transitions(rows), process_events((15.0, "a", "kill")))
    found = metrics.work(made, [0, 40], interval=5.0).set_index("process")
    assert found["busy"].to_dict() == {"a": 5, "b": 28}
    assert found["rested"].to_dict() == {"a": 0, "b": 0}


def test_claims_that_one_name_holds_at_once_count_their_time_once():
    rows = [(10.0, 1, "claim", 1, "a"), (12.0, 2, "claim", 1, "a"), (20.0, 2, "retry", 1, "a")]
    found = metrics.work(metrics.attempts(stories.transitions(rows)), [10, 20, 30], interval=5.0)
    assert found[["busy", "utilisation", "occupied"]].to_numpy().tolist() == [[10, 1, 1]] * 2


def test_processes_are_in_natural_order():
    rows = [(1.0, i, "claim", 1, f"consumer-{i}") for i in (10, 2, 1)]
    made = metrics.attempts(stories.transitions(rows))
    found = metrics.work(made, [0, 2])
    assert found["process"].tolist() == ["consumer-1", "consumer-2", "consumer-10"]


def test_without_attempts_there_is_no_work_but_the_same_columns():
    made = metrics.attempts(stories.transitions([]))
    some = metrics.attempts(stories.transitions([(1.0, 1, "claim", 1, "a")]))
    assert made.columns.tolist() == some.columns.tolist()
    nothing = metrics.work(made, [0, 1])
    assert len(nothing) == 0
    assert nothing.columns.tolist() == metrics.work(some, [0, 1]).columns.tolist()


@given(st.lists(stories.ACTS, max_size=60), st.integers(1, 30), st.floats(0, 100))
def test_utilisation_is_a_share_and_no_second_of_work_is_lost(acts, buckets, interval):
    queue, now = stories.played(acts)
    with queue:
        rows = metrics.transitions(queue)
    made = metrics.attempts(rows)
    assert len(made) == rows["event"].eq("claim").sum()
    edges = np.linspace(1000, now[0], buckets + 1)
    found = metrics.work(made, edges, interval)
    assert found["utilisation"].between(0, 1).all()
    assert (found["occupied"] >= found["utilisation"]).all()
    assert (found["occupied"] <= 1 + 1e-9).all()
    lasted = (made["ended"].fillna(now[0]) - made["began"]).sum()
    assert found["busy"].sum() == pytest.approx(lasted)
    assert found["attempts"].sum() == made["ended"].notna().sum()


@given(st.lists(stories.ACTS, max_size=60))
def test_the_attempts_fill_the_area_under_the_count_of_processing(acts):
    queue, now = stories.played(acts)
    with queue:
        rows = metrics.transitions(queue)
    counts, made = metrics.status_counts(rows), metrics.attempts(rows)
    held = (np.diff([*counts["at"], now[0]]) * counts["processing"]).sum()
    assert (made["ended"].fillna(now[0]) - made["began"]).sum() == pytest.approx(held)
    late = made["refused"].notna()
    assert (made["refused"] >= made["ended"])[late].all()
    ends = made["end"].isin([*ATTEMPT_ENDS, Event.RELEASE])
    assert ends.sum() == made["ended"].notna().sum()
