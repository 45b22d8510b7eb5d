"""The part of the SQLite queue that is not about jobs: clock, settings, processes, marks."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from rinq.clock import QueueClock
from rinq.errors import AlreadyRunning, ConfigError
from rinq.queue.base import PersistentQ
from rinq.queue.connection import Connection, Row
from rinq.queue.model import Mark, ProcessRow


class SQLiteRegistry(PersistentQ):
    """Clock, settings, processes and marks over one connection."""

    _db: Connection
    _real_time: Callable[[], float]

    def now(self) -> float:
        row = self._db.all("clock")[0]
        clock = QueueClock(row["speed"], row["base_real"], row["base_queue"])
        return clock.reckon(self._real_time(), row["floor"])

    @property
    def speed(self) -> float:
        return float(self._db.all("clock")[0]["speed"])

    def set_speed(self, speed: float) -> None:
        if not (math.isfinite(speed) and speed > 0):
            raise ConfigError(f"speed: expected a number above 0, got {speed!r}.")
        with self._db.write() as tx:
            row = tx.all("clock")[0]
            clock = QueueClock(row["speed"], row["base_real"], row["base_queue"])
            rebased = clock.rebased(speed, self._real_time(), row["floor"])
            tx.all("set_clock", **asdict(rebased))

    def settings(self) -> dict[str, object]:
        return {row["key"]: _setting(row["value"]) for row in self._db.all("settings")}

    def change_settings(self, changes: Mapping[str, object | None]) -> None:
        with self._db.write() as tx:
            for key, value in changes.items():
                if value is None:
                    tx.all("unset", key=key)
                else:
                    tx.all("set", key=key, value=json.dumps(value))

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
            done = tx.all("register", **values, owned=owned, real=self._real_time())
            return int(done[0]["incarnation"])

    def ready(self, name: str, incarnation: int) -> None:
        self._note("ready", name, incarnation)

    def request_stop(self, name: str, incarnation: int) -> None:
        self._note("request_stop", name, incarnation)

    def stop_requested(self, name: str, incarnation: int) -> bool:
        row = self._db.one("process", name=name)
        return row is None or row["incarnation"] != incarnation or row["stop_requested"] is not None

    def ended(self, name: str, incarnation: int, outcome: str) -> None:
        self._note("ended", name, incarnation, outcome=outcome)

    def record_turn(self, name: str, began: float, ended: float) -> None:
        with self._db.write() as tx:
            tx.all("turn", name=name, began=began, ended=ended)

    def forget(self, name: str, incarnation: int) -> None:
        with self._db.write() as tx:
            tx.all("forget", name=name, incarnation=incarnation)

    def processes(self) -> list[ProcessRow]:
        return [_process(row) for row in self._db.all("processes")]

    def mark(self, process: str | None, event: str, detail: str | None = None) -> None:
        with self._db.write() as tx:
            tx.all("mark", now=self.now(), process=process, event=event, detail=detail)

    def marks(self, after: int = 0) -> list[Mark]:
        return [Mark(**row) for row in self._db.all("marks", after=after)]

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._db.write():
            yield

    def close(self) -> None:
        self._db.close()

    def _note(self, query: str, name: str, incarnation: int, **values: object) -> None:
        with self._db.write() as tx:
            tx.all(query, name=name, incarnation=incarnation, real=self._real_time(), **values)


def _setting(text: str) -> object:
    """The value; text that is no JSON, written by hand, as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _process(row: Row) -> ProcessRow:
    return ProcessRow(**{**row, "owned": bool(row["owned"])})
