"""The history: complete, whoever writes to the table (rule 4)."""

from __future__ import annotations

import sqlite3
from itertools import product

import pytest

from rinq import audit
from rinq.errors import StaleClaim
from rinq.queue import MOVES, Event, PersistentQSQLite, Status

A, B, C = "abcdefghij", "klmnopqrst", "uvwxyz0123"


def events(queue):
    """The history's events, oldest first."""
    return [row.event for row in queue.history.transitions()]


def test_each_move_is_one_row_that_says_who_moved_whose_claim_and_why(queue, clock):
    queue.submit(A, "p1")
    clock.now += 1
    claim = queue.claim("c1")
    clock.now += 1
    queue.fail(claim, "boom", 3)
    rows = [
        (
            r.event,
            r.from_status,
            r.to_status,
            r.actor,
            r.process,
            r.attempt,
            r.judged_by_limit,
            r.error,
        )
        for r in queue.history.transitions()
    ]
    assert rows == [
        ("submit", None, "unprocessed", "p1", None, 0, None, None),
        ("claim", "unprocessed", "processing", "c1", "c1", 1, None, None),
        ("retry", "processing", "unprocessed", "c1", "c1", 1, 3, "boom"),
    ]
    assert [row.at for row in queue.history.transitions()] == [
        clock.now - 2,
        clock.now - 1,
        clock.now,
    ]


def test_every_change_by_hand_is_recorded_as_what_it_is():
    """All combinations of event, status before, status after and attempt against MOVES."""
    with PersistentQSQLite(":memory:") as queue:
        write = queue._db.run
        for event, origin, target, step in product(Event, Status, Status, (0, 1)):
            if origin == target and step == 0:
                continue
            write("DELETE FROM jobs")
            write("INSERT INTO jobs (name, status) VALUES (:n, :s)", {"n": A, "s": str(origin)})
            write(
                "UPDATE jobs SET event = :e, status = :s, attempt = attempt + :step",
                {"e": str(event), "s": str(target), "step": step},
            )
            legal = (event, origin, target) in MOVES and step == (event is Event.CLAIM)
            last = queue.history.of(A)[-1]
            assert last.event == (event if legal else "illegal"), (event, origin, target, step)
            assert (last.from_status, last.to_status, last.attempt) == (origin, target, step)


@pytest.mark.parametrize(
    ("statement", "recorded"),
    [
        ("UPDATE jobs SET status = 'processed'", [("illegal", "processing", "processed")]),
        ("UPDATE jobs SET attempt = attempt + 1", [("illegal", "processing", "processing")]),
        ("UPDATE jobs SET attempt = 0, event = 'claim'", [("illegal", "processing", "processing")]),
        ("UPDATE jobs SET tries = 9, lease_until = 0", []),
        ("DELETE FROM jobs", [("illegal", "processing", None)]),
        (f"INSERT INTO jobs (name) VALUES ('{B}')", [("submit", None, "unprocessed")]),
        (
            f"INSERT INTO jobs (name, status) VALUES ('{B}', 'processed')",
            [("illegal", None, "processed")],
        ),
        (f"INSERT INTO jobs (name, tries) VALUES ('{B}', 2)", [("illegal", None, "unprocessed")]),
        (
            f"INSERT OR REPLACE INTO jobs (id, name) VALUES (1, '{A}')",
            [("illegal", "processing", None), ("submit", None, "unprocessed")],
        ),
        (
            f"UPDATE OR REPLACE jobs SET name = '{A}', attempt = 7",
            [("illegal", "processing", "processing")],
        ),
    ],
)
def test_a_change_by_hand_is_never_blocked_and_never_silent(queue, claim, statement, recorded):
    before = len(queue.history.transitions())
    queue._db.run(statement)
    rows = [(r.event, r.from_status, r.to_status) for r in queue.history.transitions()[before:]]
    assert rows == recorded


def test_another_program_s_changes_are_recorded_too(queue, claim):
    other = sqlite3.connect(queue._db.path)
    with other:
        other.execute("UPDATE jobs SET status = 'cleaned'")
    other.close()
    assert events(queue)[-1] == "illegal"
    assert not audit(queue)


def test_a_deleted_job_leaves_its_history(queue, claim):
    queue._db.run("DELETE FROM jobs")
    assert events(queue) == ["submit", "claim", "illegal"]
    assert queue.history.transitions()[-1].error == "the row was deleted"
    assert queue.submit(B).id > claim.job_id


def test_the_time_of_a_change_by_hand_is_not_before_the_last_one(queue, clock, claim):
    clock.now += 5
    queue.submit(B)
    queue._db.run(f"UPDATE jobs SET status = 'failed', at = 1 WHERE name = '{A}'")
    queue._db.run(f"INSERT INTO jobs (name, at) VALUES ('{C}', 1)")
    times = [row.at for row in queue.history.transitions()]
    assert times == sorted(times)
    assert times[-1] == clock.now


def test_the_entries_of_a_job_are_numbered_and_counted_refused_ones_too(queue, stale):
    queue.submit(B)
    with pytest.raises(StaleClaim):
        queue.complete(stale[0])
    queue.complete(stale[1])
    assert [row.number for row in queue.history.of(A)] == [1, 2, 3, 4, 5, 6]
    assert [row.number for row in queue.history.of(B)] == [1]
    assert (queue.job(A).entries, queue.job(B).entries) == (6, 1)


@pytest.mark.parametrize(
    ("statement", "numbers"),
    [
        ("UPDATE jobs SET status = 'processed'", [1, 2, 3]),
        ("UPDATE jobs SET status = 'failed', entries = 9", [1, 2, 3]),
        (f"INSERT OR REPLACE INTO jobs (id, name) VALUES (1, '{A}')", [1]),  # another job now
        (f"INSERT OR REPLACE INTO jobs (id, name, entries) VALUES (1, '{A}', 7)", [1]),
    ],
)
def test_what_is_written_by_hand_is_numbered_too(queue, claim, statement, numbers):
    queue._db.run(statement)
    history = queue.history.of(A)
    assert [row.number for row in history] == numbers
    assert [row.previous for row in history] == [None, *[row.id for row in history]][:-1]
    job = queue.job(A)
    assert (job.entries, job.last_entry) == (numbers[-1], history[-1].id)


def test_a_job_has_the_id_of_its_first_entry_however_it_came_in(queue, claim):
    queue.complete(claim)
    queue._db.run("DELETE FROM jobs")
    queue._db.run(f"INSERT INTO jobs (id, name) VALUES (1, '{A}')")
    queue.submit_many([B, C])
    jobs = queue.jobs()
    assert [job.id for job in jobs] == [5, 6, 7]
    assert all(queue.history.of(job.name)[0].id == job.id for job in jobs)


def test_a_history_with_a_missing_link_is_read_to_its_beginning(queue, claim):
    queue.complete(claim)
    queue._db.run("DELETE FROM transitions WHERE number = 2")
    assert [row.number for row in queue.history.of(A)] == [1, 3]


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_a_number_is_not_given_again_when_its_entry_was_taken_out(queue, claim, gone):
    queue.complete(claim)
    queue._db.run("DELETE FROM transitions WHERE number = :gone", {"gone": gone})
    queue._db.run("UPDATE jobs SET status = 'failed'")
    assert [row.number for row in queue.history.of(A)] == [n for n in (1, 2, 3, 4) if n != gone]


def test_the_histories_are_read_job_by_job(queue):
    queue.submit_many([A, B, C])
    for _ in range(2):
        queue.release(queue.claim("c1"))
    whole = sorted(queue.history.transitions(), key=lambda row: (row.job_id, row.number))
    assert list(queue.history.by_job()) == whole
