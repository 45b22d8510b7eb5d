"""Giving up a job that is not settled."""

from __future__ import annotations

import pytest

from rinq import audit
from rinq.errors import IllegalMove, StaleClaim, UnknownJob
from rinq.queue import Status

A = "abcdefghij"


def test_a_job_that_waits_is_cancelled_with_its_reason(queue):
    queue.submit(A)
    job = queue.cancel(A, "operator", "not needed")
    assert (job.status, job.event, job.error) == (Status.FAILED, "cancel", "not needed")
    assert (job.tries, job.reassigns) == (0, 0)
    assert queue.claim("c1") is None
    assert audit(queue)


def test_a_claim_on_a_cancelled_job_is_stale(queue, claim):
    queue.cancel(A, "operator", "not needed")
    for act in (queue.complete, queue.release, queue.renew, queue.complete_and_claim):
        with pytest.raises(StaleClaim):
            act(claim)
    entry = queue.history.of(A)[2]
    assert (entry.event, entry.actor, entry.process) == ("cancel", "operator", "c1")
    assert audit(queue).refused == 4


@pytest.mark.parametrize("status", ["processed", "failed", "cleaned"])
def test_what_is_settled_cannot_be_cancelled_and_the_refusal_is_kept(queue, claim, status):
    if status == "processed":
        queue.complete(claim)
    else:
        queue.fail(claim, "boom", 1)
    if status == "cleaned":
        queue.clean(A, "cleaner")
    with pytest.raises(IllegalMove, match=f"cancel of {A} refused: it is {status}"):
        queue.cancel(A, "operator", "too late")
    assert queue.history.of(A)[-1].event == "refused"
    assert queue.job(A).status == status


def test_repeated_it_is_refused_and_a_redrive_lets_it_run(queue):
    queue.submit(A)
    queue.cancel(A, "operator", "not needed")
    with pytest.raises(IllegalMove):
        queue.cancel(A, "operator", "not needed")
    queue.redrive(A, "operator")
    queue.complete(queue.claim("c1"))
    assert audit(queue)


def test_a_job_that_is_not_there_cannot_be_cancelled(queue):
    with pytest.raises(UnknownJob):
        queue.cancel(A, "operator", "why")
