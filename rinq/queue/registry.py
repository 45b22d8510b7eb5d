"""The part of the SQLite queue that is not about jobs: clock, settings, processes, marks."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from rinq.errors import AlreadyRunning, ConfigError
from rinq.queue.base import PersistentQ
from rinq.queue.clock import QueueClock
from rinq.queue.connection import Connection, Row
from rinq.queue.model import ProcessEvent, ProcessRow

_UNKNOWN = (-1, None, 0.0)
_UNREAD: tuple[int, dict[str, object]] = (-1, {})


class SQLiteRegistry(PersistentQ):
    """Clock, settings, processes and marks over one connection."""

    _db: Connection
    _real_time: Callable[[], float]
    _known: tuple[int, QueueClock | None, float] = _UNKNOWN  # version, clock, last recorded time
    _settings: tuple[int, dict[str, object]] = _UNREAD  # version, settings

    def now(self) -> float:
        clock, floor = self._clock()
        now = clock.reckon(self._real_time(), floor)
        if self._db.inside:  # it is about to be recorded
            self._known = (self._known[0], clock, now)
        return now

    @property
    def speed(self) -> float:
        return self._clock()[0].speed

    def set_speed(self, speed: float) -> None:
        if not (math.isfinite(speed) and speed > 0):
            raise ConfigError(f"speed: expected a number above 0, got {speed!r}.")
        with self._changing() as tx:
            clock, floor = self._clock()
            tx.all("set_clock", **asdict(clock.rebased(speed, self._real_time(), floor)))

    def shift_clock(self, seconds: float) -> None:
        if not math.isfinite(seconds):
            raise ConfigError(f"clock: expected a number of seconds, got {seconds!r}.")
        with self._changing() as tx:
            clock, floor = self._clock()
            shifted = clock.shifted(seconds)
            tx.all("set_clock", **asdict(shifted))
            now, detail = shifted.reckon(self._real_time(), floor), f"{seconds:+g} s"
            tx.all("record_event", now=now, process=None, event="clock", detail=detail)

    def settings(self) -> dict[str, object]:
        version, settings = self._settings
        current = self._db.version()
        if current != version:
            settings = {row["key"]: _setting(row["value"]) for row in self._db.all("settings")}
            self._settings = (current, settings)
        return dict(settings)

    def change_settings(self, changes: Mapping[str, object | None]) -> None:
        with self._changing() as tx:
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
            tx.all("record_event", now=self.now(), process=process, event=event, detail=detail)

    def process_events(self, after: int = 0) -> list[ProcessEvent]:
        return [ProcessEvent(**row) for row in self._db.all("process_events", after=after)]

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._db.write():
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._db.snapshot():
            yield

    def close(self) -> None:
        self._db.close()

    def _clock(self) -> tuple[QueueClock, float]:
        """The clock, and the last recorded time; read anew when somebody else has written."""
        version, clock, floor = self._known
        current = self._db.version()
        if current != version or clock is None:
            row = self._db.all("clock")[0]
            clock, floor = (
                QueueClock(row["speed"], row["base_real"], row["base_queue"]),
                row["floor"],
            )
            self._known = (current, clock, floor)
        return clock, floor

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A write after which clock and settings are read anew, whether it was committed or not."""
        try:
            with self._db.write() as tx:
                yield tx
        finally:
            self._known, self._settings = _UNKNOWN, _UNREAD

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
