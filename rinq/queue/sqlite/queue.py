"""The verbs in SQLite: each is one guarded statement of ``queries.sql``."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rinq.display import cut
from rinq.errors import (
    CorruptDatabase,
    DatabaseError,
    IllegalMove,
    NameUsed,
    QueueError,
    StaleClaim,
    UnknownJob,
)
from rinq.faults import failpoint
from rinq.queue import system
from rinq.queue.base import PersistentQ
from rinq.queue.clock import Moment, StoredClock
from rinq.queue.liveness import is_alive
from rinq.queue.model import Claim, Event, Job, Status, check_job_name
from rinq.queue.sqlite.archive import SQLiteArchive
from rinq.queue.sqlite.clock import SQLiteClock
from rinq.queue.sqlite.connection import NO_LIMIT, Connection, Row
from rinq.queue.sqlite.history import SQLiteHistory
from rinq.queue.sqlite.opening import open_connection
from rinq.queue.sqlite.registry import SQLiteRegistry
from rinq.queue.sqlite.settings import SQLiteSettings

ERROR_LENGTH = 1000  # characters of an error that are stored
MEND = (
    "Stop all processes and keep a copy. If only indexes are damaged, REINDEX in SQLite's own "
    "program mends them; else restore a copy, or save what can be read by its .recover."
)


class PersistentQSQLite(PersistentQ):
    """The durable queue in one SQLite file; any thread may use it, one at a time.

    Args:
        path: the database file; made where there is none.
        durability: ``full`` (a commit survives a power cut) or ``normal``.
        speed: queue seconds per real second, for a database that is made now.
        wait: real seconds to wait for a lock that somebody else holds.
        warm: grow the write-ahead log at once (for connections that live long).
        moment: reads the clocks of the system: Unix time, and the time since boot.

    Raises:
        ForeignDatabase, CorruptDatabase, DatabaseInUse, Unavailable: it cannot be opened.

    >>> import rinq
    >>> with rinq.PersistentQSQLite(":memory:") as queue:
    ...     job = queue.submit("abcdefghij")
    ...     claim = queue.claim("anna", lease=60)
    ...     queue.complete(claim)
    ...     print(claim.attempt, queue.job("abcdefghij").status)
    1 processed
    """

    def __init__(
        self,
        path: Path | str,
        *,
        durability: str = "full",
        speed: float = 1.0,
        wait: float = 10.0,
        warm: bool = False,
        moment: Callable[[], Moment] = system.moment,
    ) -> None:

        def start_clock(tx: Connection) -> None:
            tx.all("set_clock", **asdict(StoredClock.started(speed, moment())))

        connect = partial(
            open_connection,
            durable=durability == "full",
            wait=wait,
            prepare=start_clock,
            alive=is_alive,
        )
        self._db = db = connect(path, warm=warm)
        self.history = SQLiteHistory(db)
        self.clock = SQLiteClock(db, moment)
        self.settings = SQLiteSettings(db)
        self.registry = SQLiteRegistry(db, self.clock, moment)
        self.archive = SQLiteArchive(db, partial(connect, warm=False))

    @property
    def identity(self) -> str:
        return str(self._db.all("identity")[0]["identity"])

    def submit(self, name: str, process: str | None = None, *, delay: float = 0.0) -> Job:
        check_job_name(name)
        with self._db.write() as tx:
            values = {"actor": process, "now": self.clock.now(), "delay": delay}
            try:
                row = tx.one("submit", name=name, **values)
            except sqlite3.IntegrityError as error:
                raise NameUsed(name) from error
        if row is None:
            raise NameUsed(f"{name}, and its job was archived")
        return _job(row)

    def submit_many(
        self, names: Sequence[str], process: str | None = None, *, delay: float = 0.0
    ) -> int:
        twice = [name for name, n in Counter(map(check_job_name, names)).items() if n > 1]
        if twice:
            raise NameUsed(f"{twice[0]} stands {names.count(twice[0])} times in the list")
        batch = json.dumps(list(names))
        with self._db.write() as tx:
            values = {"actor": process, "now": self.clock.now(), "delay": delay}
            if taken := tx.all("taken_names", names=batch):
                raise NameUsed(", ".join(row["name"] for row in taken[:5]))
            tx.all("submit_many", names=batch, **values)
        return len(names)

    def claim(self, process: str, lease: float = 60) -> Claim | None:
        with self._db.write() as tx:
            row = tx.one("claim", actor=process, lease=lease, now=self.clock.now())
        return _claim(row, process)

    def next_due(self) -> float | None:
        row = self._db.one("next_due")
        return None if row is None else row["due"]

    def complete(self, claim: Claim, checksum: str | None = None) -> None:
        self._act(claim, "complete", (Event.COMPLETE,), checksum=checksum)

    def complete_and_claim(
        self, claim: Claim, lease: float = 60, checksum: str | None = None
    ) -> Claim | None:
        with self._db.write() as tx:
            now = self.clock.now()
            who: dict[str, Any] = {"actor": claim.process, "now": now}
            done = {"job_id": claim.job_id, "attempt": claim.attempt, "checksum": checksum}
            if tx.one("complete", **done, **who) is not None:
                return _claim(tx.one("claim", **who, lease=lease), claim.process)
            made = _made_before(tx, claim, "complete", (Event.COMPLETE,), now)
            if not isinstance(made, QueueError):
                return _claim(tx.one("claim_made_with", id=made["id"]), claim.process)
        raise made

    def fail(self, claim: Claim, error: str, n_tries: int, *, delay: float = 0.0) -> Status:
        outcome = (Event.RETRY, Event.FAIL)
        how = {"error": error[:ERROR_LENGTH], "n_tries": n_tries, "delay": delay}
        return self._act(claim, "fail", outcome, **how)

    def release(self, claim: Claim) -> None:
        self._act(claim, "release", (Event.RELEASE,))

    def renew(self, claim: Claim, lease: float = 60) -> None:
        self._act(claim, "renew", (), lease=lease)

    def reassign(self, process: str, n_reassigns: int = 5) -> list[Job]:
        taken = []
        for lapsed in self._db.all("lapsed", now=self.clock.now()):
            failpoint("lapsed")
            with self._db.write() as tx:
                row = tx.one(
                    "reassign",
                    job_id=lapsed["id"],
                    actor=process,
                    n_reassigns=n_reassigns,
                    now=self.clock.now(),
                )
            if row is not None:
                taken.append(_job(row))
        return taken

    def cancel(self, name: str, process: str, reason: str) -> Job:
        return self._move_by_name(name, process, "cancel", error=reason[:ERROR_LENGTH])

    def clean(self, name: str, process: str) -> Job:
        return self._move_by_name(name, process, "clean")

    def redrive(self, name: str, process: str) -> Job:
        return self._move_by_name(name, process, "redrive")

    @contextmanager
    def hold(self, name: str) -> Iterator[Job]:
        with self._db.write():
            yield self.job(name)

    def counts(self) -> dict[Status, int]:
        found = {row["status"]: row["n"] for row in self._db.all("counts")}
        return {status: found.get(status, 0) for status in Status}

    def job(self, name: str) -> Job:
        row = self._db.one("job", name=name)
        if row is None:
            raise UnknownJob(f"{name!r:.60}")
        return _job(row)

    def job_by_id(self, job_id: int) -> Job:
        row = self._db.one("job_by_id", job_id=job_id)
        if row is None:
            raise UnknownJob(f"number {job_id}")
        return _job(row)

    def jobs(
        self, status: Status | None = None, *, after: int = 0, limit: int | None = None
    ) -> list[Job]:
        window = {"after": after, "limit": NO_LIMIT if limit is None else limit}
        # a partial index serves only a query that spells its condition
        queries = {None: "jobs", Status.FAILED: "failed_jobs", Status.PROCESSING: "claimed_jobs"}
        if status in queries:
            rows = self._db.all(queries[status], **window)
        else:
            rows = self._db.all("jobs_of_status", status=status, **window)
        return [_job(row) for row in rows]

    def before_newest(self, n: int, status: Status | None = None) -> int:
        row = self._db.one("before_newest", n=n, status=status)
        return 0 if row is None else int(row["id"])

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._db.write(alone=True):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._db.snapshot():
            yield

    def close(self) -> None:
        self._db.close()

    def save(self, path: Path | str) -> None:
        """Write a copy of all of it to a new file. Raises: DatabaseError: the file is there."""
        try:
            self._db.run("VACUUM INTO :path", {"path": str(path)})
        except DatabaseError as error:
            raise DatabaseError(f"no copy in {cut(path)}: {cut(error.__cause__)}") from error

    def check_integrity(self) -> None:
        try:
            found = [row[0] for row in self._db.run("PRAGMA integrity_check")]
        except CorruptDatabase as error:
            raise CorruptDatabase(error.detail, advice=MEND) from error
        # a value that a CHECK refuses is no damage: the audit judges it as any other
        damage = [line for line in found if line != "ok" and not line.startswith("CHECK")]
        if damage:
            first = " ".join(damage[0].split())
            raise CorruptDatabase(f"{self._db.path}: {first:.200}", advice=MEND)

    def _act(self, claim: Claim, act: str, events: tuple[Event, ...], **values: object) -> Status:
        """Run a claim's statement, or find that this attempt did it before, or refuse it."""
        fence: dict[str, Any] = {"job_id": claim.job_id, "attempt": claim.attempt}
        with self._db.write() as tx:
            now = self.clock.now()
            row = tx.one(act, **fence, actor=claim.process, now=now, **values)
            if row is not None:
                return Status(row["status"])
            made = _made_before(tx, claim, act, events, now)
            if not isinstance(made, QueueError):
                return Status(made["to_status"])
        raise made

    def _move_by_name(self, name: str, process: str, act: str, **values: object) -> Job:
        with self._db.write() as tx:
            now = self.clock.now()
            row = tx.one(act, name=name, actor=process, now=now, **values)
            if row is not None:
                return _job(row)
            found = tx.one("job", name=name)
            refusal: QueueError
            if found is None:
                refusal = UnknownJob(f"{name!r:.60}")
            else:
                refusal = IllegalMove(f"{act} of {name} refused: {_state(found)}")
                _record_refusal(
                    tx,
                    job_id=found["id"],
                    attempt=found["attempt"],
                    now=now,
                    actor=process,
                    process=found["process"],
                    error=refusal.detail,
                )
        raise refusal


def _made_before(
    tx: Connection, claim: Claim, act: str, events: tuple[Event, ...], now: float
) -> Row | QueueError:
    """The entry of this very attempt's earlier act; or, once recorded, why it is refused."""
    fence: dict[str, Any] = {"job_id": claim.job_id, "attempt": claim.attempt}
    made = tx.one("made_before", **fence, actor=claim.process, events=json.dumps(events))
    if made is not None:
        return made
    found = tx.one("job_by_id", job_id=claim.job_id)
    why = f"{act} of {claim.name}, attempt {claim.attempt}, refused: {_state(found)}"
    who: dict[str, Any] = {"actor": claim.process, "process": claim.process}
    _record_refusal(tx, **fence, **who, now=now, error=why)
    return UnknownJob(f"{claim.name!r:.60}") if found is None else StaleClaim(why)


def _record_refusal(tx: Connection, job_id: int, **values: object) -> None:
    tx.all("refuse", job_id=job_id, **values)
    tx.all("count_refusal", job_id=job_id)


def _claim(row: Row | None, process: str) -> Claim | None:
    return None if row is None else Claim(row["id"], row["name"], row["attempt"], process)


def _job(row: Row) -> Job:
    job_id, name, status, *rest = row  # the table's columns, in order; much faster than by name
    return Job(job_id, name, Status(status), *rest)


def _state(row: Row | None) -> str:
    if row is None:
        return "the job is gone"
    held = f" by {row['process']}" if row["process"] else ""
    return f"it is {row['status']}{held} at attempt {row['attempt']}"
