"""The verbs of the queue, one by one: guard, result, errors."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from rinq.errors import IllegalMove, InvalidName, NameUsed, UnknownJob
from rinq.queue import Claim, PersistentQSQLite, Status
from rinq.queue.sqlite.connection import SQL
from rinq.queue.sqlite.queue import ERROR_LENGTH

A, B, C = "abcdefghij", "klmnopqrst", "uvwxyz0123"
LEASE = 60


def events(queue, name=None):
    """The history's events, oldest first."""
    rows = queue.history.transitions() if name is None else queue.history.of(name)
    return [row.event for row in rows]


def everything(queue):
    """All that the verbs may change; a refused act is only counted in the job's row."""
    rows = [replace(job, entries=0, last_entry=0) for job in queue.jobs()]
    return rows, queue.history.transitions()


# submit


def test_a_submitted_job_waits_with_nothing_counted(queue, clock):
    job = queue.submit(A, "p1")
    assert job == queue.job(A)
    assert (job.name, job.status, job.attempt) == (A, Status.UNPROCESSED, 0)
    assert (job.tries, job.reassigns, job.process, job.lease_until) == (0, 0, None, None)
    assert (job.event, job.actor, job.at, job.since) == ("submit", "p1", clock.now, clock.now)


def test_a_job_can_be_submitted_by_nobody_in_particular(queue):
    assert queue.submit(A).actor is None


@pytest.mark.parametrize("name", ["", "short", "elevenchars", "../../etc/", "abcdefghi\n", None, 7])
def test_a_name_that_is_none_is_refused_and_nothing_written(queue, name):
    with pytest.raises(InvalidName):
        queue.submit(name, "p1")
    with pytest.raises(InvalidName):
        queue.submit_many([A, name], "p1")
    assert everything(queue) == ([], [])


def test_a_name_is_used_once_for_ever(queue, claim):
    queue.fail(claim, "boom", 1)
    queue.clean(A, "cleaner")
    before = everything(queue)
    with pytest.raises(NameUsed, match=A):
        queue.submit(A, "p1")
    assert everything(queue) == before


# submit_many


def test_many_are_submitted_in_their_order(queue):
    names = [f"job{n:07}" for n in (3, 1, 2)]
    assert queue.submit_many(names, "p1") == 3
    assert [queue.claim("c1").name for _ in names] == names
    assert {row.actor for row in queue.history.transitions() if row.event == "submit"} == {"p1"}


def test_none_at_all_can_be_submitted(queue):
    assert queue.submit_many([]) == 0
    assert everything(queue) == ([], [])


@pytest.mark.parametrize(
    ("names", "reason"),
    [([B, A, C], A), ([B, C, B], f"{B} stands 2 times"), ([B, "bad"], "'bad'")],
)
def test_many_are_submitted_all_or_none(queue, names, reason):
    queue.submit(A)
    before = everything(queue)
    with pytest.raises((NameUsed, InvalidName), match=reason):
        queue.submit_many(names)
    assert everything(queue) == before


# claim


def test_a_claim_takes_the_job_that_waited_longest(queue, clock):
    for name in (C, A, B):
        queue.submit(name)
        clock.now += 1
    claims = [queue.claim("c1") for _ in range(4)]
    assert [claim and claim.name for claim in claims] == [C, A, B, None]


def test_a_claim_holds_the_job_under_its_number_until_its_lease_is_over(queue, clock, claim):
    job = queue.job(A)
    assert claim == Claim(job.id, A, 1, "c1")
    assert (job.status, job.attempt, job.process) == (Status.PROCESSING, 1, "c1")
    assert (job.since, job.lease_until) == (clock.now, clock.now + LEASE)


def test_a_job_that_comes_back_goes_behind_those_that_wait(queue, clock):
    names = [f"job{n:07}" for n in range(5)]
    queue.submit_many(names)
    released, failed, lapsed = (queue.claim("c1") for _ in range(3))
    queue.release(released)
    queue.fail(failed, "boom", 3)
    clock.now += LEASE + 1
    queue.reassign("m1")
    queue.submit("lastofall1")
    order = [queue.claim("c1").name for _ in range(6)]
    assert order == [names[3], names[4], released.name, failed.name, lapsed.name, "lastofall1"]


def test_attempts_grow_by_one_and_are_never_reset(queue):
    queue.submit(A)
    numbers = []
    for end in ("release", "fail", "redrive", "release"):
        claim = queue.claim("c1")
        numbers.append(claim.attempt)
        if end == "release":
            queue.release(claim)
        elif end == "fail":
            queue.fail(claim, "boom", 5)
        else:
            queue.fail(claim, "boom", 1)
            queue.redrive(A, "operator")
    assert numbers == [1, 2, 3, 4]


# complete, fail, release


def test_a_completed_job_is_processed_and_held_by_nobody(queue, claim):
    queue.complete(claim)
    job = queue.job(A)
    assert (job.status, job.process, job.lease_until) == (Status.PROCESSED, None, None)
    assert events(queue) == ["submit", "claim", "complete"]


def test_a_failed_execution_is_a_try_and_the_last_one_fails_the_job(queue):
    queue.submit(A)
    statuses = [queue.fail(queue.claim("c1"), f"boom {n}", 3) for n in range(3)]
    assert statuses == [Status.UNPROCESSED, Status.UNPROCESSED, Status.FAILED]
    job = queue.job(A)
    assert (job.status, job.tries, job.error, job.judged_by_limit) == (
        Status.FAILED,
        3,
        "boom 2",
        3,
    )
    assert events(queue)[1::2] == ["claim"] * 3
    assert events(queue)[2::2] == ["retry", "retry", "fail"]


def test_tries_count_whoever_executes_and_the_limit_is_the_caller_s(queue):
    queue.submit(A)
    assert queue.fail(queue.claim("c1"), "boom", 5) == Status.UNPROCESSED
    assert queue.fail(queue.claim("c2"), "boom", 5) == Status.UNPROCESSED
    assert queue.fail(queue.claim("c3"), "boom", 2) == Status.FAILED


def test_a_release_counts_as_nothing(queue, claim):
    queue.release(claim)
    job = queue.job(A)
    assert (job.status, job.tries, job.reassigns, job.attempt) == (Status.UNPROCESSED, 0, 0, 1)
    assert (job.process, job.lease_until) == (None, None)


def test_an_error_is_kept_whole_up_to_a_bound_whatever_it_holds(queue, claim):
    queue.fail(claim, "ß\0\udcff" + "x" * 10_000, 3)
    error = queue.job(A).error
    assert error.startswith("ß\0\\udcff")
    assert ERROR_LENGTH <= len(error) < 2 * ERROR_LENGTH
    assert queue.history.of(A)[-1].error == error


# clean and redrive


def test_a_failed_job_is_cleaned(queue, claim):
    queue.fail(claim, "boom", 1)
    job = queue.clean(A, "cleaner")
    assert job == queue.job(A)
    assert (job.status, job.actor, job.tries) == (Status.CLEANED, "cleaner", 1)


def test_a_redriven_job_starts_anew_with_its_next_attempt(queue, clock, claim):
    clock.now += LEASE + 1
    queue.reassign("m1", 5)
    queue.fail(queue.claim("c1"), "boom", 1)
    job = queue.redrive(A, "operator")
    assert (job.status, job.tries, job.reassigns) == (Status.UNPROCESSED, 0, 0)
    assert queue.fail(queue.claim("c1"), "boom", 2) == Status.UNPROCESSED
    assert queue.job(A).attempt == 3


@pytest.mark.parametrize("act", ["clean", "redrive"])
@pytest.mark.parametrize("status", [status for status in Status if status != Status.FAILED])
def test_only_a_failed_job_is_cleaned_or_redriven_and_a_refusal_is_kept(queue, act, status):
    queue.submit(A)
    if status != Status.UNPROCESSED:
        claim = queue.claim("c1")
    if status == Status.PROCESSED:
        queue.complete(claim)
    if status == Status.CLEANED:
        queue.fail(claim, "boom", 1)
        queue.clean(A, "cleaner")
    before = everything(queue)
    with pytest.raises(IllegalMove, match=f"{act} of {A} refused: it is {status}"):
        getattr(queue, act)(A, "operator")
    jobs, transitions = everything(queue)
    assert (jobs, transitions[:-1]) == before
    assert (transitions[-1].event, transitions[-1].actor) == ("refused", "operator")
    assert transitions[-1].to_status == status


@pytest.mark.parametrize("name", [A, "", "no name", "a\udcff", "'; DROP TABLE jobs"])
def test_a_job_that_is_not_there_is_unknown_to_every_verb(queue, name):
    for act in (
        lambda: queue.clean(name, "cleaner"),
        lambda: queue.redrive(name, "operator"),
        lambda: queue.hold(name).__enter__(),
        lambda: queue.job(name),
        lambda: queue.history.of(name),
    ):
        with pytest.raises(UnknownJob) as caught:
            act()
        assert len(str(caught.value).splitlines()) == 1
    assert queue.history.transitions() == []
    queue.submit(B)  # and no lock was left


# hold


def test_a_held_job_is_moved_by_nobody_else(queue, claim, clock):
    with PersistentQSQLite(queue._db.path, wait=0.01, moment=clock) as another:
        with queue.hold(A) as job:
            assert job == queue.job(A)
            with pytest.raises(Exception, match="locked"):
                another.complete(claim)
        another.complete(claim)


def test_a_held_row_is_as_it_is_under_the_lock(queue, claim, clock, monkeypatch):
    write = queue._db.write

    def complete_first():
        monkeypatch.undo()
        queue.complete(claim)
        return write()

    monkeypatch.setattr(queue._db, "write", complete_first)
    with queue.hold(A) as job:
        assert job.status is Status.PROCESSED


def test_trouble_under_the_lock_lets_go_of_it(queue, claim):
    with pytest.raises(ZeroDivisionError), queue.hold(A):
        raise ZeroDivisionError
    queue.complete(claim)


# Reading


def test_counts_name_every_status(queue, claim):
    queue.submit(B)
    assert queue.counts() == {
        Status.UNPROCESSED: 1,
        Status.PROCESSING: 1,
        Status.PROCESSED: 0,
        Status.FAILED: 0,
        Status.CLEANED: 0,
    }


def test_jobs_and_transitions_are_read_in_pages(queue):
    names = [f"job{n:07}" for n in range(7)]
    queue.submit_many(names)
    for read, place in (
        (queue.jobs, lambda job: job.id),
        (queue.history.transitions, queue.history.cursor),
    ):
        first = read(limit=3)
        rest = read(after=place(first[-1]))
        assert first + rest == read()
        assert len(first) == 3
        assert read(after=place(rest[-1])) == []


@pytest.mark.parametrize("status", Status)
def test_jobs_of_a_status_are_those_and_in_pages_too(queue, status):
    queue.submit_many([f"job{n:07}" for n in range(20)])
    for n, act in enumerate(["complete", "fail", "clean", "hold"] * 4):
        claim = queue.claim("c1")
        if act == "complete":
            queue.complete(claim)
        elif act in ("fail", "clean"):
            queue.fail(claim, "boom", 1)
        if act == "clean":
            queue.clean(claim.name, "cleaner")
        assert n < 16
    jobs = queue.jobs(status)
    assert jobs == [job for job in queue.jobs() if job.status == status]
    assert len(jobs) == 4
    assert queue.jobs(status, after=jobs[0].id, limit=2) == jobs[1:3]


def test_a_history_is_that_of_one_job(queue, claim):
    queue.submit(B)
    queue.complete(claim)
    assert events(queue, A) == ["submit", "claim", "complete"]
    assert events(queue, B) == ["submit"]


# Speed comes from the indices


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("claim", "jobs_live"),
        ("next_due", "jobs_live"),
        ("lapsed", "jobs_live"),
        ("claimed_jobs", "jobs_live"),
        ("failed_jobs", "jobs_failed"),
    ],
)
def test_a_statement_uses_its_index(queue, query, index):
    assert any(f"INDEX {index}" in step for step in _plan(queue, query))


@pytest.mark.parametrize(
    "query", ["claim", "complete", "fail", "release", "renew", "reassign", "clean", "redrive"]
)
def test_a_move_finds_its_row_by_a_key(queue, query):
    keys = ("USING INTEGER PRIMARY KEY (rowid=?)", "(name=?)")
    assert _plan(queue, query)[0].startswith("SEARCH jobs USING")
    assert any(key in _plan(queue, query)[0] for key in keys)
    assert not any("TEMP B-TREE" in step for step in _plan(queue, query))


def _plan(queue, query):
    values = dict.fromkeys(re.findall(r":(\w+)", SQL[query]), "[]")
    return [row["detail"] for row in queue._db.run(f"EXPLAIN QUERY PLAN {SQL[query]}", values)]


def test_what_a_trigger_adds_to_a_move_does_not_grow_with_the_history(queue):
    def steps():
        """Progress of SQLite's virtual machine while a job passes through."""
        count = 0

        def step():
            nonlocal count
            count += 1

        queue._db._raw.set_progress_handler(step, 10)
        queue.submit(f"steps{queue.history.expected():05}")
        queue.complete(queue.claim("c1"))
        queue._db._raw.set_progress_handler(None, 0)
        return count

    few = steps()
    queue.submit_many([f"job{n:07}" for n in range(2000)])
    while claim := queue.claim("c1"):
        queue.complete(claim)
    assert steps() < 2 * few
