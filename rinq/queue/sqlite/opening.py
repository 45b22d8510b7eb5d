"""Opening the database: the right file, its settings, its schema, its log."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rinq.errors import DatabaseError, ForeignDatabase
from rinq.queue.model import ProcessRow
from rinq.queue.sqlite.connection import MEMORY, Connection
from rinq.queue.sqlite.migrating import SCHEMA_VERSION, migrate

APPLICATION_ID = 0x72696E71  # "rinq"
MEMORY_PAGE = 1024  # bytes; smaller than on disk, so that each move copies less
WARM_BYTES = 4 * 2**20
POLL = 0.01  # real seconds


def open_connection(
    path: Path | str,
    *,
    durable: bool,
    wait: float,
    warm: bool,
    prepare: Callable[[Connection], None],
    alive: Callable[[ProcessRow], bool],
) -> Connection:
    """A connection to a database of today's schema, which is made or migrated if need be.

    Args:
        path: the database file; made, with its schema, where there is none.
        durable: every commit survives a power cut (else only a crash of the process).
        wait: real seconds to wait for a lock that somebody else holds.
        warm: grow the write-ahead log at once, which nearly doubles the rate of
            commits: for connections that live long.
        prepare: called inside the transaction that makes the schema.
        alive: whether a registered process runs; while one does, nothing is migrated.

    Raises:
        ForeignDatabase, CorruptDatabase, DatabaseInUse, Unavailable: it cannot be opened.
        DatabaseError: its write-ahead log was deleted.
    """
    db = Connection(path, wait=wait)
    try:
        _refuse_without_log(db)
        _refuse_foreign(db)
        _set_up(db, durable)
        _make_schema(db, prepare)
        migrate(db, alive)
        db.schema = SCHEMA_VERSION
        if db.run("SELECT archive_of FROM database")[0][0]:
            db.run("PRAGMA query_only = ON")
        elif warm:
            _grow_log(db)
        db.remember_files()
    except BaseException:
        db.close()
        raise
    return db


def _refuse_without_log(db: Connection) -> None:
    """Before SQLite makes a new log: then all that only the old one holds would be lost unseen.

    Whoever closes the database last deletes log and index together; while a process that has
    a deleted log open is ending, it writes what the log holds to the database.

    Raises:
        DatabaseError: for longer than the connection waits, the index is there without the log.
    """
    deadline = time.monotonic() + db.wait
    while Path(db.index).exists() and not Path(db.log).exists():
        if time.monotonic() > deadline:
            raise DatabaseError(
                f"{db.log} was deleted, and holds the last changes",
                advice=f"Put it back; or delete {db.index} too, to go on without them.",
            )
        time.sleep(POLL)


def _refuse_foreign(db: Connection) -> None:
    """Before anything is written. Raises: ForeignDatabase, unless it is empty or rinq's."""
    # one statement, since another process may be making the schema just now
    tables, application, version = db.run(
        "SELECT (SELECT count(*) FROM sqlite_master), application_id, user_version "
        "FROM pragma_application_id, pragma_user_version"
    )[0]
    if not (tables or application or version):
        return
    if application != APPLICATION_ID:
        raise ForeignDatabase(f"{db.path} belongs to another program")
    if not 1 <= version <= SCHEMA_VERSION:
        raise ForeignDatabase(f"{db.path} has version {version}, not {SCHEMA_VERSION}")


def _set_up(db: Connection, durable: bool) -> None:
    """Choose a write-ahead log, and how durable a commit is."""
    if db.path == MEMORY:
        db.run(f"PRAGMA page_size = {MEMORY_PAGE}")
    if db.run("PRAGMA journal_mode = WAL")[0][0] != "wal" and db.path != MEMORY:
        raise DatabaseError(
            f"{db.path}: no write-ahead log is possible here",
            advice="Put it on a local disk: set general.database.",
        )
    db.run(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    if sys.platform == "darwin" and durable:
        db.run("PRAGMA fullfsync = ON")
        db.run("PRAGMA checkpoint_fullfsync = ON")
    db.run("PRAGMA recursive_triggers = ON")  # else REPLACE deletes without a trigger


def _make_schema(db: Connection, prepare: Callable[[Connection], None]) -> None:
    """Make the tables where there are none, and ``prepare`` them, in one transaction."""
    if db.run("PRAGMA user_version")[0][0]:
        return
    with db.write():
        if db.run("PRAGMA user_version")[0][0]:
            return
        db.script("schema.sql")
        db.script("triggers.sql")
        prepare(db)
        db.run(f"PRAGMA application_id = {APPLICATION_ID}")
        db.run(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _grow_log(db: Connection) -> None:
    """Grow the log's file once, so that it need not grow commit by commit.

    A transaction larger than its cache spills into the log; rolled back, it
    changes nothing but the size of that file.
    """
    log = Path(db.path + "-wal")
    if log.exists() and log.stat().st_size >= WARM_BYTES:
        return
    cache = db.run("PRAGMA cache_size")[0][0]
    db.run("PRAGMA cache_size = 10")
    with contextlib.suppress(_Undo), db.write():
        db.run("CREATE TABLE warm (filler BLOB)")
        db.run(f"INSERT INTO warm VALUES (zeroblob({WARM_BYTES}))")
        raise _Undo
    db.run(f"PRAGMA cache_size = {cache}")


class _Undo(Exception):
    """Leaves a transaction without committing it."""
