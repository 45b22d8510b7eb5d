"""kill -9 between any two steps: a fresh fleet finishes the job, and all accounts agree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from rinq import audit
from rinq.faults import FAILPOINT
from rinq.queue import Status
from rinq.queue.liveness import State

NAME = "abcdefghij"


@pytest.fixture
def strike(fleet, process, eventually):
    """Starts a role that ends at the failpoint as by kill -9, and waits until it has."""

    def start(role, point, meanwhile=lambda: None):
        fleet.start(role, "victim", failpoint=f"{point}=kill")
        meanwhile()
        eventually(lambda: process("victim").state is State.CRASHED)

    return start


@pytest.fixture
def finish(fleet, queue, files, settled, eventually):
    """Lets a fresh fleet finish everything, and compares the accounts."""

    def run():
        for role in ("consumer", "manager", "cleaner"):
            fleet.start(role, f"fresh-{role}")
        settled()
        eventually(lambda: audit(queue, files).at_rest)  # a job may have settled before the crash
        fleet.stop_all()
        assert list((files.folder / ".rinq/results").iterdir()) == []
        assert audit(queue, files).at_rest

    return run


def names(files):
    return sorted(path.name for path in files.folder.iterdir() if path.is_file())


def jobs_files(files):
    return [name for name in names(files) if "rinq.db" not in name]


def test_killed_between_file_and_submit(strike, finish, fleet, queue, files, eventually):
    """The file stays, as a file without a job; every job has its file."""
    strike("producer", "file-made")
    (orphan,) = jobs_files(files)
    assert queue.jobs() == []
    fleet.start("producer", "victim")
    eventually(lambda: len(queue.jobs()) >= 3)
    fleet.stop("victim")
    finish()
    assert orphan in jobs_files(files)
    assert orphan not in {job.name for job in queue.jobs()}
    assert queue.counts()[Status.PROCESSED] == len(queue.jobs())


def test_killed_between_claim_and_work(strike, finish, queue, submit):
    submit(NAME)
    strike("consumer", "claimed")
    assert queue.job(NAME).process == "victim"
    finish()
    assert queue.job(NAME).status is Status.PROCESSED
    assert queue.job(NAME).attempt == 2
    assert queue.job(NAME).reassigns == 1


def test_killed_between_temporary_file_and_commit(strike, finish, queue, files, submit):
    submit(NAME)
    strike("consumer", "result-written")
    assert [path.name for path in (files.folder / ".rinq/results").iterdir()] == [f"{NAME}.1"]
    assert queue.job(NAME).status is Status.PROCESSING
    finish()
    assert queue.job(NAME).attempt == 2
    assert jobs_files(files) == [NAME, f"{NAME}.processed"]


def test_killed_between_commit_and_publication(strike, finish, queue, files, submit):
    submit(NAME)
    strike("consumer", "completed")
    result = (files.folder / ".rinq/results" / f"{NAME}.1").read_bytes()
    assert queue.job(NAME).status is Status.PROCESSED
    assert jobs_files(files) == [NAME]
    finish()
    assert queue.job(NAME).attempt == 1, "what was accepted is not done again"
    assert (files.folder / f"{NAME}.processed").read_bytes() == result


def test_killed_between_commit_and_renaming_to_failed(strike, finish, queue, files, submit):
    queue.settings.change({"faults.error_rate": 1})
    for _ in range(2):  # the victim's is the third and last try
        if not queue.jobs():
            submit(NAME)
        queue.fail(queue.claim("somebody"), "no", n_tries=3)
    strike("consumer", "failed")
    assert queue.job(NAME).status is Status.FAILED
    assert jobs_files(files) == [NAME]
    finish()
    assert queue.job(NAME).status is Status.CLEANED
    assert jobs_files(files) == []


def test_killed_with_the_work_begun(strike, finish, queue, submit):
    submit(NAME)
    strike("consumer", "begun")
    assert queue.job(NAME).process == "victim"
    finish()
    assert (queue.job(NAME).status, queue.job(NAME).attempt) == (Status.PROCESSED, 2)


def test_killed_under_the_lock_before_the_file_work(strike, finish, queue, files, submit):
    """The lock goes with its holder; what it was about to do is done by the Cleaner."""
    submit(NAME)
    strike("consumer", "following")
    assert queue.job(NAME).status is Status.PROCESSED
    assert jobs_files(files) == [NAME]
    finish()
    assert jobs_files(files) == [NAME, f"{NAME}.processed"]


def test_killed_between_finding_the_claim_lost_and_dropping_the_result(
    strike, finish, queue, files, submit, holds
):
    queue.settings.change({"consumer.work_time": 1000})
    submit(NAME)

    def take_back():
        holds("victim")
        queue.clock.shift(100)
        queue.reassign("somebody")
        queue.settings.change({"consumer.work_time": None})

    strike("consumer", "lost", take_back)
    finish()
    assert (queue.job(NAME).status, queue.job(NAME).attempt) == (Status.PROCESSED, 2)


def test_a_manager_killed_between_reading_a_lapsed_claim_and_taking_it_back(
    strike, finish, queue, submit
):
    submit(NAME)
    queue.claim("somebody", lease=0)
    strike("manager", "lapsed")
    assert queue.job(NAME).status is Status.PROCESSING
    finish()
    assert (queue.job(NAME).status, queue.job(NAME).reassigns) == (Status.PROCESSED, 1)


def test_a_manager_killed_between_the_last_reassign_and_renaming_to_failed(
    strike, finish, queue, files, submit, eventually
):
    submit(NAME)
    for _ in range(4):
        queue.claim("somebody", lease=0)
        eventually(lambda: queue.reassign("somebody"))
    queue.claim("somebody", lease=0)
    strike("manager", "reassigned")
    assert queue.job(NAME).status is Status.FAILED
    assert jobs_files(files) == [NAME]
    finish()
    assert queue.job(NAME).status is Status.CLEANED
    assert jobs_files(files) == []


@pytest.mark.parametrize(
    ("point", "left"), [("renamed", Status.FAILED), ("cleaned", Status.CLEANED)]
)
def test_a_cleaner_killed_between_two_steps(strike, finish, queue, files, submit, point, left):
    submit(NAME)
    queue.fail(queue.claim("somebody"), "no", n_tries=1)
    strike("cleaner", point)
    assert queue.job(NAME).status is left
    assert jobs_files(files) == [f"{NAME}.failed"]
    finish()
    assert queue.job(NAME).status is Status.CLEANED
    assert jobs_files(files) == []


def test_an_operator_killed_between_a_redrive_and_its_file_work(
    finish, config, queue, files, submit
):
    submit(NAME)
    queue.fail(queue.claim("somebody"), "no", n_tries=1)
    with queue.hold(NAME) as job:
        files.follow(job)
    assert jobs_files(files) == [f"{NAME}.failed"]
    command = [sys.executable, "-c", "from rinq.cli import main; main()", "redrive", NAME]
    command += ["--config", str(config.file)]
    armed = {**os.environ, FAILPOINT: "redriven=kill"}
    assert subprocess.run(command, env=armed, check=False).returncode == -signal.SIGKILL
    assert queue.job(NAME).status is Status.UNPROCESSED
    assert jobs_files(files) == [f"{NAME}.failed"]
    finish()
    assert jobs_files(files) == [NAME, f"{NAME}.processed"]
