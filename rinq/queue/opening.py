"""What is done once with a connection: the right database, its settings, its schema."""

from __future__ import annotations

import contextlib
import importlib.resources
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rinq.errors import DatabaseError, ForeignDatabase

if TYPE_CHECKING:
    from rinq.queue.connection import Connection

APPLICATION_ID = 0x72696E71  # "rinq"
SCHEMA_VERSION = 1
MEMORY = ":memory:"
MEMORY_PAGE = 1024  # bytes; smaller than on disk, so that each move copies less
WARM_BYTES = 4 * 2**20


def read_sql(name: str) -> str:
    """The text of one of the SQL files beside this one."""
    return importlib.resources.files("rinq.queue").joinpath(name).read_text("utf-8")


def refuse_foreign(db: Connection) -> None:
    """Look before anything is written. Raises: ForeignDatabase, unless it is empty or ours."""
    # one statement, since another process may be making the schema just now
    tables, application, version = db.run(
        "SELECT (SELECT count(*) FROM sqlite_master), application_id, user_version "
        "FROM pragma_application_id, pragma_user_version"
    )[0]
    if not (tables or application or version):
        return
    if application != APPLICATION_ID:
        raise ForeignDatabase(f"{db.path} belongs to another program")
    if version != SCHEMA_VERSION:
        raise ForeignDatabase(f"{db.path} has version {version}, not {SCHEMA_VERSION}")


def set_up(db: Connection, durable: bool) -> None:
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


def make_schema(db: Connection, prepare: Callable[[Connection], None]) -> None:
    """Make the tables where there are none, and ``prepare`` them, in one transaction."""
    if db.run("PRAGMA user_version")[0][0] == SCHEMA_VERSION:
        return
    with db.write():
        if db.run("PRAGMA user_version")[0][0] == SCHEMA_VERSION:
            return
        statement = ""
        for line in read_sql("schema.sql").splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                db.run(statement)
                statement = ""
        prepare(db)
        db.run(f"PRAGMA application_id = {APPLICATION_ID}")
        db.run(f"PRAGMA user_version = {SCHEMA_VERSION}")


def grow_log(db: Connection) -> None:
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
