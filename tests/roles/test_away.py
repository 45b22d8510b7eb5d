"""A folder that is away, a file that cannot be read now, a disk that is slow: no job is spent."""

from __future__ import annotations

import os
import threading

import pytest

from rinq import audit
from rinq.errors import FilesUnavailable, Unavailable, WorkerUnavailable
from rinq.queue import PersistentQSQLite, Status
from rinq.roles.cleaner import Cleaner
from rinq.roles.consumer import Consumer
from rinq.roles.manager import Manager
from rinq.roles.operator import redrive
from rinq.roles.producer import Producer

NAME, OTHER = "abcdefghij", "zyxwvutsrq"


@pytest.fixture
def away(files, monkeypatch):
    """What lets the folder be away, as ``check`` finds it."""

    def go():
        def fail():
            raise FilesUnavailable("not mounted")

        monkeypatch.setattr(files._store, "check", fail)
        return monkeypatch.undo

    return go


def spent(queue, name=NAME):
    job = queue.job(name)
    return job.tries, job.reassigns


def test_nothing_is_claimed_while_the_folder_is_away(hire, queue, submit, events, away):
    submit(NAME)
    consumer = hire(Consumer)
    back = away()
    for _ in range(3):
        with pytest.raises(FilesUnavailable):
            consumer()
    assert events(NAME) == ["submit"]
    back()
    consumer()
    assert queue.job(NAME).status is Status.PROCESSING


def test_a_job_whose_work_has_not_begun_is_handed_back(hire, queue, files, submit, events, trouble):
    submit(NAME)
    consumer = hire(Consumer)
    trouble(files, "read", error=FilesUnavailable)
    with pytest.raises(FilesUnavailable):
        consumer()
    assert events(NAME) == ["submit", "claim", "release"]
    assert spent(queue) == (0, 0)


def test_one_file_that_cannot_be_read_holds_up_no_other(
    hire, queue, files, desk, submit, monkeypatch
):
    """As where its permissions are wrong."""
    submit(NAME)
    submit(OTHER)
    consumer = hire(Consumer)
    desk.at_once = lambda task: task.finish()
    read = files._store.read

    def refuse(entry):
        if entry == NAME:
            raise PermissionError(13, "Permission denied")
        return read(entry)

    monkeypatch.setattr(files._store, "read", refuse)
    for _ in range(2):
        with pytest.raises(FilesUnavailable):
            consumer()
        if queue.job(OTHER).status is not Status.PROCESSED:
            consumer()
    assert queue.job(OTHER).status is Status.PROCESSED
    assert (queue.job(NAME).status, *spent(queue)) == (Status.UNPROCESSED, 0, 0)
    monkeypatch.undo()
    consumer()
    assert queue.job(NAME).status is Status.PROCESSED


def test_a_claim_is_held_for_as_long_as_its_result_cannot_be_written(
    hire, queue, clock, desk, submit, files, away
):
    submit(NAME)
    consumer, manager = hire(Consumer), hire(Manager)
    consumer()
    desk.task.finish()
    back = away()
    for _ in range(30):  # ten times as long as the lease
        with pytest.raises(FilesUnavailable):
            consumer()
        clock.now += 20
        manager()
    assert (queue.job(NAME).status, *spent(queue)) == (Status.PROCESSING, 0, 0)
    back()
    consumer()
    assert (queue.job(NAME).status, queue.job(NAME).attempt) == (Status.PROCESSED, 1)
    assert audit(queue, files).at_rest


def test_a_claim_that_was_taken_back_meanwhile_is_not_renewed(
    hire, queue, clock, desk, submit, events, away
):
    submit(NAME)
    consumer = hire(Consumer)
    consumer()
    desk.task.finish()
    clock.now += 61
    queue.reassign("manager-1")
    away()
    with pytest.raises(FilesUnavailable):
        consumer()
    assert events(NAME) == ["submit", "claim", "reassign"]


def test_an_accepted_job_whose_files_cannot_follow_yet_is_left_alone(
    hire, queue, desk, submit, events, files, trouble
):
    submit(NAME)
    consumer = hire(Consumer)
    consumer()
    desk.task.finish()
    trouble(files, "follow", error=FilesUnavailable)
    with pytest.raises(FilesUnavailable):
        consumer()
    consumer()
    assert events(NAME) == ["submit", "claim", "complete"]
    assert audit(queue, files).at_rest


def test_where_no_worker_can_be_started_the_job_is_handed_back(
    hire, queue, desk, submit, events, trouble
):
    submit(NAME)
    consumer = hire(Consumer)
    trouble(desk, "start", error=WorkerUnavailable)
    with pytest.raises(WorkerUnavailable):
        consumer()
    assert events(NAME) == ["submit", "claim", "release"]
    consumer()
    desk.task.result = lambda: (_ for _ in ()).throw(WorkerUnavailable("it never began"))
    desk.task.finish()
    with pytest.raises(WorkerUnavailable):
        consumer()
    assert spent(queue) == (0, 0)
    desk.at_once = lambda task: task.finish()
    consumer()
    assert queue.job(NAME).status is Status.PROCESSED


def test_no_job_is_cleaned_whose_files_cannot_be_seen(hire, queue, submit, files, away):
    submit(NAME)
    queue.fail(queue.claim("c"), "no", n_tries=1)
    cleaner = hire(Cleaner)
    back = away()
    with pytest.raises(FilesUnavailable):
        cleaner()
    assert queue.job(NAME).status is Status.FAILED
    back()
    cleaner()
    assert queue.job(NAME).status is Status.CLEANED
    assert files.listing().folder == {}


def test_a_manager_goes_on_and_leaves_the_files_to_a_cleaner(
    hire, queue, clock, submit, away, caplog
):
    for name in (NAME, OTHER):
        submit(name)
        queue.claim("dead", lease=1)
    clock.now += 2
    manager = hire(Manager, manager={"n_reassigns": 1})
    back = away()
    manager()
    assert queue.counts()[Status.FAILED] == 2
    assert f"A cleaner will see to {OTHER}" in caplog.text
    back()
    hire(Cleaner)()
    assert queue.counts()[Status.CLEANED] == 2


def test_nothing_is_redriven_while_the_folder_is_away(queue, files, submit, away):
    submit(NAME)
    queue.fail(queue.claim("c"), "no", n_tries=1)
    away()
    with pytest.raises(FilesUnavailable):
        redrive(queue, files, NAME)
    assert queue.job(NAME).status is Status.FAILED


# A producer that is stopped while its submit meets a lock


@pytest.mark.parametrize("after", [False, True], ids=["refused", "committed"])
def test_a_file_that_was_not_submitted_is_withdrawn_when_its_producer_stops(
    hire, queue, files, trouble, after
):
    """Unless the commit was made, and only saying so failed."""
    producer = hire(Producer)
    trouble(queue, "submit", after=after)
    with pytest.raises(Unavailable):
        producer()
    producer.close()
    names = [job.name for job in queue.jobs()]
    assert len(names) == after
    assert list(files.listing().folder) == names
    assert audit(queue, files).strays == ()


def test_where_it_cannot_be_known_whether_it_was_submitted_the_file_stays(
    hire, queue, files, trouble
):
    producer = hire(Producer)
    trouble(queue, "submit", after=True)
    with pytest.raises(Unavailable):
        producer()
    trouble(queue, "job")
    producer.close()
    (job,) = queue.jobs()
    assert list(files.listing().folder) == [job.name]


# A slow disk


def test_a_slow_disk_makes_others_wait_and_loses_nothing(
    hire, queue, files, clock, desk, submit, tmp_path, monkeypatch, eventually
):
    """A rename that takes its time under the lock, longer than others wait for that."""
    submit(NAME)
    submit(OTHER)
    slow = hire(Consumer, "slow")
    desk.at_once = lambda task: task.finish()
    entered, go_on = threading.Event(), threading.Event()
    replace = os.replace

    def linger(*paths):
        entered.set()
        assert go_on.wait(60)
        replace(*paths)

    monkeypatch.setattr(os, "replace", linger)
    working = threading.Thread(target=lambda: (slow(), slow()))
    working.start()
    assert entered.wait(60)
    with PersistentQSQLite(tmp_path / "rinq.db", moment=clock, wait=0.01) as impatient:
        other = Consumer(impatient, files, slow.config, "other", work=desk)
        for _ in range(3):
            with pytest.raises(Unavailable, match="locked"):
                other()
        go_on.set()
        working.join(60)
        other()
    assert queue.counts()[Status.PROCESSED] == 2
    assert spent(queue) == spent(queue, OTHER) == (0, 0)
    assert audit(queue, files).at_rest
