"""Bringing an older database to today's schema, one numbered step after the other."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from rinq.errors import DatabaseInUse, Unavailable
from rinq.queue.model import ProcessRow
from rinq.queue.sqlite.connection import Connection

SCHEMA_VERSION = 2
_RENAMED = {"turn_began": "cycle_began", "turn_ended": "cycle_ended"}  # in version 2


def migrate(db: Connection, alive: Callable[[ProcessRow], bool]) -> None:
    """Take every step from the version that is found to ``SCHEMA_VERSION``.

    Each step is one transaction: the file ``migrations/N.sql`` leads to version N. Before
    it, a copy of the database is written beside it, as ``rinq.db.version-N``.

    Raises:
        DatabaseInUse: a registered process lives; the message names it.
        Unavailable: the copy cannot be written. Then nothing was changed.
    """
    while (version := _version(db)) < SCHEMA_VERSION:
        with db.write():
            if _version(db) != version:  # another process was quicker
                continue
            _refuse_while_used(db, alive)
            _copy(db.path, f"{db.path}.version-{version}")
            db.script(f"migrations/{version + 1}.sql")
            db.script("triggers.sql")
            db.run(f"PRAGMA user_version = {version + 1}")


def _version(db: Connection) -> int:
    return int(db.run("PRAGMA user_version")[0][0])


def _refuse_while_used(db: Connection, alive: Callable[[ProcessRow], bool]) -> None:
    for found in db.run("SELECT * FROM processes ORDER BY name"):
        row = ProcessRow(**{_RENAMED.get(key, key): value for key, value in dict(found).items()})
        if alive(row):
            who = f"{row.name} (a {row.role}, pid {row.pid} on {row.host})"
            raise DatabaseInUse(f"{who} works on it")


def _copy(path: str, target: str) -> None:
    """Write a copy of what is committed; it has its name only once it is complete on disk."""
    part = Path(f"{target}.part")
    try:
        part.unlink(missing_ok=True)
        reader = sqlite3.connect(path)
        try:
            reader.execute("VACUUM INTO ?", (str(part),))
        finally:
            reader.close()
        descriptor = os.open(part, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(part, _free_name(target))
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise Unavailable(f"{target} cannot be written: {error}") from error


def _free_name(target: str) -> str:
    """The target, or the first with a number that nothing has: a copy is never overwritten."""
    name, n = target, 1
    while Path(name).exists():
        n += 1
        name = f"{target}-{n}"
    return name
