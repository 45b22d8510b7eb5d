"""From when a job may be claimed: delays, and the order in which jobs are due."""

from __future__ import annotations

import pytest

from rinq.queue import Status
from rinq.queue.sqlite.connection import SQL

A, B, C = "abcdefghij", "bcdefghijk", "cdefghijkl"


def test_a_job_that_is_delayed_is_claimed_from_its_time_on(queue, clock):
    job = queue.submit(A, delay=10)
    assert job.due == queue.next_due() == clock.now + 10
    clock.now += 9.5
    assert queue.claim("c1") is None
    clock.now += 0.5
    assert queue.claim("c1").name == A
    assert queue.next_due() is None


def test_a_failed_execution_waits_before_it_is_tried_again_and_no_other_move_does(queue, clock):
    queue.submit(A)
    queue.fail(queue.claim("c1"), "boom", 3, delay=5)
    assert queue.job(A).due == clock.now + 5
    clock.now += 5
    queue.release(queue.claim("c1"))
    assert queue.job(A).due == clock.now
    queue.claim("c1", lease=1)
    clock.now += 2
    queue.reassign("m1")
    assert queue.job(A).due == clock.now
    assert queue.claim("c1").name == A


def test_the_last_try_fails_whatever_the_delay(queue, claim):
    assert queue.fail(claim, "boom", 1, delay=5) is Status.FAILED
    queue.redrive(A, "operator")
    assert queue.claim("c1").name == A


def test_jobs_come_in_the_order_of_their_time(queue, clock):
    queue.submit(A, delay=10)
    queue.submit_many([B], delay=5)
    clock.now += 7
    queue.submit(C)
    clock.now += 5
    assert [queue.claim("c1").name for _ in range(3)] == [B, C, A]


def test_the_history_tells_from_when_a_job_could_be_claimed(queue, clock):
    queue.submit(A, delay=10)
    clock.now += 10
    queue.claim("c1")
    assert [row.due for row in queue.history.of(A)] == [clock.now, clock.now]


@pytest.mark.parametrize("query", ["claim", "next_due"])
def test_a_claim_passes_over_what_is_not_due_without_reading_it(queue, query):
    queue.submit_many([f"far{n:07}" for n in range(50)], delay=1e6)
    values = {"actor": "c1", "lease": 60, "now": queue.clock.now()}
    plan = [row["detail"] for row in queue._db.run(f"EXPLAIN QUERY PLAN {SQL[query]}", values)]
    conditions = "status=? AND due<?" if query == "claim" else "status=?"
    assert any(f"INDEX jobs_live ({conditions})" in step for step in plan), plan
    assert not any("B-TREE" in step for step in plan)
