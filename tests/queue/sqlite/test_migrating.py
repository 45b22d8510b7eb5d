"""A database of an older version is migrated, once, after a copy was made, or left as it is."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rinq import audit
from rinq.errors import DatabaseInUse, SchemaChanged, Unavailable
from rinq.lab.audit.report import Rule
from rinq.queue import PersistentQSQLite
from rinq.queue.liveness import this_process
from rinq.queue.sqlite.connection import Connection
from rinq.queue.sqlite.migrating import SCHEMA_VERSION

VERSION_1 = Path(__file__).with_name("databases").joinpath("version_1.sql").read_text("utf-8")
READING = ("jobs", "waits", "counts")


@pytest.fixture
def path(tmp_path):
    """A database of version 1; ``rinq.db`` in a folder of its own."""
    path = tmp_path / "rinq.db"
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.executescript("PRAGMA journal_mode = WAL;" + VERSION_1)
    return path


def by_hand(path, sql):
    with contextlib.closing(sqlite3.connect(path)) as other, other:
        return other.execute(sql).fetchall()


def dump(path):
    with contextlib.closing(sqlite3.connect(path)) as other:
        return [other.execute("PRAGMA user_version").fetchone(), *other.iterdump()]


def columns(path):
    """Each table with its columns and checks, and each index and trigger as it is spelled."""
    with contextlib.closing(sqlite3.connect(path)) as other:
        found = other.execute(
            "SELECT type, name, sql FROM sqlite_master "
            "WHERE name <> 'sqlite_sequence' ORDER BY name"  # left by version 1
        ).fetchall()
        return {
            (kind, name): [
                *other.execute(f"PRAGMA table_xinfo({name})").fetchall(),
                *re.findall(r"CHECK \(.*\)", sql),
            ]
            if kind == "table"
            else " ".join((sql or "").split())
            for kind, name, sql in found
        }


def test_it_is_opened_as_if_it_had_always_been_of_this_version(path, tmp_path):
    with PersistentQSQLite(path) as queue:
        assert len(queue.jobs()) == 8
        assert sum(job.entries for job in queue.jobs()) == len(queue.history.transitions()) == 24
        assert [row.number for row in queue.history.of("job-000001")] == [1, 2, 3]
        assert queue.job("job-000001").judged_by_limit == 2
        assert queue.settings.read() == {"manager.timeout": 30, "paused": True}
        assert queue.clock.speed == 5
        assert [event.event for event in queue.registry.process_events()] == ["kill"]
        assert queue.registry.processes()[0].cycle_began == 1_000_000.5
        assert audit(queue)
        assert queue.claim("consumer-4").name == "job-000007"
        assert queue.history.of("job-000007")[-1].number == 2
        assert audit(queue)
    PersistentQSQLite(tmp_path / "new.db").close()
    assert columns(path) == columns(tmp_path / "new.db")
    assert by_hand(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE jobs SET attempt = {2**63 - 1}, tries = {2**63 - 1}, reassigns = {-(2**63)}",
        "UPDATE jobs SET since = 9e999, lease_until = -9e999, at = 9e999",
        "UPDATE transitions SET at = 9e999",
        "UPDATE clock SET speed = 0, base_real = 9e999, base_queue = -1",
        "DELETE FROM clock",
    ],
)
def test_what_is_refused_now_and_was_written_by_hand_before_stops_no_migration(path, statement):
    by_hand(path, statement)
    with PersistentQSQLite(path) as queue:
        queue.clock.correct()
        queue.submit("new-job-01")
        assert queue.claim("consumer-4")
    assert by_hand(path, "PRAGMA integrity_check") == [("ok",)]


def test_each_database_gets_an_identity_of_its_own(path, tmp_path):
    PersistentQSQLite(path).close()
    PersistentQSQLite(tmp_path / "new.db").close()
    (one,), (other,) = (
        by_hand(file, "SELECT identity FROM database")[0] for file in (path, tmp_path / "new.db")
    )
    assert len(one) == len(other) == 32
    assert one != other


def test_no_id_is_given_twice_after_a_migration(path):
    by_hand(path, "UPDATE sqlite_sequence SET seq = 50")
    with PersistentQSQLite(path) as queue:
        assert queue.submit("new-job-01").id == 51


def test_an_empty_database_is_migrated_too(path):
    for table in ("jobs", "transitions", "sqlite_sequence"):
        by_hand(path, f"DELETE FROM {table}")
    by_hand(path, "DELETE FROM transitions")  # what the deletion recorded
    with PersistentQSQLite(path) as queue:
        assert queue.submit("new-job-01").id == 1
        assert audit(queue)


def test_a_copy_of_what_was_there_is_kept_and_no_copy_is_ever_overwritten(path):
    before = dump(path)
    PersistentQSQLite(path).close()
    copy = path.with_name("rinq.db.version-1")
    assert dump(copy) == before
    path.write_bytes(copy.read_bytes())
    by_hand(path, "UPDATE jobs SET error = 'another'")
    PersistentQSQLite(path).close()
    assert dump(copy) == before
    assert sorted(file.name for file in path.parent.glob("*version*")) == [
        "rinq.db.version-1",
        "rinq.db.version-1-2",
    ]


def test_what_is_of_this_version_is_neither_copied_nor_changed(path):
    PersistentQSQLite(path).close()
    before, files = dump(path), sorted(path.parent.iterdir())
    PersistentQSQLite(path).close()
    assert (dump(path), sorted(path.parent.iterdir())) == (before, files)


def test_a_history_with_a_gap_is_not_laundered(path):
    by_hand(path, "DELETE FROM transitions WHERE id IN (12, 13)")
    with PersistentQSQLite(path) as queue:
        (gap,) = (e for e in queue.registry.process_events() if e.event == "history gap")
        assert gap.detail.endswith("the history had 22 up to id 24")
        assert Rule.WHOLE in {problem.rule for problem in audit(queue).problems}


def test_while_a_registered_process_lives_nothing_is_changed(path):
    pid, started, host = this_process()
    by_hand(
        path,
        f"UPDATE processes SET pid = {pid}, started = {started}, host = '{host}', outcome = NULL",
    )
    before = dump(path)
    with pytest.raises(
        DatabaseInUse, match=rf"consumer-1 \(a consumer, pid {pid} on {re.escape(host)}\)"
    ):
        PersistentQSQLite(path)
    assert dump(path) == before
    assert not list(path.parent.glob("*version*"))


def test_where_no_copy_can_be_written_nothing_is_changed(path):
    before = dump(path)
    path.with_name("rinq.db.version-1.part").mkdir()
    with pytest.raises(Unavailable, match=r"rinq\.db\.version-1 cannot be written"):
        PersistentQSQLite(path)
    assert dump(path) == before


@pytest.mark.parametrize("at", [1, 5, 12, 20, 28])
def test_a_step_that_is_interrupted_leaves_the_database_as_it_was(path, monkeypatch, at):
    before, run, calls = dump(path), Connection.run, 0

    def interrupted(self, sql, *values):
        nonlocal calls
        calls += self.inside and not sql.startswith("PRAGMA")
        if calls == at:
            raise KeyboardInterrupt
        return run(self, sql, *values)

    monkeypatch.setattr(Connection, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        PersistentQSQLite(path)
    monkeypatch.undo()
    assert dump(path) == before
    with PersistentQSQLite(path) as queue:
        assert audit(queue)


OPENER = """
import sys
from rinq.queue import PersistentQSQLite
sys.stdin.readline()
with PersistentQSQLite(sys.argv[1]) as queue:
    print(len(queue.jobs()), flush=True)
"""


def test_of_several_processes_that_open_it_at_once_one_migrates_it(path):
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    assert [opener.communicate("go\n", timeout=60)[0] for opener in openers] == ["8\n"] * 4
    assert len(list(path.parent.glob("*version*"))) == 1
    assert by_hand(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]


# Another version of rinq migrates it while it is open here


@pytest.mark.parametrize(
    "act",
    [
        lambda queue, _: queue.jobs(),
        lambda queue, _: queue.history.transitions(),
        lambda queue, _: queue.counts(),
        lambda queue, _: queue.claim("consumer-1"),
        lambda queue, claim: queue.complete(claim),
        lambda queue, claim: queue.fail(claim, "no", 3),
        lambda queue, claim: queue.release(claim),
        lambda queue, claim: queue.renew(claim),
        lambda queue, _: queue.reassign("manager-1"),
        lambda queue, _: queue.submit("new-job-01"),
        lambda queue, _: queue.registry.stop_requested("consumer-1", 1),
        lambda queue, _: queue.settings.read(),
        lambda queue, _: queue.clock.now(),
        lambda queue, claim: queue.hold(claim.name).__enter__(),
        lambda queue, _: queue.snapshot().__enter__(),
    ],
)
def test_a_connection_of_an_older_version_does_nothing_more(queue, claim, act):
    newer = SCHEMA_VERSION + 1
    by_hand(queue._db.path, "UPDATE jobs SET error = 'of the newer version'")
    before = dump(queue._db.path)[1:]
    by_hand(queue._db.path, f"PRAGMA user_version = {newer}")
    with pytest.raises(SchemaChanged, match=f"has version {newer}, not {SCHEMA_VERSION}"):
        act(queue, claim)
    assert dump(queue._db.path)[1:] == before
