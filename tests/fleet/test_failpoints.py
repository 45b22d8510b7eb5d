"""kill -9 between any two steps: a fresh fleet finishes the job, and all accounts agree."""

from __future__ import annotations

import pytest
from consistency import check

from rinq.fleet.identity import State
from rinq.queue import Status

NAME = "abcdefghij"


@pytest.fixture
def strike(fleet, process, monkeypatch, eventually):
    """Starts a role that ends at the failpoint as by kill -9, and waits until it has."""

    def start(role, point):
        with monkeypatch.context() as armed:
            armed.setenv("RINQ_FAILPOINT", f"{point}=kill")
            fleet.start(role, "victim")
        eventually(lambda: process("victim").state is State.CRASHED)

    return start


@pytest.fixture
def finish(fleet, queue, files, settled):
    """Lets a fresh fleet finish everything, and compares the accounts."""

    def run():
        for role in ("consumer", "manager", "cleaner"):
            fleet.start(role, f"fresh-{role}")
        settled()
        fleet.stop_all()
        assert list((files.folder / ".rinq/results").iterdir()) == []
        assert check(queue, files.folder) == []

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
    queue.change_settings({"faults.error_rate": 1})
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
