"""What a claim is worth: stale only once it was taken back, at the end of its lease.

The contract's rules 3 and 8.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rinq.errors import StaleClaim, UnknownJob
from rinq.queue import Claim, PersistentQSQLite, Status

A, B, C = "abcdefghij", "klmnopqrst", "uvwxyz0123"
LEASE = 60


def _events(queue):
    return [row.event for row in queue.history.transitions()]


def everything(queue):
    """All that the verbs may change; a refused act is only counted in the job's row."""
    rows = [replace(job, entries=0, last_entry=0) for job in queue.jobs()]
    return rows, queue.history.transitions()


# Stale claims (rule 3)

ACTS = {
    "complete": lambda queue, claim: queue.complete(claim),
    "fail": lambda queue, claim: queue.fail(claim, "boom", 3),
    "release": lambda queue, claim: queue.release(claim),
    "renew": lambda queue, claim: queue.renew(claim),
}
each_act = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)


@each_act
def test_age_alone_refuses_nothing(queue, clock, claim, act):
    clock.now += 1_000_000
    act(queue, claim)
    assert "refused" not in _events(queue)


@each_act
def test_a_stale_claim_is_refused_for_the_record_and_moves_nothing(queue, stale, act):
    mine, theirs = stale
    before = everything(queue)
    with pytest.raises(StaleClaim, match=f"{A}, attempt 1, refused: it is processing by c2"):
        act(queue, mine)
    jobs, transitions = everything(queue)
    assert (jobs, transitions[:-1]) == before
    refused = transitions[-1]
    assert (refused.event, refused.actor, refused.process) == ("refused", "c1", "c1")
    assert (refused.from_status, refused.to_status) == ("processing", "processing")
    assert (refused.attempt, refused.job_id) == (1, theirs.job_id)
    assert "refused: it is processing by c2 at attempt 2" in refused.error
    queue.complete(theirs)


@each_act
def test_a_claim_that_was_taken_back_and_not_claimed_again_is_stale(queue, clock, claim, act):
    clock.now += LEASE + 1
    queue.reassign("m1")
    with pytest.raises(StaleClaim, match="it is unprocessed at attempt 1"):
        act(queue, claim)


@each_act
def test_a_refused_act_was_committed_before_it_was_raised(queue, stale, act):
    with pytest.raises(StaleClaim):
        act(queue, stale[0])
    with PersistentQSQLite(queue._db.path) as another:
        assert _events(another)[-1] == "refused"


@each_act
def test_an_act_on_a_job_whose_row_is_gone_is_an_unknown_job(queue, claim, act):
    queue._db.run("DELETE FROM jobs")
    with pytest.raises(UnknownJob, match=A):
        act(queue, claim)


@pytest.mark.parametrize("first", ["complete", "fail", "release"])
@each_act
def test_a_claim_that_ended_can_only_be_repeated(queue, claim, first, act):
    ACTS[first](queue, claim)
    before = everything(queue)
    if act is ACTS[first]:
        act(queue, claim)
        assert everything(queue) == before
    else:
        with pytest.raises(StaleClaim):
            act(queue, claim)
        assert everything(queue)[0] == before[0]


@pytest.mark.parametrize("n_tries", [1, 3])
def test_repeating_a_failure_returns_what_it_led_to_whatever_happened_since(queue, claim, n_tries):
    led_to = queue.fail(claim, "boom", n_tries)
    if led_to is Status.FAILED:
        queue.redrive(A, "operator")
    queue.complete(queue.claim("c2"))
    before = everything(queue)
    assert queue.fail(claim, "another reason", 99) is led_to
    assert everything(queue) == before


def test_a_claim_of_a_later_attempt_that_was_never_made_is_stale(queue, claim):
    with pytest.raises(StaleClaim):
        queue.complete(Claim(claim.job_id, A, 2, "c1"))


# Leases (rule 8)


def test_a_lease_is_over_only_after_its_end(queue, clock, claim):
    clock.now += LEASE
    assert queue.reassign("m1") == []
    clock.now += 0.001
    (job,) = queue.reassign("m1")
    assert (job.name, job.status, job.reassigns) == (A, Status.UNPROCESSED, 1)
    assert job == queue.job(A)


def test_a_lease_is_that_of_the_claim(queue, clock):
    queue.submit_many([A, B])
    queue.claim("c1", 10)
    queue.claim("c1", 20)
    clock.now += 15
    assert [job.name for job in queue.reassign("m1")] == [A]


def test_renewing_moves_the_end_and_never_forward(queue, clock, claim):
    before = queue.history.transitions()
    clock.now += 40
    queue.renew(claim, LEASE)
    assert queue.job(A).lease_until == clock.now + LEASE
    queue.renew(claim, 5)
    assert queue.job(A).lease_until == clock.now + LEASE
    clock.now += LEASE
    assert queue.reassign("m1") == []
    assert queue.history.transitions() == before  # a renewal is no move


def test_a_job_that_was_taken_back_too_often_fails(queue, clock):
    queue.submit(A)
    for count in (1, 2, 3):
        queue.claim("c1", LEASE)
        clock.now += LEASE + 1
        (job,) = queue.reassign("m1", 3)
        assert (job.reassigns, job.judged_by_limit) == (count, 3)
    assert job.status is Status.FAILED
    assert "nothing was heard from c1" in job.error
    assert [row.to_status for row in queue.history.of(A) if row.event == "reassign"] == [
        "unprocessed",
        "unprocessed",
        "failed",
    ]


def test_all_lapsed_claims_are_taken_back_oldest_lease_first_and_no_other(queue, clock):
    queue.submit_many([A, B, C])
    queue.claim("c1", 30)
    queue.claim("c2", 20)
    queue.claim("c3", 100)
    clock.now += 50
    assert [job.name for job in queue.reassign("m1")] == [B, A]
    assert queue.job(C).process == "c3"
    taken = [row for row in queue.history.transitions() if row.event == "reassign"]
    assert [(row.actor, row.process) for row in taken] == [("m1", "c2"), ("m1", "c1")]


def test_a_claim_renewed_between_the_look_and_the_move_is_spared(queue, clock, claim, monkeypatch):
    clock.now += LEASE + 1
    write = queue._db.write

    def renew_first():
        monkeypatch.undo()
        queue.renew(claim, LEASE)
        return write()

    monkeypatch.setattr(queue._db, "write", renew_first)
    assert queue.reassign("m1") == []
    queue.complete(claim)


def test_a_processing_row_without_a_lease_is_taken_back(queue, claim):
    queue._db.run("UPDATE jobs SET lease_until = NULL")
    assert [job.name for job in queue.reassign("m1")] == [A]
