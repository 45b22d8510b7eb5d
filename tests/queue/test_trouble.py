"""Files and disks in trouble: what is refused and left unchanged, and what may pass."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path

import pytest

from rinq.config import Config
from rinq.errors import CorruptDatabase, DatabaseError, ForeignDatabase, TransientError, Unavailable
from rinq.queue import PersistentQSQLite, open_queue
from rinq.queue.sqlite.migrating import SCHEMA_VERSION
from rinq.queue.sqlite.opening import APPLICATION_ID


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


# What is refused, unchanged


def _of_another_program(path):
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.executescript("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);")


def _of_another_program_in_wal(path):
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
    _of_another_program(path)


def _of_another_program_and_still_empty(path):
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _of_another_application_and_still_empty(path):
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA application_id = 77")


def _of_a_later_version(path):
    PersistentQSQLite(path).close()
    _pragma(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def _with_somebody_s_tables_under_our_id(path):
    _of_another_program(path)
    _pragma(path, f"PRAGMA application_id = {APPLICATION_ID}")


@pytest.mark.parametrize(
    "make",
    [
        _of_another_program,
        _of_another_program_in_wal,
        _of_another_program_and_still_empty,
        _of_another_application_and_still_empty,
        _of_a_later_version,
        _with_somebody_s_tables_under_our_id,
    ],
)
def test_a_foreign_database_is_refused_and_stays_as_it_is(path, make):
    make(path)
    before, beside = path.read_bytes(), os.listdir(path.parent)
    with pytest.raises(ForeignDatabase) as caught:
        PersistentQSQLite(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == beside


def _garbage(path):
    path.write_bytes(b"this is no database at all\n" * 1000)


def _half_a_header(path):
    path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 16)


def _half_a_database(path):
    PersistentQSQLite(path).close()
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize("make", [_garbage, _half_a_header, _half_a_database])
def test_a_corrupt_file_is_refused_and_stays_as_it_is(path, make):
    make(path)
    before = path.read_bytes()
    with pytest.raises(CorruptDatabase) as caught:
        PersistentQSQLite(path).jobs()
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


def test_damage_that_is_met_later_is_told_when_it_is_met(path):
    with PersistentQSQLite(path) as queue:
        queue.submit_many([f"job{n:07}" for n in range(500)])
    pages = bytearray(path.read_bytes())
    pages[8192:] = os.urandom(len(pages) - 8192)
    path.write_bytes(pages)
    with pytest.raises(CorruptDatabase), PersistentQSQLite(path) as queue:
        queue.jobs()


def test_a_folder_is_no_database_and_does_not_become_one(tmp_path):
    with pytest.raises(DatabaseError, match="is no regular file") as caught:
        PersistentQSQLite(tmp_path)
    assert not isinstance(caught.value, TransientError)


# What may pass


def test_a_place_where_no_file_can_be_is_unavailable(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "rinq.db", tmp_path / "no" / "rinq.db"):
        with pytest.raises(Unavailable, match="unable to open") as caught:
            PersistentQSQLite(path)
        assert str(path) in str(caught.value)
        assert isinstance(caught.value, TransientError)


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path):
    (tmp_path / "file").touch()
    config = Config.parse({"general": {"primary_path": str(tmp_path / "file" / "below")}})
    with pytest.raises(Unavailable, match="file"):
        open_queue(config)


@pytest.fixture
def read_only():
    """A folder with a database, in which this process may not write, root or not."""
    folder = Path(tempfile.mkdtemp())
    PersistentQSQLite(folder / "rinq.db").close()
    folder.chmod(0o555)
    (folder / "rinq.db").chmod(0o444)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield folder
    os.seteuid(user)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_folder_is_unavailable(read_only):
    before, beside = (read_only / "rinq.db").read_bytes(), os.listdir(read_only)
    for path in (read_only / "rinq.db", read_only / "new.db"):
        with pytest.raises(Unavailable) as caught:
            PersistentQSQLite(path)
        assert str(path) in str(caught.value)
    assert (read_only / "rinq.db").read_bytes() == before
    assert os.listdir(read_only) == beside


@contextlib.contextmanager
def _files_limited_to(size):
    """No file of this process can grow beyond ``size`` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_text_that_is_no_utf_8_is_read_with_escapes(queue):
    queue._db.run("INSERT INTO jobs (name) VALUES (CAST(x'ff' AS TEXT))")
    assert queue.claim("c1").name == r"\xff"


def test_what_the_schema_refuses_is_an_error_of_ours(queue):
    with pytest.raises(DatabaseError, match="CHECK constraint failed: base_queue"):
        queue.clock.shift(1e30)


def test_on_a_full_disk_nothing_moves_and_later_everything_does(queue):
    queue.submit("abcdefghij")
    claim = queue.claim("c1")
    before = queue.jobs(), queue.history.transitions()
    with _files_limited_to(Path(f"{queue._db.path}-wal").stat().st_size):
        for act in (
            lambda: queue.submit("klmnopqrst"),
            lambda: queue.submit_many(["klmnopqrst"]),
            lambda: queue.complete(claim),
            lambda: queue.fail(claim, "boom", 3),
            lambda: queue.settings.change({"paused": True}),
        ):
            with pytest.raises(Unavailable):
                act()
        assert (queue.jobs(), queue.history.transitions()) == before
    queue.complete(claim)
    queue.submit("klmnopqrst")
    assert queue.counts()["processed"] == queue.counts()["unprocessed"] == 1


def test_a_database_locked_for_longer_than_the_wait_is_unavailable_and_nothing_moved(path, clock):
    with PersistentQSQLite(path, wait=0.02, moment=clock) as queue:
        queue.submit_many(["heldjob-01", "waitingjob", "failedjob1"])
        claim = queue.claim("c1")
        queue.release(queue.claim("c1"))
        queue.fail(queue.claim("c1"), "boom", 1)
        clock.now += 61
        before = queue.jobs(), queue.history.transitions()
        with another_program(path) as other:
            for act in (
                lambda: queue.submit("klmnopqrst"),
                lambda: queue.submit_many(["klmnopqrst"]),
                lambda: queue.claim("c2"),
                lambda: queue.complete(claim),
                lambda: queue.fail(claim, "boom", 3),
                lambda: queue.release(claim),
                lambda: queue.renew(claim),
                lambda: queue.reassign("m1"),
                lambda: queue.clean("failedjob1", "cleaner"),
                lambda: queue.redrive("failedjob1", "operator"),
                lambda: queue.hold("heldjob-01").__enter__(),
                lambda: queue.exclusive().__enter__(),
                lambda: queue.clock.set_speed(2),
                lambda: queue.settings.change({"paused": True}),
                lambda: queue.registry.record_event("c1", "kill"),
            ):
                with pytest.raises(Unavailable, match=r"is locked for more than 0.02 s"):
                    act()
            assert (queue.jobs(), queue.history.transitions()) == before  # reading goes on
            other.execute("ROLLBACK")
        assert (queue.jobs(), queue.history.transitions()) == before
        queue.complete(claim)


def test_a_lock_that_is_let_go_in_time_is_waited_for(path):
    with PersistentQSQLite(path, wait=30) as queue, another_program(path) as other:
        tried = threading.Event()
        execute = queue._db._execute

        def tell(*statement):
            try:
                return execute(*statement)
            finally:
                tried.set()

        queue._db._execute = tell
        submitting = threading.Thread(target=queue.submit, args=("abcdefghij",))
        submitting.start()
        assert tried.wait(10)
        other.execute("ROLLBACK")
        submitting.join(10)
        assert queue.job("abcdefghij").status == "unprocessed"
