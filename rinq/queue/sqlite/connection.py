"""One connection to the database: how it is opened, locked, and what its errors mean."""

from __future__ import annotations

import contextlib
import importlib.resources
import re
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rinq.display import cut
from rinq.errors import CorruptDatabase, DatabaseError, DatabaseReplaced, SchemaChanged, Unavailable
from rinq.queue.sqlite.fair_lock import FairLock

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_TRANSIENT = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}
MEMORY = ":memory:"
NO_LIMIT = -1  # what SQLite takes for no LIMIT
_NO_VALUES: Mapping[str, Any] = {}
_PAUSE = 0.0005  # short and even, so that no waiting process starves (busy_timeout backs off)


def read_sql(name: str) -> str:
    """The text of one of the SQL files in this folder."""
    return importlib.resources.files(__package__).joinpath(name).read_text("utf-8")


def _split(text: str) -> dict[str, str]:
    """The statements of an SQL file by the name in the line ``-- name:`` above each."""
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)[1:]
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


SQL = _split(read_sql("queries.sql"))

Row = sqlite3.Row
WRITE = ("BEGIN IMMEDIATE",)


class Connection:
    """A connection that any thread may use, one at a time.

    Args:
        path: the database file; made, without a schema, where there is none.
        wait: real seconds to wait for a lock that somebody else holds.

    Raises:
        DatabaseError: it is no regular file.
        CorruptDatabase, Unavailable: it cannot be opened.
    """

    def __init__(self, path: Path | str, *, wait: float) -> None:
        self.path = str(path)
        self.log, self.index = f"{path}-wal", f"{path}-shm"  # SQLite's own files
        self.wait = wait
        self.schema: int | None = None  # the version expected; None until it is made or migrated
        self._lock = threading.RLock()
        self._turn = FairLock(None if self.path == MEMORY else self.path)
        self._seen = -1  # the data version at which ``schema`` was last checked
        self.inside = False  # whether a transaction is open, by the thread that holds the lock
        if sqlite3.sqlite_version_info < (3, 37):
            raise DatabaseError(
                f"SQLite {sqlite3.sqlite_version} is too old", advice="rinq needs 3.37 or newer."
            )
        if self.path != MEMORY and _is_odd(self.path):
            raise DatabaseError(f"{cut(self.path)} is no regular file")
        try:
            self._raw = sqlite3.connect(
                self.path, timeout=0, isolation_level=None, check_same_thread=False
            )
        except sqlite3.DatabaseError as error:
            raise self._translated(error) from error
        self._raw.row_factory = Row
        self._raw.text_factory = _text
        self._files = {self.path: _file_identity(self.path)}

    def close(self) -> None:
        with self._lock:
            self._raw.close()
            self._turn.close()

    def all(self, query: str, **values: Any) -> list[Row]:
        """Run a named query and fetch all of its rows. Raises: SchemaChanged, DatabaseError."""
        if not self.inside:
            self.version()
        return self.run(SQL[query], values)

    def stream(self, query: str) -> Iterator[Row]:
        """The rows of a named query as they are read; inside a snapshot. Raises: DatabaseError."""
        try:
            with contextlib.closing(self._raw.execute(SQL[query])) as cursor:
                yield from cursor
        except sqlite3.DatabaseError as error:
            raise self._translated(error) from error
        except UnicodeDecodeError as error:
            raise self._damaged_schema() from error

    def one(self, query: str, **values: Any) -> Row | None:
        rows = self.all(query, **values)
        return rows[0] if rows else None

    def run(self, sql: str, values: Mapping[str, Any] = _NO_VALUES) -> list[Row]:
        """Run one statement; outside a transaction, wait for locks."""
        with self._lock:
            deadline = 0.0
            while True:
                try:
                    return self._execute(sql, values)
                except sqlite3.DatabaseError as error:
                    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
                        raise  # the caller knows what it means
                    deadline = deadline or time.monotonic() + self.wait
                    is_over = self.inside or time.monotonic() > deadline
                    if _code(error) not in _BUSY or is_over:
                        raise self._translated(error) from error
                except UnicodeDecodeError as error:
                    raise self._damaged_schema() from error
                time.sleep(_PAUSE)

    def script(self, name: str) -> None:
        """Run the statements of an SQL file, one by one."""
        statement = ""
        for line in read_sql(name).splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self.run(statement)
                statement = ""

    def version(self) -> int:
        """A number that changes when another connection has committed; never by this one.

        Raises:
            SchemaChanged: what was committed is another version of the schema.
        """
        if self.path == MEMORY:
            return 0
        found = int(self.run("PRAGMA data_version")[0][0])
        if found != self._seen and self.schema is not None:
            schema = self.run("PRAGMA user_version")[0][0]
            if schema != self.schema:
                raise SchemaChanged(f"{self.path} has version {schema}, not {self.schema}")
            self._seen = found
        return found

    def remember_files(self) -> None:
        """Know the log and its index too, from now on: they stay while somebody reads."""
        self._files |= {path: _file_identity(path) for path in (self.log, self.index)}

    def check_files(self) -> None:
        """Check that the files at their paths are those that were opened.

        A file that was deleted goes on to exist for those who have it open, and what they
        write is lost. SQLite sees neither that nor another program's work on a new one.

        Raises:
            DatabaseReplaced.
        """
        for path, opened in self._files.items():
            if _file_identity(path) != opened:
                raise DatabaseReplaced(path)

    def write(self, *, alone: bool = False) -> Transaction:
        """A write transaction: committed at the end, rolled back on an exception.

        Args:
            alone: nobody else waits as the next one meanwhile, so that whoever is stopped
                now stands in nobody's way.

        Raises:
            Unavailable: somebody else held the lock for longer than ``wait``.
        """
        return Transaction(self, WRITE, self._turn, alone=alone)

    def write_elsewhere(self) -> Transaction:
        """A transaction that writes to an attached database, and holds up nobody here."""
        return Transaction(self, ("BEGIN",))

    def snapshot(self) -> Transaction:
        """A read transaction: what is read inside is of the moment at which it began.

        Raises:
            Unavailable: it could not begin for longer than ``wait``.
        """
        return Transaction(self, ("BEGIN", "SELECT 1 FROM clock"))  # begins with its first read

    def begin(self, statements: tuple[str, ...], turn: FairLock | None, *, alone: bool) -> None:
        """Open a transaction of this thread. Raises: DatabaseError: it has one."""
        with self._lock:
            if self.inside:
                raise DatabaseError("a transaction is open in this thread already")
            try:
                if turn is not None:
                    turn.acquire(alone=alone)
                for statement in statements:
                    self.run(statement)
                self.version()
                self.check_files()
            except BaseException:
                self._roll_back()
                raise
            self.inside = True
            self._lock.acquire()  # until it ends

    def end(self, *, commit: bool) -> None:
        """Close this thread's transaction."""
        try:
            if commit:
                self.run("COMMIT")
        finally:
            self.inside = False
            self._roll_back()
            self._lock.release()

    def _roll_back(self) -> None:
        """End what was not committed, and let the next one write."""
        if self._raw.in_transaction:
            self._raw.execute("ROLLBACK")
        self._turn.release()

    def _execute(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        try:
            return self._raw.execute(sql, values).fetchall()
        except UnicodeEncodeError:  # a lone surrogate, as from a file name that is no UTF-8
            escaped = {key: _escaped(value) for key, value in values.items()}
            return self._raw.execute(sql, escaped).fetchall()

    def _damaged_schema(self) -> CorruptDatabase:
        """For the name of a column, or a message about one, that is no UTF-8."""
        return CorruptDatabase(f"{self.path}: its schema is damaged")

    def _translated(self, error: sqlite3.DatabaseError) -> Exception:
        """The same error as one of ``rinq.errors``."""
        code = _code(error)
        where = f"{self.path}: {error}"
        if code in _BUSY:
            return Unavailable(f"{where} for more than {self.wait:g} s")
        if code in _DAMAGED:
            return CorruptDatabase(where)
        return Unavailable(where) if code in _TRANSIENT else DatabaseError(where)


def _is_odd(path: str) -> bool:
    """Whether a folder, a pipe or a device is there: SQLite would wait, or write beside it."""
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def _file_identity(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _code(error: sqlite3.DatabaseError) -> int:
    """SQLite's primary result code; 0 for an error of the Python module itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _text(raw: bytes) -> str:
    """A text as stored; where it is no UTF-8, which only a hand can write, with escapes."""
    return raw.decode("utf-8", "backslashreplace")


def _escaped(value: Any) -> Any:
    """The value; a lone surrogate in a text, which SQLite refuses, as a backslash escape."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


class Transaction:
    """A transaction for a ``with`` statement, which gives its connection.

    A class, though a generator would be shorter: every move runs this, and a class is faster.
    """

    __slots__ = ("_alone", "_begin", "_connection", "_turn")

    def __init__(
        self,
        connection: Connection,
        begin: tuple[str, ...],
        turn: FairLock | None = None,
        *,
        alone: bool = False,
    ) -> None:
        self._connection = connection
        self._begin = begin
        self._turn = turn
        self._alone = alone

    def __enter__(self) -> Connection:
        self._connection.begin(self._begin, self._turn, alone=self._alone)
        return self._connection

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._connection.end(commit=kind is None)
