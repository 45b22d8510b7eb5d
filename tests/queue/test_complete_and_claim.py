"""Completing one job and claiming the next, in one transaction."""

from __future__ import annotations

import pytest

from rinq import audit
from rinq.errors import StaleClaim, UnknownJob
from rinq.queue import Claim, Status

A, B, C = "abcdefghij", "bcdefghijk", "cdefghijkl"


def test_it_does_what_both_verbs_do(queue, clock, claim):
    queue.submit(B)
    following = queue.complete_and_claim(claim, 30, "ab" * 32)
    assert following == Claim(queue.job(B).id, B, 1, "c1")
    assert queue.job(A).status is Status.PROCESSED
    assert queue.job(A).checksum == "ab" * 32
    assert queue.job(B).lease_until == clock.now + 30
    assert queue.complete_and_claim(following) is None
    assert audit(queue)


def test_from_a_stale_claim_nothing_is_completed_or_claimed(queue, stale):
    queue.submit(B)
    with pytest.raises(StaleClaim):
        queue.complete_and_claim(stale[0])
    assert queue.job(B).status is Status.UNPROCESSED
    assert queue.history.of(A)[-1].event == "refused"


def test_of_a_job_that_is_gone_nothing_is_claimed(queue, claim):
    queue.submit(B)
    queue._db.run(f"DELETE FROM jobs WHERE name = '{A}'")
    with pytest.raises(UnknownJob):
        queue.complete_and_claim(claim)
    assert queue.job(B).status is Status.UNPROCESSED


def test_repeated_after_a_lost_answer_it_returns_the_same_claim_and_writes_nothing(queue, claim):
    queue.submit_many([B, C])
    following = queue.complete_and_claim(claim)
    before = queue.history.transitions()
    assert queue.complete_and_claim(claim) == following
    assert queue.history.transitions() == before


def test_repeated_it_never_claims_anew(queue, clock, claim):
    assert queue.complete_and_claim(claim) is None
    queue.submit(B)
    assert queue.complete_and_claim(claim) is None
    following = queue.claim("c1", 10)
    assert queue.complete_and_claim(claim) is None
    queue.release(following)
    assert queue.complete_and_claim(claim) is None


def test_repeated_after_the_claim_was_lost_it_returns_none(queue, clock, claim):
    queue.submit(B)
    queue.complete_and_claim(claim, 10)
    clock.now += 11
    queue.reassign("m1")
    assert queue.complete_and_claim(claim) is None
    queue.claim("c1")
    assert queue.complete_and_claim(claim) is None


def test_a_claim_of_somebody_else_is_not_returned(queue, claim):
    queue.complete(claim)
    queue.submit(B)
    queue.claim("c2")
    assert queue.complete_and_claim(claim) is None
