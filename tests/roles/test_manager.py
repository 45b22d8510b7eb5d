"""The Manager, step by step: takes back claims whose lease has lapsed."""

from __future__ import annotations

import pytest

from rinq import audit
from rinq.queue import Status
from rinq.roles.manager import Manager

NAME = "abcdefghij"


@pytest.fixture
def manager(hire):
    return hire(Manager)


def test_a_lease_at_its_end_still_holds_and_just_after_is_taken_back(manager, queue, clock, submit):
    submit(NAME)
    claim = queue.claim("consumer-1", 60)
    clock.now += 60
    assert manager() == 10
    assert queue.job(NAME).attempt == claim.attempt
    assert queue.job(NAME).status is Status.PROCESSING
    clock.now += 0.001
    manager()
    job = queue.job(NAME)
    assert (job.status, job.reassigns, job.process) == (Status.UNPROCESSED, 1, None)
    assert "consumer-1" in job.error


def test_a_job_that_kills_its_consumers_ends_as_failed(manager, queue, files, clock, submit):
    submit(NAME)
    for _ in range(5):
        queue.claim("consumer-1")
        clock.now += 61
        manager()
    assert queue.job(NAME).status is Status.FAILED
    assert (files.folder / f"{NAME}.failed").read_bytes() == b"some text"
    assert audit(queue, files).at_rest


def test_n_reassigns_comes_from_the_config(hire, queue, files, clock, submit):
    manager = hire(Manager, manager={"n_reassigns": 1})
    submit(NAME)
    queue.claim("consumer-1")
    files.write_result(NAME, 1, b"half")
    clock.now += 61
    manager()
    assert queue.job(NAME).status is Status.FAILED
    assert list((files.folder / ".rinq/results").iterdir()) == []


def test_a_bad_name_is_taken_back_like_any_other(manager, queue, clock, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    queue._db.run("INSERT INTO jobs (name, since, at) VALUES ('../../evil', 0, 0)")
    for _ in range(5):
        queue.claim("consumer-1")
        clock.now += 61
        manager()
    assert queue.job("../../evil").status is Status.FAILED
    assert sorted(tmp_path.rglob("*")) == before


def test_a_claim_made_by_hand_without_a_lease_is_taken_back(manager, queue, submit):
    submit(NAME)
    queue._db.run("UPDATE jobs SET status = 'processing', attempt = 1, event = 'claim'")
    manager()
    assert queue.job(NAME).status is Status.UNPROCESSED


def test_a_row_deleted_just_after_the_move_is_no_trouble(hire, queue, clock, submit):
    manager = hire(Manager, manager={"n_reassigns": 1})
    submit(NAME)
    queue.claim("consumer-1")
    clock.now += 61
    reassign = queue.reassign

    def reassign_and_delete(*args):
        taken = reassign(*args)
        queue._db.run("DELETE FROM jobs")
        return taken

    queue.reassign = reassign_and_delete
    assert manager() == 10


def test_it_goes_on_while_the_queue_is_paused(manager, queue, clock, submit):
    submit(NAME)
    queue.claim("consumer-1")
    queue.settings.change({"paused": True})
    clock.now += 61
    manager()
    assert queue.job(NAME).status is Status.UNPROCESSED
