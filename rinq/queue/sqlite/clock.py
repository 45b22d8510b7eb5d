"""Queue time from the table ``clock``, whose one row all processes share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

from rinq.errors import ConfigError, CorruptDatabase
from rinq.queue.clock import Moment, StoredClock
from rinq.queue.parts import QueueClock
from rinq.queue.sqlite.connection import Connection

TOLERANCE = 1.0  # real seconds by which clocks may disagree
END_OF_TIME = 1e11  # queue seconds (the year 5138): from here on no recorded time is followed
FASTEST = 1000.0  # queue seconds per real second


class SQLiteClock(QueueClock):
    """Keeps what it read until another connection has committed.

    Args:
        moment: reads the clocks of the system.
    """

    def __init__(self, db: Connection, moment: Callable[[], Moment]) -> None:
        self._db = db
        self._moment = moment
        self._version = -1
        self._clock: StoredClock | None = None
        self._floor = 0.0  # the last recorded time

    def now(self) -> float:
        clock = self._read()
        now = clock.reckon(self._moment(), self._floor)
        if self._db.inside:  # in a transaction: it is about to be recorded
            self._floor = now
        return now

    def latest(self) -> float:
        clock, moment = self._read(), self._moment()
        if not clock.is_of(moment):
            return END_OF_TIME
        return clock.reckon(moment) + TOLERANCE * clock.speed

    @property
    def speed(self) -> float:
        return self._read().speed

    def set_speed(self, speed: float) -> None:
        if not 0 < speed <= FASTEST:
            raise ConfigError(f"speed: expected a number above 0, at most 1000, got {speed!r}.")
        with self._changing() as tx:
            clock, moment = self._read(), self._moment()
            self._write(tx, clock.rebased(speed, moment, self._floor))

    def shift(self, seconds: float) -> None:
        if not math.isfinite(seconds):
            raise ConfigError(f"clock: expected a number of seconds, got {seconds!r}.")
        with self._changing() as tx:
            moment = self._moment()
            shifted = self._read().shifted(seconds)
            self._write(tx, shifted.rebased(shifted.speed, moment, self._floor))
            now = shifted.reckon(moment, self._floor)
            self._record(tx, now, "clock", f"{seconds:+g} s")

    def correct(self) -> list[str]:
        if not self._corrections(self._read(), self._moment())[1]:
            return []
        with self._changing() as tx:
            moment = self._moment()
            clock, found = self._corrections(self._read(), moment)
            if found:
                self._write(tx, clock)
            for event, detail, _ in found:
                self._record(tx, clock.reckon(moment, self._floor), event, detail)
        return [sentence for _, _, sentence in found]

    def _corrections(
        self, clock: StoredClock, moment: Moment
    ) -> tuple[StoredClock, list[tuple[str, str, str]]]:
        """The clock as it should be, and why: event, detail and sentence of each correction."""
        found = []
        if clock.boot_id != moment.boot_id:
            passed = clock.reckon(moment) - self._floor
            clock = clock.rebased(clock.speed, moment, self._floor)
            why = f"The system was started anew; queue time went on {passed:+.1f} s by wall clock."
            found.append(("reboot", f"{passed:+.1f} s", why))
        elif abs(step := clock.wall_step(moment)) > TOLERANCE:
            clock = replace(clock, base_real=clock.base_real + step)
            why = f"The wall clock was set by {step:+.1f} s; queue time does not follow it."
            found.append(("wall clock", f"{step:+.1f} s", why))
        behind = self._floor - clock.reckon(moment)
        if behind > TOLERANCE * clock.speed:
            clock = clock.rebased(clock.speed, moment, self._floor)
            why = f"Queue time was {behind:.1f} s behind the last entry, and goes on from there."
            found.append(("clock behind", f"{behind:.1f} s", why))
        return clock, found

    def _read(self) -> StoredClock:
        current = self._db.version()
        if current != self._version or self._clock is None:
            row = self._db.one("clock")
            if row is None:
                raise CorruptDatabase(f"{self._db.path}: its table 'clock' is empty")
            *stored, floor = row
            self._clock, self._floor = StoredClock(*stored), floor
            self._version = current
        return self._clock

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A write before which the clock is read anew, and after it, also where it failed."""
        try:
            with self._db.write() as tx:
                self._clock = None
                yield tx
        finally:
            self._clock = None

    def _write(self, tx: Connection, clock: StoredClock) -> None:
        tx.all("set_clock", **asdict(clock))

    def _record(self, tx: Connection, now: float, event: str, detail: str) -> None:
        tx.all("record_event", now=now, process=None, event=event, detail=detail)
