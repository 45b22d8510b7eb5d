"""A sentence for each corruption of rows and history."""

from __future__ import annotations

import pytest
from world import DEAD, DONE, GONE, HELD, WAITS

from rinq import audit
from rinq.lab.audit.report import MEANING, AuditVerdict, Rule

UNSEEN = "DROP TRIGGER jobs_moved; DROP TRIGGER jobs_deleted; DROP TRIGGER jobs_inserted; "


def _entry(name, event, origin, target, attempt, actor="c1"):
    """An entry of a job's history that no move made: the 23rd."""
    return (
        "INSERT INTO transitions (job_id, event, from_status, to_status, at, actor, process, "
        f"attempt, judged_by_limit) SELECT id, '{event}', {origin}, {target}, 1e6 + 99, '{actor}', "
        f"'{actor}', {attempt}, 3 FROM jobs WHERE name = '{name}'"
    )


# what is done: (SQL, the rule, job, attempt and transitions it tells, a part of its sentence)
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
    "a hand on the table": (
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
        "Job number 5, without a row, attempt 1: illegal change from unprocessed to nothing",
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
        _entry(WAITS, "illegal", "'unprocessed'", "NULL", 1),
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
    "a refused act that is taken out of the history": (
        _entry(WAITS, "refused", "'unprocessed'", "'unprocessed'", 1)
        + "; INSERT INTO jobs (name) VALUES ('latecomer1'); DELETE FROM transitions WHERE id = 23",
        (Rule.WHOLE, None, 0, (24,)),
        "The history has 23 entries, but its last is number 24: some are gone",
    ),
    "a job that is taken out, row and history": (
        UNSEEN + "DELETE FROM transitions WHERE job_id = 5; DELETE FROM jobs WHERE id = 5",
        (Rule.WHOLE, None, 0, (22,)),
        "The history has 19 entries, but its last is number 22: some are gone",
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


@pytest.mark.parametrize(("statement", "told", "part"), CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_a_corruption_is_told_by_rule_job_attempt_and_events(world, sql, statement, told, part):
    sql(statement)
    found = audit(world)
    assert found.verdict is AuditVerdict.INVALID
    problems = {(p.rule, p.job, p.attempt, p.transitions): p.sentence for p in found.problems}
    assert part in problems[told]
    assert problems[told].startswith((f"Job {told[1]}, attempt", "Job number", "The history"))


def test_every_rule_about_rows_and_history_has_a_corruption_and_a_meaning():
    covered = {told[0] for _, told, _ in CORRUPTIONS.values()}
    assert covered == set(Rule) - {Rule.LEASE_KEPT, Rule.LEASE_LAPSED, Rule.FILES}
    assert set(MEANING) == set(Rule)
