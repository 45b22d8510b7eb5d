"""The audit of rows and history: a sentence for each corruption, none for anything else."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3

import pytest
from conftest import FakeTime
from hypothesis import given
from hypothesis import strategies as st
from world import DEAD, DONE, GONE, HELD, WAITS, poll_cycle, populate

from rinq import audit
from rinq.errors import QueueError
from rinq.files import Files
from rinq.lab.audit.report import MEANING, AuditVerdict, Rule
from rinq.queue import PersistentQSQLite, Status


@pytest.fixture
def files():
    return Files.in_memory()


@pytest.fixture
def world(queue, clock, files):
    populate(queue, clock, files)
    return queue


@pytest.fixture
def sql(world):
    """Write to the database of ``world`` as another program would."""
    with contextlib.closing(sqlite3.connect(world._db.path, isolation_level=None)) as other:
        yield other.executescript


UNSEEN = "DROP TRIGGER jobs_moved; DROP TRIGGER jobs_deleted; DROP TRIGGER jobs_inserted; "


def _entry(name, event, origin, target, attempt, actor="c1"):
    """An entry of a job's history that no move made: the 23rd, counted in the job's row."""
    return (
        "INSERT INTO transitions (job_id, number, event, from_status, to_status, at, actor, "
        f"process, attempt, judged_by_limit) SELECT id, entries + 1, '{event}', {origin}, "
        f"{target}, 1e6 + 99, '{actor}', '{actor}', {attempt}, 3 FROM jobs WHERE name = '{name}'; "
        f"UPDATE jobs SET entries = entries + 1 WHERE name = '{name}'"
    )


# what is done: (SQL, the rule, job, attempt and transitions it names, a part of its sentence)
CORRUPTIONS = {
    "a status that no move led to": (
        UNSEEN + f"UPDATE jobs SET status = 'unprocessed' WHERE name = '{DONE}'",
        (Rule.REPLAY, DONE, 2, (11,)),
        "status is unprocessed in the row, but processed by the history, which ends in complete",
    ),
    "an attempt that no claim made": (
        UNSEEN + f"UPDATE jobs SET attempt = 9 WHERE name = '{DONE}'",
        (Rule.REPLAY, DONE, 2, (11,)),
        "attempt is 9 in the row, but 2 by the history",
    ),
    "a wrong number of tries": (
        f"UPDATE jobs SET tries = 0 WHERE name = '{WAITS}'",
        (Rule.REPLAY, WAITS, 1, (21,)),
        "tries is 0 in the row, but 1 by the history",
    ),
    "a wrong number of reassigns": (
        f"UPDATE jobs SET reassigns = 3 WHERE name = '{HELD}'",
        (Rule.REPLAY, HELD, 2, (22,)),
        "reassigns is 3 in the row, but 1 by the history",
    ),
    "a holder who never claimed": (
        f"UPDATE jobs SET process = 'c9' WHERE name = '{HELD}'",
        (Rule.REPLAY, HELD, 2, (22,)),
        "process is c9 in the row, but c2 by the history",
    ),
    "an error that nobody met": (
        f"UPDATE jobs SET error = 'all' || char(10) || 'is well' WHERE name = '{WAITS}'",
        (Rule.REPLAY, WAITS, 1, (21,)),
        "error is 'all\\nis well' in the row, but boom by the history",
    ),
    "a checksum of another result": (
        f"UPDATE jobs SET checksum = 'abc' WHERE name = '{DONE}'",
        (Rule.REPLAY, DONE, 2, (11,)),
        f"checksum is abc in the row, but {hashlib.sha256(b'done').hexdigest()} by the history",
    ),
    "a name that is no job's": (
        f"UPDATE jobs SET name = '../../x' WHERE name = '{WAITS}'",
        (Rule.NAME, "../../x", 1, (21,)),
        "Job '../../x', attempt 1: its name is not a job name",
    ),
    "a name that is no text": (
        f"UPDATE jobs SET name = CAST(x'ff' AS TEXT) WHERE name = '{WAITS}'",
        (Rule.NAME, r"\xff", 1, (21,)),
        r"Job '\\xff', attempt 1: its name is not a job name",
    ),
    "a time in the far future": (
        f"UPDATE jobs SET since = 1e12 WHERE name = '{WAITS}'",
        (Rule.TIME, WAITS, 1, (21,)),
        "the row has times in the future: since 1000000000000.000, at 1000062.000",
    ),
    "an entry in the far future": (
        "UPDATE transitions SET at = 1e12 WHERE id = 21",
        (Rule.TIME, WAITS, 1, (20, 21)),
        "retry by c2 (transition 21, attempt 1, at 1000000000000.000) is later than now",
    ),
    "a status changed by hand": (
        f"UPDATE jobs SET status = 'processed' WHERE name = '{WAITS}'",
        (Rule.LEGAL_MOVE, WAITS, 1, (21, 23)),
        (
            "illegal change from unprocessed to processed (transition 23, attempt 1, "
            "at 1000062.000) came after retry by c2 (transition 21, attempt 1, at 1000062.000)"
        ),
    ),
    "a job processed twice by hand": (
        (
            f"UPDATE jobs SET status = 'processing' WHERE name = '{DONE}'; "
            f"UPDATE jobs SET status = 'processed', event = 'complete' WHERE name = '{DONE}'"
        ),
        (Rule.LEGAL_MOVE, DONE, 2, (11, 23)),
        "illegal change from processed to processing",
    ),
    "an attempt that is set back by hand": (
        f"UPDATE jobs SET attempt = 0 WHERE name = '{WAITS}'",
        (Rule.LEGAL_MOVE, WAITS, 1, (21, 23)),
        "illegal change from unprocessed to unprocessed",
    ),
    "a row deleted by hand": (
        f"DELETE FROM jobs WHERE name = '{WAITS}'",
        (Rule.LEGAL_MOVE, None, 1, (21, 23)),
        "Job number 16, without a row, attempt 1: illegal change from unprocessed to nothing",
    ),
    "a row deleted unseen": (
        UNSEEN + f"DELETE FROM jobs WHERE name = '{WAITS}'",
        (Rule.ONE_STATUS, None, 1, (21,)),
        "it is in no status, but its history ends in retry by c2 (transition 21",
    ),
    "the last row deleted unseen": (
        UNSEEN + "DELETE FROM jobs WHERE name = 'onemorejob'",
        (Rule.ONE_STATUS, None, 0, (19,)),
        "it is in no status, but its history ends in submit by p1 (transition 19",
    ),
    "a row replaced through a connection that does not tell": (
        f"INSERT OR REPLACE INTO jobs (name) VALUES ('{DONE}')",
        (Rule.ONE_STATUS, None, 2, (11,)),
        "it is in no status, but its history ends in complete by c1",
    ),
    "a row replaced through a connection that tells": (
        f"PRAGMA recursive_triggers = ON; INSERT OR REPLACE INTO jobs (name) VALUES ('{DONE}')",
        (Rule.LEGAL_MOVE, None, 2, (11, 23)),
        "illegal change from processed to nothing",
    ),
    "a row that was not deleted": (
        _entry(WAITS, "illegal", "'unprocessed'", "NULL", 1)
        + f"; UPDATE jobs SET actor = 'c1', error = NULL WHERE name = '{WAITS}'",
        (Rule.REPLAY, WAITS, 1, (23,)),
        "status is unprocessed in the row, but None by the history",
    ),
    "a row inserted unseen": (
        UNSEEN + "INSERT INTO jobs (name) VALUES ('sneakedin1')",
        (Rule.REPLAY, "sneakedin1", 0, ()),
        "the row is unprocessed, but it has no history",
    ),
    "a status that is none": (
        UNSEEN + "PRAGMA ignore_check_constraints = ON; "
        f"UPDATE jobs SET status = 'lost' WHERE name = '{WAITS}'",
        (Rule.ONE_STATUS, None, 1, (21,)),
        "it is in no status",
    ),
    "two claims that overlap": (
        _entry(HELD, "claim", "'unprocessed'", "'processing'", 3),
        (Rule.ONE_CLAIM, HELD, 3, (22, 23)),
        (
            "claim by c1 (transition 23, attempt 3, at 1000099.000) came while this claim held it: "
            "claim by c2 (transition 22, attempt 2, at 1000062.000)"
        ),
    ),
    "an attempt that does not grow": (
        "UPDATE transitions SET attempt = 1 WHERE id = 22",
        (Rule.ATTEMPT, HELD, 1, (18, 22)),
        (
            "claim by c2 (transition 22, attempt 1, at 1000062.000) has attempt 1, "
            "but the last was 1, with reassign by m1"
        ),
    ),
    "a claim that is taken out of the history": (
        "DELETE FROM transitions WHERE id IN (4, 5)",
        (Rule.ATTEMPT, DONE, 2, (1, 10)),
        "has attempt 2, but the last was 0, with submit",
    ),
    "a move that is taken out of the history": (
        "DELETE FROM transitions WHERE id = 5",
        (Rule.ONE_CLAIM, DONE, 2, (4, 10)),
        "claim by c1 (transition 10, attempt 2, at 1000000.000) came while this claim held it",
    ),
    "two accepted completions": (
        _entry(DONE, "complete", "'processing'", "'processed'", 2),
        (Rule.ONE_COMPLETION, DONE, 2, (11, 23)),
        (
            "complete by c1 (transition 23, attempt 2, at 1000099.000) came after "
            "complete by c1 (transition 11, attempt 2, at 1000000.000)"
        ),
    ),
    "a completion by an earlier claim": (
        "UPDATE transitions SET attempt = 1 WHERE id = 11",
        (Rule.STALE_CLAIM, DONE, 2, (10, 11)),
        (
            "complete by c1 (transition 11, attempt 1, at 1000000.000) came while "
            "this claim held it: claim by c1 (transition 10, attempt 2, at 1000000.000)"
        ),
    ),
    "a completion by somebody else": (
        "UPDATE transitions SET actor = 'c9' WHERE id = 11",
        (Rule.STALE_CLAIM, DONE, 2, (10, 11)),
        "complete by c9, with c1 as its holder (transition 11",
    ),
    "a retry of somebody else's claim": (
        "UPDATE transitions SET process = 'c9' WHERE id = 21",
        (Rule.STALE_CLAIM, WAITS, 1, (20, 21)),
        "retry by c2, with c9 as its holder (transition 21",
    ),
    "a release by nobody who held it": (
        _entry(WAITS, "release", "'processing'", "'unprocessed'", 1, "c2"),
        (Rule.STALE_CLAIM, WAITS, 1, (21, 23)),
        "release by c2 (transition 23, attempt 1, at 1000099.000) was accepted from nobody's claim",
    ),
    "a completion after the claim was taken back": (
        UNSEEN
        + f"UPDATE jobs SET status = 'processed' WHERE name = '{WAITS}'; "
        + _entry(WAITS, "complete", "'processing'", "'processed'", 1, "c2"),
        (Rule.STALE_CLAIM, WAITS, 1, (21, 23)),
        "complete by c2 (transition 23, attempt 1, at 1000099.000) was accepted from nobody's",
    ),
    "a claim taken back from somebody else": (
        "UPDATE transitions SET process = 'c9' WHERE id = 18",
        (Rule.REPLAY, HELD, 1, (17, 18)),
        "took it from c9, not from claim by c1",
    ),
    "a move that is none of the legal ones": (
        _entry(DONE, "clean", "'processed'", "'cleaned'", 2, "cleaner"),
        (Rule.LEGAL_MOVE, DONE, 2, (11, 23)),
        "from processed to cleaned is no legal move, after complete by c1",
    ),
    "an event that there is not": (
        "UPDATE transitions SET event = 'fly' WHERE id = 14",
        (Rule.LEGAL_MOVE, GONE, 2, (13, 14)),
        "from failed to cleaned is no legal move",
    ),
    "a move from where the job was not": (
        _entry(DEAD, "submit", "NULL", "'unprocessed'", 1, "p1"),
        (Rule.LEGAL_MOVE, DEAD, 1, (7, 23)),
        "moved it from None, but it was failed since fail by c1 (transition 7",
    ),
    "a history without its beginning": (
        "DELETE FROM transitions WHERE id = 19",
        (Rule.REPLAY, "onemorejob", 0, ()),
        "the row is unprocessed, but it has no history",
    ),
    "a first entry that is missing": (
        "DELETE FROM transitions WHERE id = 1",
        (Rule.WHOLE, DONE, 1, (4,)),
        (
            "claim by c1 (transition 4, attempt 1, at 1000000.000) is entry 2 of its history, "
            "where 1 is expected, after nothing"
        ),
    ),
    "a middle entry that is missing": (
        "DELETE FROM transitions WHERE id = 5",
        (Rule.WHOLE, DONE, 2, (4, 10)),
        (
            "claim by c1 (transition 10, attempt 2, at 1000000.000) is entry 4 of its history, "
            "where 3 is expected, after claim by c1 (transition 4"
        ),
    ),
    "a last entry that is missing": (
        "DELETE FROM transitions WHERE id = 11",
        (Rule.WHOLE, DONE, 2, (10,)),
        "the row counts 5 entries of its history, which ends in entry 4",
    ),
    "a last refused act that is missing": (
        _entry(WAITS, "refused", "'unprocessed'", "'unprocessed'", 1)
        + "; DELETE FROM transitions WHERE id = 23",
        (Rule.WHOLE, WAITS, 1, (21,)),
        "the row counts 4 entries of its history, which ends in entry 3",
    ),
    "an entry written twice": (
        (
            "INSERT INTO transitions SELECT 23, job_id, number, previous, event, from_status, "
            "to_status, at, actor, process, attempt, judged_by_limit, due, checksum, error "
            "FROM transitions WHERE id = 11"
        ),
        (Rule.WHOLE, DONE, 2, (11, 23)),
        (
            "complete by c1 (transition 23, attempt 2, at 1000000.000) is entry 5 of its history, "
            "where 6 is expected, after complete by c1 (transition 11"
        ),
    ),
    "a row deleted by hand with its history before": (
        "DELETE FROM transitions WHERE job_id = 16; DELETE FROM jobs WHERE id = 16",
        (Rule.WHOLE, None, 1, (23,)),
        (
            "Job number 16, without a row, attempt 1: illegal change from unprocessed to nothing "
            "(transition 23, attempt 1, at 1000062.000) is entry 4 of its history, "
            "where 1 is expected, after nothing"
        ),
    ),
    "a history with gaps before its entries were numbered": (
        (
            "INSERT INTO process_events (at, event, detail) "
            "VALUES (1e6, 'history gap', 'the history had 19 up to id 22')"
        ),
        (Rule.WHOLE, None, 0, ()),
        "Entries of the history are missing: the history had 19 up to id 22.",
    ),
    "a claim before its time": (
        "UPDATE transitions SET due = at + 1 WHERE id = 5",
        (Rule.DUE, DONE, 2, (5, 10)),
        "claim by c1 (transition 10, attempt 2, at 1000000.000) took it before its time, 1000001",
    ),
    "an entry that does not name the one before": (
        "UPDATE transitions SET previous = 4 WHERE id = 11",
        (Rule.WHOLE, DONE, 2, (10, 11)),
        "names transition 4 as the one before, not claim by c1 (transition 10",
    ),
    "a retry past the limit": (
        "UPDATE transitions SET judged_by_limit = 1 WHERE id = 9",
        (Rule.LIMIT, GONE, 1, (8, 9)),
        (
            "retry by c1 (transition 9, attempt 1, at 1000000.000) let it go on after 1 tries, "
            "where 1 are allowed; after claim by c1 (transition 8"
        ),
    ),
    "a failure before the limit": (
        "UPDATE transitions SET judged_by_limit = 3 WHERE id = 13",
        (Rule.LIMIT, GONE, 2, (12, 13)),
        "failed it after 2 tries, where 3 are allowed",
    ),
    "a failure without a limit": (
        "UPDATE transitions SET judged_by_limit = NULL WHERE id = 7",
        (Rule.LIMIT, DEAD, 1, (6, 7)),
        "does not say how many tries are allowed",
    ),
    "a reassign past the limit": (
        "UPDATE transitions SET judged_by_limit = 1 WHERE id = 18",
        (Rule.LIMIT, HELD, 1, (17, 18)),
        "let it go on after 1 reassigns, where 1 are allowed",
    ),
    "a reassign that fails the job too early": (
        "UPDATE transitions SET to_status = 'failed' WHERE id = 18",
        (Rule.LIMIT, HELD, 1, (17, 18)),
        "failed it after 1 reassigns, where 5 are allowed",
    ),
    "time that runs backwards": (
        "UPDATE transitions SET at = at - 1000 WHERE id = 14",
        (Rule.TIME, GONE, 2, (13, 14)),
        "clean by cleaner (transition 14, attempt 2, at 999000.000) is earlier than fail by c1",
    ),
}


EDITS = {
    "name": "'elsewhere1'",
    "tries": "7",
    "reassigns": "7",
    "process": "'c9'",
    "since": "since - 1",
    "lease_until": "lease_until + 1",
    "queue_position": "0",
    "due": "due + 1",
    "checksum": "'abc'",
    "entries": "7",
    "last_entry": "7",
    "event": "'retry'",
    "actor": "'c9'",
    "at": "at - 1",
    "judged_by_limit": "7",
    "error": "'none'",
}
UNNOTICED = {"since", "lease_until", "queue_position", "due", "event", "at"}


@pytest.mark.parametrize("column", EDITS)
def test_an_edit_that_moves_nothing_leaves_no_entry_and_is_told_as_the_readme_says(
    world, sql, files, column
):
    before = world.history.transitions()
    sql(f"UPDATE jobs SET {column} = {EDITS[column]} WHERE name = '{HELD}'")
    assert world.history.transitions() == before
    assert bool(audit(world, files)) == (column in UNNOTICED)


def test_every_column_that_no_entry_records_is_edited(world):
    columns = {row["name"] for row in world._db.run("PRAGMA table_info(jobs)")}
    assert columns == {*EDITS, "id", "status", "attempt"}


def test_what_the_verbs_made_is_valid_and_counted(world, files):
    found = audit(world, files)
    assert found.verdict is AuditVerdict.VALID
    assert found.at_rest
    assert (found.jobs, found.transitions) == (6, 22)
    assert found.statuses == {
        "unprocessed": 2,
        "processing": 1,
        "processed": 1,
        "failed": 1,
        "cleaned": 1,
    }


@pytest.mark.parametrize(("statement", "expected", "part"), CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_a_corruption_is_reported_by_rule_job_attempt_and_events(
    world, sql, statement, expected, part
):
    sql(statement)
    found = audit(world)
    assert found.verdict is AuditVerdict.INVALID
    problems = {(p.rule, p.job, p.attempt, p.transitions): p.sentence for p in found.problems}
    assert part in problems[expected]
    assert problems[expected].startswith(("Job ", "Entries"))


@pytest.mark.parametrize(
    "missing", ["a middle entry that is missing", "a last refused act that is missing"]
)
def test_entries_that_are_missing_are_one_problem_of_the_whole_history(world, sql, missing):
    sql(CORRUPTIONS[missing][0])
    assert [p.rule for p in audit(world).problems].count(Rule.WHOLE) == 1


def test_a_job_that_went_with_its_whole_history_is_missed(world, sql):
    sql(UNSEEN + "DELETE FROM transitions WHERE job_id = 16; DELETE FROM jobs WHERE id = 16")
    found = audit(world)
    assert found.jobs == 5
    (problem,) = found.problems
    assert problem.sentence == "3 entries of the history are missing, and the rows of their jobs."


def test_every_rule_about_rows_and_history_has_a_corruption_and_a_meaning():
    covered = {expected[0] for _, expected, _ in CORRUPTIONS.values()}
    assert covered == set(Rule) - {Rule.LEASE_KEPT, Rule.LEASE_LAPSED, Rule.FILES}
    assert set(MEANING) == set(Rule)


def test_duplicated_executions_and_refused_acts_are_counted_and_allowed(queue, clock):
    queue.submit("jobbeing01")
    zombie = queue.claim("c1")
    clock.now += 61
    queue.reassign("m1")
    queue.complete(queue.claim("c2"))
    with pytest.raises(QueueError):
        queue.complete(zombie)
    found = audit(queue)
    assert found
    assert (found.duplicates, found.refused) == (1, 1)
    assert "may have run twice: 1; refused acts: 1" in str(found)


def test_a_job_that_goes_on_after_its_claim_was_released_or_retried_is_no_duplicate(queue):
    queue.submit("jobbeing01")
    queue.release(queue.claim("c1"))
    queue.fail(queue.claim("c1"), "boom", 3)
    queue.complete(queue.claim("c1"))
    assert audit(queue).duplicates == 0


def test_a_redriven_job_may_be_tried_and_taken_back_as_often_again(queue, clock):
    queue.submit("jobbeing01")
    for _ in range(2):
        queue.fail(queue.claim("c1"), "boom", 2)
        queue.fail(queue.claim("c1"), "boom", 2)
        queue.redrive("jobbeing01", "operator")
        for _ in range(2):
            queue.claim("c1")
            clock.now += 61
            queue.reassign("m1", 2)
        queue.redrive("jobbeing01", "operator")
    assert audit(queue)


def test_a_limit_that_is_lowered_meanwhile_ends_a_job_at_its_next_failure(queue):
    queue.submit("jobbeing01")
    for n_tries in (5, 5, 5, 1):
        queue.fail(queue.claim("c1"), "boom", n_tries)
    assert queue.job("jobbeing01").status is Status.FAILED
    assert audit(queue)


# the lease


def test_a_claim_that_outlives_a_poll_cycle_of_the_manager_is_a_problem(queue, clock):
    queue.submit("jobbeing01")
    queue.claim("c1", 60)
    clock.now += 60.5
    poll_cycle(queue, clock, "manager", "m1")
    (problem,) = audit(queue).problems
    assert (problem.rule, problem.job, problem.attempt) == (Rule.LEASE_LAPSED, "jobbeing01", 1)
    assert problem.transitions == (2,)
    assert (
        "had its lease until 1000060.000, and outlived the poll cycle of m1 from"
        in problem.sentence
    )


def test_a_row_without_a_lease_must_not_outlive_a_poll_cycle_of_the_manager_either(queue, clock):
    queue.submit("jobbeing01")
    queue.claim("c1", 60)
    queue._db.run("UPDATE jobs SET lease_until = NULL")
    clock.now += 1
    poll_cycle(queue, clock, "manager", "m1")
    (problem,) = audit(queue).problems
    assert problem.rule is Rule.LEASE_LAPSED


def test_a_lapsed_claim_waits_for_the_manager_without_blame(queue, clock):
    poll_cycle(queue, clock, "manager", "m1")
    queue.submit("jobbeing01")
    queue.claim("c1", 60)
    clock.now += 1000  # it is stopped, or frozen
    assert audit(queue)


@pytest.mark.parametrize("passed", [30, 59])
def test_a_poll_cycle_that_began_before_the_lease_was_over_blames_nobody(queue, clock, passed):
    queue.submit("jobbeing01")
    queue.claim("c1", 60)
    clock.now += passed
    queue.registry.register(
        "m1", "manager", pid=1, started=0, host="", owned=False, alive=lambda _: False
    )
    began = queue.clock.now()
    clock.now += 500
    queue.registry.record_cycle("m1", began, queue.clock.now())
    assert audit(queue)


def test_a_claim_renewed_during_the_poll_cycle_blames_nobody(queue, clock):
    queue.submit("jobbeing01")
    claim = queue.claim("c1", 60)
    clock.now += 61
    queue.renew(claim, 60)
    poll_cycle(queue, clock, "manager", "m1")
    clock.now += 100
    assert audit(queue)


def test_a_poll_cycle_of_another_role_takes_nothing_back(queue, clock):
    queue.submit("jobbeing01")
    queue.claim("c1", 60)
    clock.now += 100
    poll_cycle(queue, clock, "cleaner", "m1")
    assert audit(queue)


def test_a_claim_younger_than_the_poll_cycle_whose_lease_is_set_by_hand_blames_nobody(queue, clock):
    queue.submit("jobbeing01")
    clock.now += 100
    poll_cycle(queue, clock, "manager", "m1")
    clock.now += 1
    queue.claim("c1", 60)
    queue._db.run("UPDATE jobs SET lease_until = 0")
    assert audit(queue)


def test_a_poll_cycle_before_the_clock_was_set_back_blames_nobody(queue, clock):
    queue.submit("jobbeing01")
    queue.clock.shift(1000)
    poll_cycle(queue, clock, "manager", "m1")
    queue.clock.shift(-1000)
    queue.claim("c1", 60)
    clock.now += 2000
    assert audit(queue)
    poll_cycle(queue, clock, "manager", "m2")
    assert not audit(queue)


def test_a_poll_cycle_of_a_host_whose_clock_was_ahead_blames_nobody(queue, clock):
    queue.submit("jobbeing01")
    clock.now += 1000
    poll_cycle(queue, clock, "manager", "m1")
    clock.now -= 1000
    queue.claim("c1", 60)
    clock.now += 70
    assert audit(queue)


def test_a_claim_taken_back_before_its_lease_was_over_is_a_problem_if_the_lease_is_known(
    queue, clock
):
    queue.submit("jobbeing01")
    queue.claim("c1", 30)
    clock.now += 31
    queue.reassign("m1")
    assert audit(queue)
    assert audit(queue, lease=30)
    assert not audit(queue, lease=31)  # it would have been over only later
    (problem,) = audit(queue, lease=60).problems
    assert (problem.rule, problem.transitions) == (Rule.LEASE_KEPT, (2, 3))
    assert "took it back within a lease of 60 s, which began with claim by c1" in problem.sentence


# time


@pytest.mark.parametrize("ahead", [2, 3600, 1e10])
def test_an_entry_ahead_of_a_clock_that_cannot_be_set_is_a_problem(tmp_path, ahead):
    system = FakeTime(boot_id="boot")
    with PersistentQSQLite(tmp_path / "rinq.db", moment=system) as queue:
        queue.submit("jobbeing01")
        assert audit(queue)
        queue._db.run(f"UPDATE transitions SET at = at + {ahead}")
        (problem,) = audit(queue).problems
        assert (problem.rule, problem.transitions) == (Rule.TIME, (1,))
        assert "is later than now (1000001.000)" in problem.sentence
        system.now += ahead
        assert audit(queue)


def test_an_entry_ahead_of_a_clock_that_can_be_set_is_none(queue, clock):
    queue.submit("jobbeing01")
    clock.now -= 3600
    assert audit(queue)


# the verdict


def test_a_queue_without_a_job_cannot_be_judged(queue):
    found = audit(queue)
    assert found.verdict is AuditVerdict.UNKNOWN
    assert "no job was ever submitted" in str(found)


@pytest.fixture
def torn(world, monkeypatch):
    """The world, with a history that cannot be read past its fourth job."""
    whole = world.history.by_job

    def by_job():
        for entry in whole():
            if entry.job_id > 4:
                world._db.run("SELECT * FROM missing")
            yield entry

    monkeypatch.setattr(world.history, "by_job", by_job)
    return world


def test_a_database_that_cannot_be_read_to_the_end_cannot_be_judged(torn):
    found = audit(torn)
    assert found.verdict is AuditVerdict.UNKNOWN
    assert "no such table: missing" in str(found)


def test_what_was_found_before_the_database_failed_still_counts(torn, sql):
    sql("UPDATE transitions SET actor = 'c9' WHERE id = 11")
    assert audit(torn).verdict is AuditVerdict.INVALID


def test_only_the_first_problems_are_listed_and_the_others_counted(queue):
    queue.submit_many([f"jobbeing{n:02}" for n in range(20)])
    queue._db.run("DELETE FROM transitions")
    found = audit(queue, most=5)
    assert (len(found.problems), found.unlisted) == (5, 15)
    assert "... and 15 more." in str(found)


def test_the_outcome_is_plain_data_and_says_whether_files_were_compared(world, sql, files):
    assert "no files" in str(audit(world))
    sql(f"UPDATE jobs SET status = 'processed' WHERE name = '{WAITS}'")
    expected = json.loads(audit(world, files).to_json())
    assert (expected["verdict"], expected["with_files"], expected["jobs"]) == ("invalid", True, 6)
    assert expected["problems"][0]["rule"] == "legal-move"
    assert expected["problems"][0]["job"] == WAITS


def test_a_history_longer_than_a_page_is_read_whole(world, monkeypatch):
    monkeypatch.setattr("rinq.lab.audit.job_histories.PAGE", 2)
    found = audit(world)
    assert found
    assert (found.jobs, found.transitions) == (6, 22)


def test_others_write_while_the_audit_reads_and_are_not_seen(world, monkeypatch):
    whole = world.jobs
    with PersistentQSQLite(world._db.path) as other:

        def jobs(*args, **kwargs):
            claim = other.claim("c3")
            if claim:
                other.complete(claim)
            return whole(*args, **kwargs)

        monkeypatch.setattr(world, "jobs", jobs)
        found = audit(world)
        assert found
        assert found.statuses["processed"] == 1
        assert other.counts()[Status.PROCESSED] > 1


NAMES = ["jobbeing00", "jobbeing01", "jobbeing02"]
names = st.sampled_from([*NAMES, "jobbeing03"])
steps = st.lists(
    st.tuples(st.just("submit"), names)
    | st.tuples(st.just("claim"), st.sampled_from(["c1", "c2"]), st.sampled_from([0, 30]))
    | st.tuples(
        st.just("act"), st.sampled_from(["complete", "release", "renew"]), st.integers(0, 5)
    )
    | st.tuples(
        st.just("act"), st.just("fail"), st.integers(0, 5), st.just("boom"), st.integers(1, 3)
    )
    | st.tuples(st.just("reassign"), st.integers(1, 3))
    | st.tuples(st.sampled_from(["clean", "redrive"]), names, st.just("somebody"))
    | st.tuples(st.just("change_speed"), st.sampled_from([0.5, 1, 100]))
    | st.tuples(st.just("shift_clock"), st.integers(-100, 100))
    | st.sampled_from([("correct_clock",), ("reboot",)])
    | st.integers(-50, 100),
    min_size=5,
    max_size=40,
)


class QueueUnderTest:
    """A queue and its Manager, and each thing that may happen to them.

    It begins with a stale claim, one that holds its job, and jobs that wait or failed.
    """

    def __init__(self, queue, system):
        self.queue, self.system = queue, system
        queue.registry.register(
            "m", "manager", pid=1, started=0, host="", owned=False, alive=lambda _: 0
        )
        for name in NAMES:
            queue.submit(name)
        stale = queue.claim("c0", 30)
        queue.release(stale)
        queue.fail(queue.claim("c1", 30), "boom", 1)
        queue.release(queue.claim("c1", 30))
        self.claims = [stale, queue.claim("c2", 30)]
        assert self.claims[1].name == stale.name

    def step(self, act, *values):
        with contextlib.suppress(QueueError):
            getattr(self, act, getattr(self.queue, act, None))(*values)

    def change_speed(self, speed):
        self.queue.clock.set_speed(speed)

    def shift_clock(self, seconds):
        self.queue.clock.shift(seconds)

    def correct_clock(self):
        self.queue.clock.correct()

    def reboot(self):
        if self.system.boot_id is not None:
            self.system.boot_id += "'"
            self.system.wall, self.system.now = self.system.wall + self.system.now - 5, 5

    def claim(self, process, lease):
        self.claims += filter(None, [self.queue.claim(process, lease)])

    def act(self, verb, which, *values):
        getattr(self.queue, verb)(self.claims[which % len(self.claims)], *values)

    def reassign(self, n_reassigns):
        began = self.queue.clock.now()
        self.queue.reassign("m", n_reassigns)
        self.queue.registry.record_cycle("m", began, self.queue.clock.now())


@given(steps, st.sampled_from([None, "boot"]))
def test_whatever_the_verbs_do_in_whatever_time_is_valid(drawn, boot_id):
    """Claims of every age act, time jumps to and fro, and the Manager polls."""
    system = FakeTime(boot_id=boot_id)
    with PersistentQSQLite(":memory:", moment=system) as queue:
        under_test = QueueUnderTest(queue, system)
        for step in drawn:
            if isinstance(step, int) and step < 0:
                system.wall += step
            elif isinstance(step, int):
                system.now += step
            else:
                under_test.step(*step)
            found = audit(queue)
            assert found.verdict is AuditVerdict.VALID, str(found)
