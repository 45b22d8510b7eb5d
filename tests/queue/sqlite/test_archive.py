"""Settled jobs leave with their whole history, and nothing else does."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from rinq import audit
from rinq.errors import NameUsed, Unavailable, UnknownJob, UsedArchive
from rinq.faults import watched
from rinq.metrics.live_history import LiveHistory
from rinq.queue import PersistentQSQLite, Status
from rinq.queue.sqlite import archive

NAMES = [f"job{n:07}" for n in range(30)]


class Killed(BaseException):
    """The pruning process ends here."""


@pytest.fixture
def target(tmp_path):
    return tmp_path / "archive.db"


@pytest.fixture
def old(queue, clock, monkeypatch):
    """A queue of 30 jobs, of which 20 are processed and 4 cleaned, and steps of 5 jobs."""
    monkeypatch.setattr(archive, "BATCH", 5)
    queue.submit_many(NAMES)
    for _ in range(20):
        queue.complete(queue.claim("c1"))
    for _ in range(4):
        name = queue.claim("c1").name
        queue.cancel(name, "operator", "not needed")
        queue.clean(name, "cleaner")
    clock.now += 100
    queue.submit("newest-job")
    return queue


def prune(queue, target, **how):
    return sum(queue.archive.prune(queue.clock.now() - 50, target, **how))


def test_they_go_to_a_database_that_is_audited_like_any_other(old, target):
    whole, counts = old.history.tally(), old.counts()
    entries = old.history.transitions()
    assert prune(old, target) == 24
    assert old.counts() == dict.fromkeys(Status, 0) | {Status.UNPROCESSED: 7}
    assert old.archive.count() == 24
    assert old.history.tally() == whole
    assert audit(old)
    with PersistentQSQLite(target) as archived:
        assert archived.counts() == counts | {Status.UNPROCESSED: 0}
        assert audit(archived)
        both = [*archived.history.transitions(), *old.history.transitions()]
        assert sorted(both, key=lambda entry: entry.id) == entries
        with pytest.raises(Unavailable, match="readonly"):
            archived.submit("abcdefghij")


def test_what_is_younger_or_spared_or_not_settled_stays(old, target, clock):
    old.complete(old.claim("c1"))
    assert prune(old, target, spare={NAMES[3], NAMES[4]}) == 22
    assert old.job(NAMES[3]).status is Status.PROCESSED
    assert old.counts()[Status.PROCESSED] == 3
    assert audit(old)


def test_without_an_archive_they_are_dropped_and_still_counted(old, target):
    whole = old.history.tally()
    assert prune(old, None) == 24
    assert not target.exists()
    assert old.history.tally() == whole
    assert audit(old)


@pytest.mark.parametrize("step", range(1, 6))
def test_interrupted_between_copy_and_deletion_it_is_repeated(old, target, step):
    def die(point):
        nonlocal step
        step -= point == "archived"
        if not step:
            raise Killed

    entries = old.history.transitions()
    with watched(die), contextlib.suppress(Killed):
        prune(old, target)
    assert audit(old)
    prune(old, target)
    assert old.archive.count() == 24
    with PersistentQSQLite(target) as archived:
        assert audit(archived)
        both = [*archived.history.transitions(), *old.history.transitions()]
    assert sorted(both, key=lambda entry: entry.id) == entries


def test_a_job_that_is_moved_between_copy_and_deletion_stays(old, target):
    late = old.claim("c1")
    old.complete(late)
    old._db.run("UPDATE jobs SET since = 1 WHERE name = :name", {"name": late.name})
    old.submit("a-new-job1")

    def act_late(point):
        if point == "archived":
            with contextlib.suppress(Exception):
                old.release(late)

    with watched(act_late):
        prune(old, target)
    assert old.history.of(late.name)[-1].event == "refused"
    assert audit(old)


def test_a_name_stays_taken(old, target):
    prune(old, target)
    with pytest.raises(NameUsed, match="archived"):
        old.submit(NAMES[0])
    with pytest.raises(NameUsed, match=NAMES[1]):
        old.submit_many(["another-01", NAMES[1]])
    assert old.archive.among([NAMES[0], "another-01"]) == {NAMES[0]}
    assert old.archive.names() == NAMES[:24]


def test_no_id_is_given_twice_and_a_zombie_finds_no_job(queue, clock, target):
    queue.submit(NAMES[0])
    zombie = queue.claim("zombie", 1)
    clock.now += 2
    queue.reassign("m1")
    queue.complete(queue.claim("c1"))
    queue.submit(NAMES[1])
    queue.complete(queue.claim("c1"))
    highest = queue.history.transitions()[-1].id
    clock.now += 100
    while prune(queue, target):
        pass
    assert [job.name for job in queue.jobs()] == [NAMES[1]]  # the one that moved last
    new = queue.submit(NAMES[2])
    assert new.id == highest + 1
    queue.claim("c2")
    with pytest.raises(UnknownJob):
        queue.complete(zombie)
    assert queue.job(NAMES[2]).process == "c2"
    assert audit(queue)


def test_a_reader_that_follows_the_history_notices_nothing(old, target):
    followed = LiveHistory()
    followed.read(old, 0)
    totals, tally, rows = dict(followed.totals), followed.tally.copy(), len(followed.transitions)
    prune(old, target)
    followed.read(old, 0)
    assert (followed.totals, followed.tally, len(followed.transitions)) == (totals, tally, rows)
    old.submit("another-01")
    followed.read(old, 0)
    assert followed.totals[Status.UNPROCESSED] == totals[Status.UNPROCESSED] + 1


def test_only_an_archive_of_this_queue_is_written_to(old, target, tmp_path):
    with PersistentQSQLite(tmp_path / "another.db") as another:
        another.submit(NAMES[0])
        with pytest.raises(UsedArchive):
            prune(old, tmp_path / "another.db")
        assert list(another.archive.prune(1e12, target)) == []
        with pytest.raises(UsedArchive):
            prune(old, target)
    (tmp_path / "notes.txt").write_text("no database")
    with pytest.raises(Exception, match="not a database"):
        prune(old, tmp_path / "notes.txt")
    assert old.archive.count() == 0


def test_a_job_whose_history_is_damaged_stays(old, target):
    with contextlib.closing(sqlite3.connect(old._db.path)) as by_hand, by_hand:
        by_hand.execute("DELETE FROM transitions WHERE job_id = 5 AND number = 2")
    assert prune(old, target) == 23
    assert old.job_by_id(5)
    assert not audit(old)
