"""The audit of files against rows: what is wrong, half done, or astray; on disk and in memory."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys

import pytest
from world import DEAD, DONE, GONE, HELD, WAITS, poll_cycle, populate

from rinq import audit
from rinq.files import Files
from rinq.lab.audit.report import AuditVerdict, Rule
from rinq.queue import PersistentQSQLite, Status

RESULTS = ".rinq/results/"


@pytest.fixture(params=["disk", "memory"])
def files(request, tmp_path):
    if request.param == "memory":
        return Files.in_memory()
    return Files(tmp_path / "files", durable=False)


@pytest.fixture
def disk(tmp_path):
    """Files in a folder, for what cannot be in memory."""
    return Files(tmp_path / "files", durable=False)


@pytest.fixture
def world(queue, clock, files):
    populate(queue, clock, files)
    clock.now += 10
    return queue


@pytest.fixture
def world_on_disk(queue, clock, disk):
    populate(queue, clock, disk)
    clock.now += 10
    return queue


SOMETHING = hashlib.sha256(b"something").hexdigest()
ACCEPTED = hashlib.sha256(b"done").hexdigest()


def put(entry, content=b"something"):
    return lambda files: files._store.write(entry, content, new=False)


def drop(*entries):
    def delete(files):
        for entry in entries:
            assert files._store.kind(entry) is not None
            files._store.delete(entry)

    return delete


def move(entry, target):
    return lambda files: files._store.move(entry, target)


# what is done: (to the files, the job, attempt and transition it names, a part of its sentence)
WRONG = {
    "an output that is gone": (
        drop(f"{DONE}.processed"),
        (DONE, 2, 11),
        f"there is neither {DONE}.processed nor {RESULTS}{DONE}.2, after complete by c1",
    ),
    "an output kept for another attempt": (
        move(f"{DONE}.processed", f"{RESULTS}{DONE}.1"),
        (DONE, 2, 11),
        f"there is neither {DONE}.processed nor {RESULTS}{DONE}.2",
    ),
    "a processed job without its file": (
        drop(DONE),
        (DONE, 2, 11),
        "it is processed, but its file is missing",
    ),
    "a processed job whose file was renamed as of a failed one": (
        move(DONE, f"{DONE}.failed"),
        (DONE, 2, 11),
        f"it is processed, but its file is named {DONE}.failed",
    ),
    "a failed file that is gone": (
        drop(f"{DEAD}.failed"),
        (DEAD, 1, 7),
        f"it failed, but {DEAD}.failed is missing, and the history mentions no unusable file",
    ),
    "an output of a job at work": (
        put(f"{HELD}.processed"),
        (HELD, 2, 22),
        f"it is processing, yet {HELD}.processed is there, after claim by c2",
    ),
    "an output of a job that failed": (
        put(f"{DEAD}.processed"),
        (DEAD, 1, 7),
        f"it is failed, yet {DEAD}.processed is there",
    ),
    "an output of a job that was cleaned": (
        put(f"{GONE}.processed"),
        (GONE, 2, 14),
        f"it is cleaned, yet {GONE}.processed is there",
    ),
    "a waiting job without its file": (
        drop(WAITS),
        (WAITS, 1, 21),
        "it is unprocessed, but its file is missing, after retry by c2",
    ),
    "a waiting job whose file is empty": (
        put(WAITS, b""),
        (WAITS, 1, 21),
        "it is unprocessed, but its file is empty",
    ),
    "a job at work without its file": (
        drop(HELD),
        (HELD, 2, 22),
        "it is processing, but its file is missing, after claim by c2",
    ),
    "a result that was changed": (
        put(f"{DONE}.processed"),
        (DONE, 2, 11),
        f"the checksum of its result is {SOMETHING}, not {ACCEPTED} as accepted with complete by",
    ),
    "a job that never failed, whose file was renamed": (
        move(WAITS, f"{WAITS}.failed"),
        (WAITS, 1, 21),
        f"it is unprocessed and never failed, but its file is named {WAITS}.failed",
    ),
}

# half-done work: (to the files, the file, its job and attempt, the move it should have followed)
HALF_DONE = {
    "a result that was not published": (
        move(f"{DONE}.processed", f"{RESULTS}{DONE}.2"),
        f"{RESULTS}{DONE}.2",
        (DONE, 2, 11),
    ),
    "a failed file that was not renamed": (
        move(f"{DEAD}.failed", DEAD),
        DEAD,
        (DEAD, 1, 7),
    ),
    "a cleaned file that was not deleted": (put(f"{GONE}.failed"), f"{GONE}.failed", (GONE, 2, 14)),
    "a file that a cleaned job must not have": (put(GONE), GONE, (GONE, 2, 14)),
}


@pytest.mark.parametrize(("corrupt", "expected", "part"), WRONG.values(), ids=WRONG)
def test_a_file_that_nothing_repairs_is_a_problem(world, files, corrupt, expected, part):
    corrupt(files)
    found = audit(world, files)
    assert found.verdict is AuditVerdict.INVALID
    job, attempt, transition = expected
    (problem,) = found.problems
    assert (problem.rule, problem.job, problem.attempt) == (Rule.FILES, job, attempt)
    assert problem.transitions == (transition,)
    assert part in problem.sentence
    assert f"(transition {transition}, attempt {attempt}, at 10000" in problem.sentence


@pytest.mark.parametrize(("undo", "file", "expected"), HALF_DONE.values(), ids=HALF_DONE)
def test_half_done_file_work_is_pending_until_the_cleaner_has_passed(
    world, files, clock, undo, file, expected
):
    undo(files)
    job, attempt, transition = expected
    found = audit(world, files)
    assert found
    assert [(note.file, note.job) for note in found.pending] == [(file, job)]
    poll_cycle(world, clock, "manager", "m1")  # which passes over no file
    assert audit(world, files)
    poll_cycle(world, clock, "cleaner", "sweeper")
    (problem,) = audit(world, files).problems
    assert (problem.rule, problem.job, problem.attempt) == (Rule.FILES, job, attempt)
    assert problem.transitions == (transition,)
    when = f"(transition {transition}, attempt {attempt}, at 1000000.000)"
    assert f"{when} and the poll cycle of sweeper" in problem.sentence


def test_a_poll_cycle_of_the_cleaner_that_began_before_the_move_proves_nothing(queue, files, clock):
    queue.submit("jobbeing01")
    files.create("jobbeing01", b"text")
    queue.registry.register(
        "s", "cleaner", pid=1, started=0, host="", owned=False, alive=lambda _: False
    )
    began = queue.clock.now()
    clock.now += 5
    claim = queue.claim("c1")
    files.write_result("jobbeing01", 1, b"done")
    queue.complete(claim)
    clock.now += 5
    queue.registry.record_cycle("s", began, queue.clock.now())
    found = audit(queue, files)
    assert found
    assert not found.at_rest


def test_a_redriven_file_that_was_not_renamed_back_is_pending(world, files, clock):
    world.redrive(DEAD, "operator")
    found = audit(world, files)
    assert found
    assert "it is unprocessed again, and its file is still named" in found.pending[0].sentence
    clock.now += 1
    poll_cycle(world, clock, "cleaner")
    (problem,) = audit(world, files).problems
    assert (problem.job, problem.transitions) == (DEAD, (23,))


@pytest.mark.parametrize("left", [f"{DONE}.1", f"{DEAD}.1", f"{HELD}.1", f"{GONE}.7", f"{WAITS}.x"])
def test_a_result_that_comes_too_late_is_pending_whenever_it_was_written(world, files, clock, left):
    poll_cycle(world, clock, "cleaner")
    put(RESULTS + left)(files)
    found = audit(world, files)
    assert found
    assert [note.file for note in found.pending] == [RESULTS + left]


def test_a_result_of_the_job_in_flight_is_its_holder_s(world, files, clock):
    put(f"{RESULTS}{HELD}.2")(files)
    poll_cycle(world, clock, "cleaner")
    assert audit(world, files).at_rest


def test_a_result_that_waits_is_compared_with_its_checksum_too(world, files):
    move(f"{DONE}.processed", f"{RESULTS}{DONE}.2")(files)
    assert audit(world, files)
    put(f"{RESULTS}{DONE}.2")(files)
    (problem,) = audit(world, files).problems
    assert f"the checksum of its result is {SOMETHING}" in problem.sentence


def test_a_result_that_is_published_while_the_audit_reads_it_is_found(world, files, monkeypatch):
    move(f"{DONE}.processed", f"{RESULTS}{DONE}.2")(files)
    whole = files._store.checksum

    def checksum(entry):
        monkeypatch.setattr(files._store, "checksum", whole)
        move(f"{RESULTS}{DONE}.2", f"{DONE}.processed")(files)
        return whole(entry)

    monkeypatch.setattr(files._store, "checksum", checksum)
    assert audit(world, files)


def test_a_completion_without_a_checksum_accepts_any_result(queue, files):
    files.create("jobbeing01", b"text")
    queue.submit("jobbeing01")
    claim = queue.claim("c1")
    put("jobbeing01.processed")(files)
    queue.complete(claim)
    assert audit(queue, files).at_rest


def test_a_result_that_cannot_be_read_leaves_the_verdict_open(world, files, monkeypatch):
    def checksum(entry):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files._store, "checksum", checksum)
    found = audit(world, files)
    assert found.verdict is AuditVerdict.UNKNOWN
    assert (found.jobs, found.with_files) == (6, True)
    assert f"{DONE}.2: Permission denied" in str(found)


@pytest.mark.parametrize("n_tries", [1, 2, 3])
def test_what_a_consumer_recorded_as_an_unusable_file_is_no_finding(queue, files, clock, n_tries):
    """At each moment: waiting again, at work again, failed, redriven, failed again, cleaned."""
    files.create("jobbeing01", b"text")
    queue.submit("jobbeing01")
    files.discard("jobbeing01")
    assert not audit(queue, files)
    error = "The job's file cannot be worked on: jobbeing01 is missing."
    for _ in range(2):
        for _ in range(n_tries):
            claim = queue.claim("c1")
            assert audit(queue, files).at_rest == (claim.attempt > 1)
            queue.fail(claim, error, n_tries)
            assert audit(queue, files).at_rest
        queue.redrive("jobbeing01", "operator")
        assert audit(queue, files).at_rest
    queue.fail(queue.claim("c1"), error, 1)
    queue.clean("jobbeing01", "cleaner")
    assert audit(queue, files).at_rest


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_a_waiting_job_whose_file_is_no_regular_file_is_a_problem(world_on_disk, disk, kind):
    path = disk.folder / WAITS
    path.unlink()
    {"folder": path.mkdir, "link": lambda: path.symlink_to(DONE), "pipe": lambda: os.mkfifo(path)}[
        kind
    ]()
    (problem,) = audit(world_on_disk, disk).problems
    assert "it is unprocessed, but its file is no regular file" in problem.sentence


def test_a_row_that_is_renamed_by_hand_leaves_a_job_without_its_file(world, files):
    world._db.run(f"UPDATE jobs SET name = 'elsewhere1' WHERE name = '{WAITS}'")
    found = audit(world, files)
    assert [problem.job for problem in found.problems] == ["elsewhere1"]
    assert [note.file for note in found.strays] == [WAITS]


def test_strays_are_named_and_break_no_rule(world, files):
    for entry in ("nobodys-01", "nobodys-02.processed", "nobodys-03.failed", "any name.failed"):
        put(entry)(files)
    for entry in (f"{DONE}.failed", f"{WAITS}.failed", DEAD, f"{RESULTS}nobodys-01.1"):
        put(entry)(files)
    found = audit(world, files)
    assert found.at_rest
    assert {note.file: note.job for note in found.strays} == {
        "nobodys-01": None,
        "nobodys-02.processed": None,
        "nobodys-03.failed": None,
        "any name.failed": None,
        f"{RESULTS}nobodys-01.1": None,
        f"{DONE}.failed": DONE,
        f"{WAITS}.failed": WAITS,
        DEAD: DEAD,
    }


def test_files_that_are_named_as_no_job_s_are_nobody_s_business(world, files):
    for entry in ("README.md", "config.yaml", "a", "rinq.db", "rinq.db-wal", "longer-than-a-job"):
        put(entry)(files)
    assert audit(world, files).strays == ()


def test_folders_and_links_in_the_way_are_strays_not_problems(world_on_disk, disk, clock):
    for entry in (f"{WAITS}.processed", f"{HELD}.failed", f"{GONE}.failed"):
        (disk.folder / entry).mkdir()
    (disk.folder / GONE).symlink_to("/")
    (disk.folder / RESULTS / f"{DONE}.1").mkdir()
    (disk.folder / f"{DEAD}.failed").rename(disk.folder / DEAD)
    (disk.folder / f"{DEAD}.failed").mkdir()
    poll_cycle(world_on_disk, clock, "cleaner")
    found = audit(world_on_disk, disk)
    assert found.at_rest
    assert {note.file for note in found.strays} == {
        f"{WAITS}.processed",
        f"{HELD}.failed",
        f"{GONE}.failed",
        GONE,
        f"{RESULTS}{DONE}.1",
        f"{DEAD}.failed",
        DEAD,
    }


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are Unicode")
def test_a_stray_whose_name_is_no_text_can_be_printed(world_on_disk, disk):
    (disk.folder / os.fsdecode(b"\xff\n.failed")).touch()
    found = audit(world_on_disk, disk)
    assert found.at_rest
    assert str(found).encode().decode().splitlines()[-1] == (
        r"  stray: '\udcff\n.failed' belongs to no job"
    )
    assert json.loads(found.to_json())["strays"]


def test_folders_that_are_nobody_s_are_not_even_strays(world_on_disk, disk):
    (disk.folder / "experiment").mkdir()
    assert audit(world_on_disk, disk).strays == ()


def test_an_accepted_result_whose_place_is_taken_by_a_folder_stays_without_blame(
    world_on_disk, disk, clock
):
    (disk.folder / f"{DONE}.processed").rename(disk.folder / RESULTS / f"{DONE}.2")
    (disk.folder / f"{DONE}.processed").mkdir()
    poll_cycle(world_on_disk, clock, "cleaner")
    assert audit(world_on_disk, disk).at_rest


def test_a_link_to_a_result_is_no_result(world_on_disk, disk):
    result = disk.folder / f"{DONE}.processed"
    result.rename(disk.folder / "elsewhere.txt")
    result.symlink_to("elsewhere.txt")
    (problem,) = audit(world_on_disk, disk).problems
    assert (problem.rule, problem.job) == (Rule.FILES, DONE)


@pytest.mark.parametrize(
    "name", ["../../../x", "a/b", "", "emoji \N{CRAB} name", "x" * 300, "a\nb", "abcdefghi\0"]
)
def test_a_row_whose_name_is_no_job_s_is_a_problem_and_has_no_files(world, files, name):
    world._db.run("INSERT INTO jobs (name) VALUES (:name)", {"name": name})
    claims = [world.claim("c3") for _ in range(3)]
    for claim in claims:
        world.fail(claim, "no job name", 1) if claim.name == name else world.release(claim)
    found = audit(world, files)
    (problem,) = found.problems
    assert (problem.rule, problem.job) == (Rule.NAME, name)
    assert not found.pending + found.strays
    assert len(str(found).splitlines()) == 3
    assert len(problem.sentence) < 300


def test_a_folder_that_cannot_be_read_leaves_the_verdict_open(world_on_disk, disk):
    shutil.rmtree(disk.folder)
    found = audit(world_on_disk, disk)
    assert found.verdict is AuditVerdict.UNKNOWN
    assert not found.with_files
    assert "The folder cannot be used just now" in str(found)


def test_a_folder_that_vanishes_between_two_listings_leaves_the_verdict_open(
    world_on_disk, disk, monkeypatch
):
    (disk.folder / f"{DONE}.processed").unlink()
    whole = disk.listing

    def listing():
        found = whole()
        shutil.rmtree(disk.folder)
        return found

    monkeypatch.setattr(disk, "listing", listing)
    assert audit(world_on_disk, disk).verdict is AuditVerdict.UNKNOWN


# on a live fleet


def meanwhile(monkeypatch, files, act):
    """Let ``act`` happen right after the first listing: after rows and files were read."""
    whole = files.listing

    def listing():
        found = whole()
        monkeypatch.setattr(files, "listing", whole)
        act()
        return found

    monkeypatch.setattr(files, "listing", listing)


@pytest.fixture
def other(world):
    """The same queue as another process has it."""
    with PersistentQSQLite(world._db.path) as opened:
        yield opened


def test_a_difference_that_is_gone_at_the_second_comparison_is_nothing(world, files, monkeypatch):
    move(f"{DONE}.processed", f"{DONE}.elsewhere")(files)
    meanwhile(monkeypatch, files, lambda: move(f"{DONE}.elsewhere", f"{DONE}.processed")(files))
    assert audit(world, files).at_rest


def test_what_is_wrong_at_the_second_comparison_is_judged_as_it_is_then(
    world, files, other, monkeypatch
):
    world.redrive(DEAD, "operator")

    def work():
        while (claim := other.claim("c3")).name != DEAD:
            other.release(claim)
        with other.hold(DEAD) as job:
            assert files.follow(job) == []
        files.write_result(DEAD, claim.attempt, b"done")
        other.complete(claim)

    meanwhile(monkeypatch, files, work)
    found = audit(world, files)
    assert found
    assert [note.file for note in found.pending] == [f"{RESULTS}{DEAD}.2"]


def test_a_suspect_that_is_deleted_by_hand_meanwhile_is_left_to_the_next_audit(
    world, files, other, monkeypatch
):
    move(f"{DEAD}.failed", DEAD)(files)
    meanwhile(monkeypatch, files, lambda: other._db.run("DELETE FROM jobs WHERE id = 2"))
    assert audit(world, files)
    assert not audit(world, files)


def test_a_file_whose_job_is_submitted_meanwhile_is_no_stray(world, files, other, monkeypatch):
    files.create("newcomer01", b"text")
    files.create("newcomer02", b"text")
    meanwhile(monkeypatch, files, lambda: other.submit("newcomer01"))
    assert [note.file for note in audit(world, files).strays] == ["newcomer02"]


def test_the_second_comparison_is_where_nobody_can_move_the_job(world, files, other, monkeypatch):
    """At the second listing, the queue is locked."""
    drop(f"{DONE}.processed")(files)
    whole = files.listing
    attempts_to_lock = []

    def listing():
        other._db.wait = 0
        try:
            with other.exclusive():
                attempts_to_lock.append("free")
        except Exception as error:
            attempts_to_lock.append(type(error).__name__)
        return whole()

    monkeypatch.setattr(files, "listing", listing)
    assert not audit(world, files)
    assert attempts_to_lock == ["free", "Unavailable"]


def test_many_differences_are_compared_again_in_batches(queue, files, monkeypatch):
    monkeypatch.setattr("rinq.lab.audit.auditor.BATCH", 3)
    queue.submit_many([f"jobbeing{n:02}" for n in range(10)])
    while claim := queue.claim("c1"):
        files.create(claim.name, b"text")
        queue.complete(claim)
    assert len(audit(queue, files).problems) == 10
    some = audit(queue, files, most=4)
    assert (len(some.problems), some.unlisted) == (4, 2)
    assert "the files of 4 jobs were not compared again" in str(some)


def test_every_status_is_met_by_a_file_corruption(world):
    corrupted = {expected[0] for _, expected, _ in WRONG.values()} | {
        expected[0] for _, _, expected in HALF_DONE.values()
    }
    assert {world.job(name).status for name in corrupted} == set(Status)
