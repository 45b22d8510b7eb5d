"""The processes and what was done to them: the tables ``processes`` and ``process_events``."""

from __future__ import annotations

from collections.abc import Callable

from rinq.errors import AlreadyRunning
from rinq.queue.clock import Moment
from rinq.queue.model import ProcessEvent, ProcessRow
from rinq.queue.parts import ProcessRegistry, QueueClock
from rinq.queue.sqlite.connection import Connection, Row


class SQLiteRegistry(ProcessRegistry):
    def __init__(self, db: Connection, clock: QueueClock, moment: Callable[[], Moment]) -> None:
        self._db = db
        self._clock = clock
        self._moment = moment

    def register(
        self,
        name: str,
        role: str,
        *,
        pid: int,
        started: float,
        host: str,
        owned: bool,
        alive: Callable[[ProcessRow], bool],
    ) -> int:
        with self._db.write() as tx:
            row = tx.one("process", name=name)
            if row is not None and alive(_process(row)):
                raise AlreadyRunning(f"{name} (a {row['role']}, pid {row['pid']})")
            values = {"name": name, "role": role, "pid": pid, "started": started, "host": host}
            done = tx.all("register", **values, owned=owned, real=self._moment().real)
            return int(done[0]["incarnation"])

    def ready(self, name: str, incarnation: int) -> None:
        self._note("ready", name, incarnation)

    def request_stop(self, name: str, incarnation: int) -> None:
        self._note("request_stop", name, incarnation)

    def stop_requested(self, name: str, incarnation: int) -> bool:
        self._db.check_files()
        row = self._db.one("process", name=name)
        return row is None or row["incarnation"] != incarnation or row["stop_requested"] is not None

    def ended(self, name: str, incarnation: int, outcome: str) -> None:
        self._note("ended", name, incarnation, outcome=outcome)

    def record_cycle(self, name: str, began: float, ended: float) -> None:
        with self._db.write() as tx:
            tx.all("cycle", name=name, began=began, ended=ended)

    def forget(self, name: str, incarnation: int) -> None:
        with self._db.write() as tx:
            tx.all("forget", name=name, incarnation=incarnation)

    def processes(self) -> list[ProcessRow]:
        return [_process(row) for row in self._db.all("processes")]

    def record_event(self, process: str | None, event: str, detail: str | None = None) -> None:
        with self._db.write() as tx:
            now = self._clock.now()
            tx.all("record_event", now=now, process=process, event=event, detail=detail)

    def process_events(self, after: int = 0) -> list[ProcessEvent]:
        return [ProcessEvent(**row) for row in self._db.all("process_events", after=after)]

    def _note(self, query: str, name: str, incarnation: int, **values: object) -> None:
        with self._db.write() as tx:
            tx.all(query, name=name, incarnation=incarnation, real=self._moment().real, **values)


def _process(row: Row) -> ProcessRow:
    return ProcessRow(**{**row, "owned": bool(row["owned"])})
