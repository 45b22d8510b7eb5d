"""The Cleaner, step by step: deletes what failed, finishes what a crash left half done."""

from __future__ import annotations

import itertools
import logging
import os
import sys
from typing import Any

import pytest

from rinq import audit
from rinq.errors import FilesUnavailable, Unavailable
from rinq.queue import Status
from rinq.roles import cleaner as module
from rinq.roles.cleaner import Cleaner
from rinq.roles.operator import redrive

NAME = "abcdefghij"


@pytest.fixture
def cleaner(hire):
    return hire(Cleaner)


@pytest.fixture
def fail(queue, submit):
    """Makes a job that has failed; its file work is left to do."""

    def fail_one(name):
        submit(name)
        queue.fail(queue.claim("consumer-1"), "no", n_tries=1)

    return fail_one


def names(files):
    return sorted(path.name for path in files.folder.iterdir() if path.name != ".rinq")


def kept(files):
    return sorted(path.name for path in (files.folder / ".rinq/results").iterdir())


def test_a_failed_job_is_marked_and_its_file_deleted(cleaner, queue, files, fail, events):
    fail(NAME)
    cleaner.follow(NAME)
    assert names(files) == [f"{NAME}.failed"]
    assert cleaner() == 30
    assert queue.job(NAME).status is Status.CLEANED
    assert events(NAME)[-1] == "clean"
    assert names(files) == []
    assert audit(queue, files).at_rest


def test_nothing_is_deleted_before_the_move(cleaner, queue, files, fail, trouble):
    fail(NAME)
    trouble(queue, "clean")
    with pytest.raises(Unavailable):
        cleaner()
    assert names(files) == [f"{NAME}.failed"]
    assert queue.job(NAME).status is Status.FAILED


def test_a_job_whose_cleaning_met_trouble_is_taken_up_again_in_the_same_turn(
    cleaner, queue, files, fail, trouble, patiently
):
    for name in (NAME, "klmnopqrst"):
        fail(name)
    trouble(queue, "hold")
    assert patiently(cleaner) == 30
    assert queue.counts()[Status.CLEANED] == 2
    assert names(files) == []


def test_many_failed_jobs_are_cleaned_in_short_steps(cleaner, queue, files, fail, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 3)
    for i in range(7):
        fail(f"abcdefghi{i}")
    assert [cleaner(), cleaner(), cleaner()] == [0, 0, 30]
    assert queue.counts()[Status.CLEANED] == 7
    assert names(files) == []


def test_other_jobs_are_left_as_they_are(cleaner, queue, files, submit):
    for name in ("waits45678", "inhand4567", "done456789"):
        submit(name)
    done = queue.claim("consumer-1")  # the first
    files.write_result(done.name, done.attempt, b"new text")
    queue.complete(done)
    held = queue.claim("consumer-1")
    files.write_result(held.name, held.attempt, b"not yet")
    cleaner()
    assert queue.job(held.name).status is Status.PROCESSING
    assert kept(files) == [f"{held.name}.1"]
    assert names(files) == sorted(
        ["done456789", "inhand4567", "waits45678", f"{done.name}.processed"]
    )


# What is in the way


def test_a_job_whose_file_cannot_be_renamed_stays_failed(cleaner, queue, files, fail, caplog):
    fail(NAME)
    (files.folder / f"{NAME}.failed").mkdir()
    for _ in range(3):
        cleaner()
    assert queue.job(NAME).status is Status.FAILED
    assert names(files) == [NAME, f"{NAME}.failed"]
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1, "each problem is told once"
    assert f"{NAME}.failed" in warnings[0].getMessage()


def test_a_stray_failed_file_is_kept_and_told_once(cleaner, files, caplog):
    (files.folder / "nosuchjobs.failed").write_text("somebody's")
    (files.folder / "notes.failed").write_text("somebody's")
    for _ in range(3):
        cleaner()
    assert names(files) == ["nosuchjobs.failed", "notes.failed"]
    assert [record.getMessage() for record in caplog.records] == [
        "nosuchjobs.failed belongs to no job and was left alone",
        "notes.failed belongs to no job and was left alone",
    ]


def test_a_problem_that_comes_back_is_told_again(cleaner, files, caplog):
    stray = files.folder / "notes.failed"
    for _ in range(2):
        stray.write_text("somebody's")
        cleaner()
        stray.unlink()
        cleaner()
    assert len(caplog.records) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a file name")
def test_a_file_name_that_is_no_text_is_no_trouble(cleaner, files):
    stray = files.folder / os.fsdecode(b"\xff\xfe.failed")
    stray.touch()
    assert cleaner() == 30
    assert stray.exists()


def test_a_bad_name_in_the_table_touches_no_path(cleaner, queue, tmp_path):
    (tmp_path / "evil.failed").write_text("precious")
    before = sorted(tmp_path.rglob("*"))
    queue._db.run("INSERT INTO jobs (name, status) VALUES ('../evil', 'failed')")
    cleaner()
    assert queue.job("../evil").status is Status.CLEANED
    assert sorted(tmp_path.rglob("*")) == before


# What a crash left half done


@pytest.mark.parametrize("moved", ["complete", "fail", "reassign", "release", "clean", "redrive"])
def test_a_crash_between_a_move_and_its_file_work_is_made_good(
    cleaner, queue, files, clock, submit, fail, moved
):
    if moved in ("clean", "redrive"):
        fail(NAME)
        cleaner.follow(NAME)
        getattr(queue, moved)(NAME, "somebody")
    else:
        submit(NAME)
        claim = queue.claim("consumer-1")
        files.write_result(NAME, 1, b"new text")
        if moved == "fail":
            queue.fail(claim, "no", n_tries=1)
        elif moved == "reassign":
            clock.now += 61
            queue.reassign("manager-1", n_reassigns=1)
        else:
            getattr(queue, moved)(claim)
    cleaner()
    assert kept(files) == []
    assert audit(queue, files).at_rest
    left = {"complete": [NAME, f"{NAME}.processed"], "release": [NAME], "redrive": [NAME]}
    assert names(files) == left.get(moved, [])


def test_one_file_that_cannot_be_moved_holds_up_no_other(
    cleaner, queue, files, fail, submit, monkeypatch
):
    follow = files.follow

    def stuck(job):
        if job.name == "aaaaaaaaaa":
            raise FilesUnavailable("in use by another program")
        return follow(job)

    for name in ("aaaaaaaaaa", "bbbbbbbbbb"):
        submit(name)
        claim = queue.claim("consumer-1")
        files.write_result(name, 1, b"new text")
        queue.complete(claim)
    fail("cccccccccc")
    with monkeypatch.context() as patched:
        patched.setattr(files, "follow", stuck)
        assert cleaner() == 30
    assert kept(files) == ["aaaaaaaaaa.1"]
    assert queue.job("cccccccccc").status is Status.CLEANED
    cleaner()
    assert kept(files) == []
    assert audit(queue, files).at_rest


# Others at work at the same time


def test_a_job_redriven_meanwhile_is_not_cleaned(cleaner, queue, files, fail):
    fail(NAME)
    jobs = queue.jobs

    def redriven_just_after(*args, **kwargs):
        found = jobs(*args, **kwargs)
        if found and queue.job(NAME).status is Status.FAILED:
            redrive(queue, files, NAME)
        return found

    queue.jobs = redriven_just_after
    cleaner()
    assert queue.job(NAME).status is Status.UNPROCESSED
    assert names(files) == [NAME]
    assert audit(queue, files).at_rest


def test_two_cleaners_do_not_cross(hire, queue, files, fail, events):
    fail(NAME)
    one, two = hire(Cleaner, "one"), hire(Cleaner, "two")
    clean = queue.clean

    def clean_first_by_the_other(name, process):
        del queue.clean
        two()
        return clean(name, process)

    queue.clean = clean_first_by_the_other
    one()
    assert events(NAME).count("clean") == 1
    assert names(files) == []
    assert audit(queue, files).at_rest


def test_a_row_deleted_by_hand_is_no_trouble(cleaner, queue, files, fail):
    fail(NAME)
    jobs = queue.jobs

    def deleted_just_after(*args, **kwargs):
        found = jobs(*args, **kwargs)
        queue._db.run("DELETE FROM jobs")
        return found

    queue.jobs = deleted_just_after
    assert cleaner() == 30
    assert names(files) == [NAME]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_trouble_at_any_call_loses_nothing(hire, queue, files, fail, saboteur, patiently, after):
    calls = [(queue, "jobs"), (queue, "hold"), (queue, "clean"), (queue.settings, "read")]
    calls += [(queue.clock, "now"), (queue.registry, "record_cycle")]
    methods: list[tuple[Any, ...]] = [(target, verb, Unavailable) for target, verb in calls]
    methods += [(files, "follow", FilesUnavailable)]
    for at in itertools.count():
        name = f"abcdefg{at:03}"
        fail(name)
        cleaner = hire(Cleaner)
        watch = saboteur(methods, at, after=after)
        with watch:
            patiently(cleaner)
        patiently(cleaner)
        assert queue.job(name).status is Status.CLEANED, watch.hit
        assert names(files) == [], watch.hit
        if watch.hit is None:
            break
    assert at >= 8
    assert audit(queue, files).at_rest
