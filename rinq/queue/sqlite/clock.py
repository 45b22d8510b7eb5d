"""Queue time from the table ``clock``, whose one row all processes share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from rinq.errors import ConfigError
from rinq.queue.clock import StoredClock
from rinq.queue.parts import QueueClock
from rinq.queue.sqlite.connection import Connection


class SQLiteClock(QueueClock):
    """Keeps what it read until another connection has committed."""

    def __init__(self, db: Connection, real_time: Callable[[], float]) -> None:
        self._db = db
        self._real_time = real_time
        self._version = -1
        self._clock: StoredClock | None = None
        self._floor = 0.0  # the last recorded time

    def now(self) -> float:
        clock = self._read()
        now = clock.reckon(self._real_time(), self._floor)
        if self._db.inside:  # it is about to be recorded
            self._floor = now
        return now

    @property
    def speed(self) -> float:
        return self._read().speed

    def set_speed(self, speed: float) -> None:
        if not (math.isfinite(speed) and speed > 0):
            raise ConfigError(f"speed: expected a number above 0, got {speed!r}.")
        with self._changing() as tx:
            clock = self._read()
            tx.all("set_clock", **asdict(clock.rebased(speed, self._real_time(), self._floor)))

    def shift(self, seconds: float) -> None:
        if not math.isfinite(seconds):
            raise ConfigError(f"clock: expected a number of seconds, got {seconds!r}.")
        with self._changing() as tx:
            shifted = self._read().shifted(seconds)
            tx.all("set_clock", **asdict(shifted))
            now, detail = shifted.reckon(self._real_time(), self._floor), f"{seconds:+g} s"
            tx.all("record_event", now=now, process=None, event="clock", detail=detail)

    def _read(self) -> StoredClock:
        current = self._db.version()
        if current != self._version or self._clock is None:
            speed, base_real, base_queue, floor = self._db.all("clock")[0]
            self._clock, self._floor = StoredClock(speed, base_real, base_queue), floor
            self._version = current
        return self._clock

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A write after which the clock is read anew, whether it was committed or not."""
        try:
            with self._db.write() as tx:
                yield tx
        finally:
            self._version, self._clock = -1, None
