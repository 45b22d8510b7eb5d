"""One connection: how it is opened, what it refuses, how it waits, what its errors mean."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rinq.config import Config
from rinq.errors import DatabaseError
from rinq.queue import PersistentQSQLite, Status, open_queue
from rinq.queue.sqlite import connection as module
from rinq.queue.sqlite.connection import SQL, Connection, read_sql
from rinq.queue.sqlite.migrating import SCHEMA_VERSION
from rinq.queue.sqlite.opening import APPLICATION_ID, WARM_BYTES


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rinq.db"


@contextlib.contextmanager
def another_program(path, statement="BEGIN IMMEDIATE"):
    """Somebody else's connection, inside a transaction."""
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute(statement)
        yield other
    finally:
        other.close()


def _pragma(path, statement):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        return other.execute(statement).fetchone()


# Opening


def test_the_path_alone_opens_a_queue(path):
    with PersistentQSQLite(path) as queue:
        queue.submit("abcdefghij")
    with PersistentQSQLite(str(path)) as queue:
        assert queue.job("abcdefghij").status == "unprocessed"


def test_a_database_says_what_it_is(path):
    PersistentQSQLite(path).close()
    assert _pragma(path, "PRAGMA application_id") == (APPLICATION_ID,)
    assert _pragma(path, "PRAGMA user_version") == (SCHEMA_VERSION,)
    assert _pragma(path, "PRAGMA journal_mode") == ("wal",)


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1)])
def test_durability_is_how_commits_are_synced(path, durability, level):
    with PersistentQSQLite(path, durability=durability) as queue:
        assert queue._db.run("PRAGMA synchronous")[0][0] == level


def test_full_durability_is_the_default(path):
    with PersistentQSQLite(path) as queue:
        assert queue._db.run("PRAGMA synchronous")[0][0] == 2


def test_a_warm_connection_has_grown_its_log_and_changed_nothing(path):
    with PersistentQSQLite(path) as queue:
        queue.submit("abcdefghij")
        with PersistentQSQLite(path, warm=True) as warm:
            assert Path(f"{path}-wal").stat().st_size >= WARM_BYTES
            assert warm.jobs() == queue.jobs()
            assert not warm._db.run("SELECT 1 FROM sqlite_master WHERE name = 'warm'")
            cache = queue._db.run("PRAGMA cache_size")[0][0]
            assert warm._db.run("PRAGMA cache_size")[0][0] == cache


def test_a_config_names_the_database_and_its_folder_is_made(tmp_path):
    database = tmp_path / "deep" / "down" / "q.db"
    config = Config.parse({"general": {"database": str(database), "speed": 5}})
    with open_queue(config) as queue:
        assert queue.clock.speed == 5
    assert database.exists()


def test_the_speed_of_the_config_applies_when_the_database_is_made(path):
    PersistentQSQLite(path, speed=3).close()
    with PersistentQSQLite(path, speed=7) as queue:
        assert queue.clock.speed == 3


def test_an_empty_file_becomes_a_database(path):
    path.touch()
    with PersistentQSQLite(path) as queue:
        assert queue.counts()[Status.UNPROCESSED] == 0


@pytest.mark.parametrize("when", range(5))
def test_another_process_may_make_the_schema_between_any_two_statements(path, monkeypatch, when):
    run, seen = Connection.run, 0

    def interrupted(self, sql, *values):
        nonlocal seen
        seen += 1
        if seen == when + 1:
            assert not self.inside
            monkeypatch.setattr(Connection, "run", run)
            PersistentQSQLite(path).close()
        return run(self, sql, *values)

    monkeypatch.setattr(Connection, "run", interrupted)
    with PersistentQSQLite(path) as queue:
        assert seen == when + 1
        assert len(queue._db.run("SELECT * FROM clock")) == 1


OPENER = """
import sys
from rinq.queue import PersistentQSQLite
for line in sys.stdin:
    with PersistentQSQLite(line.strip()) as queue:
        print(len(queue._db.run("SELECT * FROM clock")), flush=True)
"""


def test_several_processes_may_make_one_database_at_once(tmp_path):
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    try:
        for n in range(10):
            for opener in openers:
                opener.stdin.write(f"{tmp_path / f'{n}.db'}\n")
                opener.stdin.flush()
            assert [opener.stdout.readline() for opener in openers] == ["1\n"] * 4
    finally:
        for opener in openers:
            opener.communicate()


# Transactions


def test_an_exception_inside_a_transaction_undoes_it_and_lets_go_of_the_lock(queue):
    with pytest.raises(ZeroDivisionError), queue._db.write() as tx:
        1 / len(tx.run("INSERT INTO jobs (name) VALUES ('abcdefghij')"))
    assert queue.jobs() == []
    with another_program(queue._db.path):
        pass


def test_a_transaction_inside_another_is_refused_and_the_outer_goes_on(queue):
    with queue.exclusive():
        with pytest.raises(DatabaseError, match="open in this thread"):
            queue.submit("abcdefghij")
        assert queue.jobs() == []
    queue.submit("abcdefghij")


def test_an_interrupt_while_a_transaction_begins_leaves_none_open(queue, monkeypatch):
    execute = queue._db._execute

    def interrupted(*statement):
        execute(*statement)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(queue._db, "_execute", interrupted)
        with pytest.raises(KeyboardInterrupt):
            queue.submit("abcdefghij")
    with another_program(queue._db.path):
        pass
    queue.submit("abcdefghij")


def test_a_closed_queue_says_so(path):
    queue = PersistentQSQLite(path)
    queue.close()
    queue.close()
    with pytest.raises(DatabaseError, match="closed"):
        queue.jobs()


def test_text_that_is_no_unicode_is_spelled_out(queue):
    assert queue._db.run("SELECT :x", {"x": "aß\udcff"})[0][0] == "aß\\udcff"


def test_an_old_sqlite_is_refused(path, monkeypatch):
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 36, 0))
    with pytest.raises(DatabaseError, match=r"too old. rinq needs 3.37"):
        PersistentQSQLite(path)


# The SQL file


def test_every_statement_of_the_file_is_used():
    code = "".join(p.read_text("utf-8") for p in Path(module.__file__).parent.glob("*.py"))
    assert [name for name in SQL if f'"{name}"' not in code] == []


def test_no_two_statements_have_one_name():
    assert read_sql("queries.sql").count("-- name: ") == len(SQL)


def test_a_database_made_by_two_runs_has_one_schema(path):
    PersistentQSQLite(path).close()
    size = path.stat().st_size
    PersistentQSQLite(path).close()
    assert path.stat().st_size == size
