"""The check itself: silent on what the verbs made, and a sentence for each corruption."""

from __future__ import annotations

import sqlite3

import pytest
from consistency import check

from rinq.files import Files
from rinq.queue import Status

DONE, DEAD, GONE, WAITS, HELD = "processed1", "failedjob1", "cleanedjob", "waitingjob", "heldjob-01"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "files"


@pytest.fixture
def world(queue, clock, folder):
    """One job in each status, each with some history, and its files; returns the queue."""
    files = Files(folder, durable=False)

    def settle(name, act):
        claim = queue.claim("c1")
        assert claim.name == name
        act(claim)
        with queue.hold(name) as job:
            assert files.follow(job) == []

    def finish(claim):
        files.write_result(claim.name, claim.attempt, b"done")
        queue.complete(claim)

    for name in (DONE, DEAD, GONE):
        files.create(name, b"text")
        queue.submit(name, "p1")
    settle(DONE, queue.release)
    settle(DEAD, lambda claim: queue.fail(claim, "boom", 1))
    settle(GONE, lambda claim: queue.fail(claim, "boom", 2))
    settle(DONE, finish)
    settle(GONE, lambda claim: queue.fail(claim, "boom", 2))
    queue.clean(GONE, "cleaner")
    with queue.hold(GONE) as job:
        files.follow(job)
    for name in (HELD, WAITS):
        files.create(name, b"text")
        queue.submit(name, "p1")
    queue.claim("c1")
    clock.now += 61
    queue.reassign("m1")
    queue.submit_many(["onemorejob"], "p1")
    clock.now += 1
    queue.fail(queue.claim("c2"), "boom", 3)  # WAITS
    queue.claim("c2")  # HELD
    return queue


@pytest.fixture
def sql(world):
    """Write to the database of ``world`` as another program would."""
    other = sqlite3.connect(world._db.path, isolation_level=None)
    yield other.executescript
    other.close()


UNSEEN = "DROP TRIGGER jobs_moved; DROP TRIGGER jobs_deleted; DROP TRIGGER jobs_inserted; "
HISTORY = (
    "INSERT INTO transitions (job_id, event, from_status, to_status, at, process, attempt, allowed)"
)


def _history(name, event, origin, target, attempt):
    """Append a row to a job's history that no move made."""
    return (
        f"{HISTORY} SELECT id, '{event}', {origin}, {target}, 1e12, 'c1', {attempt}, NULL "
        f"FROM jobs WHERE name = '{name}'"
    )


CORRUPTIONS = {
    "a status that no move led to": (
        UNSEEN + f"UPDATE jobs SET status = 'failed' WHERE name = '{DONE}'",
        "status is failed in the row, processed by the history",
    ),
    "an attempt that no claim made": (
        UNSEEN + f"UPDATE jobs SET attempt = 9 WHERE name = '{DONE}'",
        "attempt is 9 in the row, 2 by the history",
    ),
    "a wrong number of tries": (
        f"UPDATE jobs SET tries = 0 WHERE name = '{WAITS}'",
        "tries is 0 in the row, 1 by the history",
    ),
    "a wrong number of reassigns": (
        f"UPDATE jobs SET reassigns = 3 WHERE name = '{HELD}'",
        "reassigns is 3 in the row, 1 by the history",
    ),
    "a holder who never claimed": (
        f"UPDATE jobs SET process = 'c9' WHERE name = '{HELD}'",
        "held by c9 in the row, by c2 by the history",
    ),
    "a hand on the table": (
        f"UPDATE jobs SET status = 'processed' WHERE name = '{WAITS}'",
        "an illegal change from unprocessed to processed",
    ),
    "a row deleted by hand": (
        f"DELETE FROM jobs WHERE name = '{WAITS}'",
        "an illegal change from unprocessed to None",
    ),
    "a row deleted unseen": (
        UNSEEN + f"DELETE FROM jobs WHERE name = '{WAITS}'",
        "has a history but no row",
    ),
    "a row replaced through a connection that does not tell": (
        f"INSERT OR REPLACE INTO jobs (name) VALUES ('{DONE}')",
        "has a history but no row",
    ),
    "a row inserted unseen": (
        UNSEEN + "INSERT INTO jobs (name) VALUES ('sneakedin1')",
        "the row has no history",
    ),
    "two claims that overlap": (
        _history(HELD, "claim", "'unprocessed'", "'processing'", 3),
        "claimed by c1 while c2 held it",
    ),
    "an attempt that does not grow": (
        "UPDATE transitions SET attempt = 1 WHERE event = 'claim' AND attempt = 2",
        "attempt 1 is claimed after attempt 1",
    ),
    "two accepted completions": (
        _history(DONE, "complete", "'processing'", "'processed'", 2),
        "attempts 2 and 2 were both accepted",
    ),
    "a completion by an earlier claim": (
        "UPDATE transitions SET attempt = 1 WHERE event = 'complete'",
        "complete of attempt 1, but 2 was claimed last",
    ),
    "a completion of somebody else's claim": (
        "UPDATE transitions SET process = 'c9' WHERE event = 'complete'",
        "complete of a claim of c9, but c1 held it",
    ),
    "a move that is none of the legal ones": (
        _history(DONE, "clean", "'processed'", "'cleaned'", 2),
        "clean from processed to cleaned is no legal move",
    ),
    "a move from where the job was not": (
        _history(DONE, "submit", "NULL", "'unprocessed'", 2),
        "submit from None, but it was processed",
    ),
    "a retry past the limit": (
        "UPDATE transitions SET allowed = 1 WHERE event = 'retry'",
        "goes on after 1 tries, where 1 are allowed",
    ),
    "a failure before the limit": (
        "UPDATE transitions SET allowed = 3 WHERE event = 'fail'",
        "failed after 1 tries, where 3 are allowed",
    ),
    "a failure without a limit": (
        "UPDATE transitions SET allowed = NULL WHERE event = 'fail'",
        "fail does not say how many tries are allowed",
    ),
    "a reassign past the limit": (
        "UPDATE transitions SET allowed = 1 WHERE event = 'reassign'",
        "goes on after 1 reassigns, where 1 are allowed",
    ),
    "a reassign that fails the job too early": (
        "UPDATE transitions SET to_status = 'failed' WHERE event = 'reassign'",
        "failed after 1 reassigns, where 5 are allowed",
    ),
    "time that runs backwards": (
        "UPDATE transitions SET at = at - 1000 WHERE event = 'clean'",
        "time runs backwards from transition",
    ),
}


def test_what_the_verbs_made_has_no_contradiction(world, folder):
    assert {job.status for job in world.jobs()} == set(Status)
    assert check(world, folder) == []


@pytest.mark.parametrize(("statement", "sentence"), CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_a_corrupted_table_is_told_by_a_sentence(world, sql, statement, sentence):
    sql(statement)
    assert any(sentence in found for found in check(world))


@pytest.mark.parametrize(
    ("corrupt", "sentence"),
    [
        (lambda f: (f / f"{DONE}.processed").unlink(), f"processed, but {DONE}.processed is miss"),
        (lambda f: (f / DONE).unlink(), f"processed, but {DONE} is missing"),
        (lambda f: (f / f"{DEAD}.failed").rename(f / DEAD), f"failed, but {DEAD}.failed is miss"),
        (lambda f: (f / GONE).touch(), f"cleaned, but {GONE} is there"),
        (lambda f: (f / f"{GONE}.failed").touch(), f"cleaned, but {GONE}.failed is there"),
        (lambda f: (f / ".rinq/results" / f"{DONE}.1").touch(), f"{DONE}.1 is left in .rinq/res"),
        (lambda f: (f / ".rinq/results" / f"{DEAD}.1").touch(), f"{DEAD}.1 is left in .rinq/res"),
    ],
)
def test_a_file_that_does_not_follow_its_row_is_told(world, folder, corrupt, sentence):
    corrupt(folder)
    (found,) = check(world, folder)
    assert sentence in found


def test_a_link_to_a_result_is_no_result(world, folder):
    result = folder / f"{DONE}.processed"
    result.rename(folder / "elsewhere")
    result.symlink_to("elsewhere")
    assert len(check(world, folder)) == 1


def test_a_job_whose_file_was_unusable_need_not_leave_a_failed_file(queue, folder):
    Files(folder, durable=False)
    queue.submit("nofilejob1")
    error = "The job's file cannot be worked on: nofilejob1 is missing."
    queue.fail(queue.claim("c1"), error, 1)
    assert check(queue, folder) == []


def test_a_result_of_a_job_at_work_is_no_contradiction(world, folder):
    (folder / ".rinq/results" / f"{HELD}.2").touch()
    assert check(world, folder) == []
