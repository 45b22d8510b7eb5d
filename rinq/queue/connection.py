"""One connection to the database: how it is opened, locked, and what its errors mean."""

from __future__ import annotations

import contextlib
import importlib.resources
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from rinq.errors import (
    CorruptDatabase,
    DatabaseError,
    ForeignDatabase,
    Unavailable,
)

APPLICATION_ID = 0x72696E71  # "rinq"
SCHEMA_VERSION = 1
MEMORY = ":memory:"
WARM_BYTES = 4 * 2**20

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PASSING = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}
NESTED = "a transaction is open in this thread already"
_NONE: Mapping[str, Any] = {}
_PAUSE = 0.0005  # short and even, so that no waiting process starves (busy_timeout backs off)


def _read(name: str) -> str:
    return importlib.resources.files("rinq.queue").joinpath(name).read_text("utf-8")


def _named(text: str) -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)[1:]
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


SQL = _named(_read("queries.sql"))

Row = sqlite3.Row
T = TypeVar("T")


class Connection:
    """A connection that any thread may use, one at a time.

    Args:
        path: the database file; made, with its schema, where there is none.
        durable: every commit survives a power cut (else only a crash of the process).
        wait: real seconds to wait for a lock that somebody else holds.
        warm: grow the write-ahead log at once, which nearly doubles the rate of
            commits: for connections that live long.
        prepare: called inside the transaction that makes the schema.

    Raises:
        ForeignDatabase, CorruptDatabase, Unavailable: it cannot be opened.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        durable: bool,
        wait: float,
        warm: bool,
        prepare: Callable[[Connection], None],
    ) -> None:
        self.path = str(path)
        self.wait = wait
        self._lock = threading.RLock()
        self.inside = False  # a write transaction
        if sqlite3.sqlite_version_info < (3, 37):
            raise DatabaseError(
                f"SQLite {sqlite3.sqlite_version} is too old", advice="rinq needs 3.37 or newer."
            )
        try:
            self._raw = sqlite3.connect(
                self.path, timeout=0, isolation_level=None, check_same_thread=False
            )
        except sqlite3.DatabaseError as error:
            raise self._translated(error) from error
        try:
            self._raw.row_factory = Row
            self._refuse_foreign()
            if self.path == MEMORY:
                self.run("PRAGMA page_size = 1024")  # less to copy for each move
            self._set_up(durable)
            self._make_schema(prepare)
            if warm:
                self._warm()
        except BaseException:
            self._raw.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._raw.close()

    def all(self, query: str, **values: Any) -> list[Row]:
        """Run a named query and fetch all of its rows."""
        return self.run(SQL[query], values)

    def one(self, query: str, **values: Any) -> Row | None:
        rows = self.all(query, **values)
        return rows[0] if rows else None

    def run(self, sql: str, values: Mapping[str, Any] = _NONE) -> list[Row]:
        """Run one statement; outside a transaction, wait for locks."""
        with self._lock:
            try:
                if self.inside:
                    return self._execute(sql, values)
                return self._patiently(lambda: self._execute(sql, values))
            except sqlite3.IntegrityError:  # for the verb to judge
                raise
            except sqlite3.DatabaseError as error:
                raise self._translated(error) from error

    def version(self) -> int:
        """A number that changes when another connection has committed; never by this one."""
        if self.path == MEMORY:
            return 0
        return int(self.run("PRAGMA data_version")[0][0])

    def write(self) -> Transaction:
        """A write transaction: committed at the end, rolled back on an exception.

        Raises:
            Unavailable: somebody else held the lock for longer than ``wait``.
        """
        return Transaction(self, "BEGIN IMMEDIATE")

    def snapshot(self) -> Transaction:
        """A read transaction: what is read inside is of the moment at which it began.

        Raises:
            Unavailable: it could not begin for longer than ``wait``.
        """
        return Transaction(self, "BEGIN", "SELECT 1 FROM clock")  # begins with its first read

    def begin(self, statements: tuple[str, ...]) -> None:
        """Open a transaction of this thread. Raises: DatabaseError: it has one."""
        self._lock.acquire()
        try:
            if self.inside:
                raise DatabaseError(NESTED)  # noqa: TRY301 (only under the lock is it seen)
            for statement in statements:
                self.run(statement)
            self.inside = True
        except BaseException:
            if not self.inside and self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
            self._lock.release()
            raise

    def end(self, *, commit: bool) -> None:
        """Close this thread's transaction."""
        try:
            if commit:
                self.run("COMMIT")
        finally:
            self.inside = False
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
            self._lock.release()

    def _execute(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        try:
            return self._raw.execute(sql, values).fetchall()
        except UnicodeEncodeError:  # half a character, as odd file names hold
            spelled = {key: _spelled(value) for key, value in values.items()}
            return self._raw.execute(sql, spelled).fetchall()

    def _patiently(self, act: Callable[[], T]) -> T:
        deadline = time.monotonic() + self.wait
        while True:
            try:
                return act()
            except sqlite3.OperationalError as error:
                if _code(error) not in _BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(_PAUSE)

    def _translated(self, error: sqlite3.DatabaseError) -> Exception:
        """The error in this project's words."""
        code = _code(error)
        where = f"{self.path}: {error}"
        if code in _BUSY:
            return Unavailable(f"{where} for more than {self.wait:g} s")
        if code in _DAMAGED:
            return CorruptDatabase(where)
        return Unavailable(where) if code in _PASSING else DatabaseError(where)

    def _refuse_foreign(self) -> None:
        """Look before anything is written: an empty file, or ours, of our version."""
        # one statement, since another process may be making the schema just now
        tables, application, version = self.run(
            "SELECT (SELECT count(*) FROM sqlite_master), application_id, user_version "
            "FROM pragma_application_id, pragma_user_version"
        )[0]
        if not (tables or application or version):
            return
        if application != APPLICATION_ID:
            raise ForeignDatabase(f"{self.path} belongs to another program")
        if version != SCHEMA_VERSION:
            raise ForeignDatabase(f"{self.path} has version {version}, not {SCHEMA_VERSION}")

    def _set_up(self, durable: bool) -> None:
        if self.run("PRAGMA journal_mode = WAL")[0][0] != "wal" and self.path != MEMORY:
            raise DatabaseError(
                f"{self.path}: no write-ahead log is possible here",
                advice="Put it on a local disk: set general.database.",
            )
        self.run(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        if sys.platform == "darwin" and durable:
            self.run("PRAGMA fullfsync = ON")
            self.run("PRAGMA checkpoint_fullfsync = ON")
        self.run("PRAGMA recursive_triggers = ON")  # else REPLACE deletes without a trigger

    def _make_schema(self, prepare: Callable[[Connection], None]) -> None:
        if self.run("PRAGMA user_version")[0][0] == SCHEMA_VERSION:
            return
        with self.write():
            if self.run("PRAGMA user_version")[0][0] == SCHEMA_VERSION:
                return
            statement = ""
            for line in _read("schema.sql").splitlines(keepends=True):
                statement += line
                if sqlite3.complete_statement(statement):
                    self.run(statement)
                    statement = ""
            prepare(self)
            self.run(f"PRAGMA application_id = {APPLICATION_ID}")
            self.run(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _warm(self) -> None:
        """Grow the log's file once, so that it need not grow commit by commit.

        A transaction larger than its cache spills into the log; rolled back, it
        changes nothing but the size of that file.
        """
        log = Path(self.path + "-wal")
        if log.exists() and log.stat().st_size >= WARM_BYTES:
            return
        cache = self.run("PRAGMA cache_size")[0][0]
        self.run("PRAGMA cache_size = 10")
        with contextlib.suppress(_Undo), self.write():
            self.run("CREATE TABLE warm (filler BLOB)")
            self.run(f"INSERT INTO warm VALUES (zeroblob({WARM_BYTES}))")
            raise _Undo
        self.run(f"PRAGMA cache_size = {cache}")


def _code(error: sqlite3.DatabaseError) -> int:
    """SQLite's primary result code; 0 for an error of the Python module itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _spelled(value: Any) -> Any:
    """The value; a half character in a text, which SQLite refuses, spelled out."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


class Transaction:
    """A transaction for a ``with`` statement, which gives its connection.

    A class, where a generator would be shorter: this is in the way of every move.
    """

    __slots__ = ("_begin", "_connection")

    def __init__(self, connection: Connection, *begin: str) -> None:
        self._connection = connection
        self._begin = begin

    def __enter__(self) -> Connection:
        self._connection.begin(self._begin)
        return self._connection

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._connection.end(commit=kind is None)


class _Undo(Exception):
    """Leaves a transaction without committing it."""
