"""Queue time: the one time in which leases, waits and the history are counted."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Moment:
    """What the clocks of the system say at one moment.

    Args:
        real: Unix time, seconds; it jumps when the wall clock is set.
        boot_id: which boot of the system this is; None where the system does not say.
        since_boot: seconds since then, sleep included; setting the wall clock does not move it.
    """

    real: float
    boot_id: str | None = None
    since_boot: float = 0.0


@dataclass(frozen=True, slots=True)
class StoredClock:
    """The clock as stored: queue seconds advance ``speed`` times as fast as real ones.

    Within one boot of the system it runs on the time since boot, which no change of the
    wall clock moves; after another boot, and where there is no such time, on Unix time.

    Args:
        speed: queue seconds per real second, above 0.
        base_real: a moment in real time (Unix seconds) …
        base_queue: … the queue time at that moment (seconds) …
        base_boot: … the seconds since boot at that moment …
        boot_id: … and which boot; None where the system does not say.
    """

    speed: float
    base_real: float
    base_queue: float
    base_boot: float | None = None
    boot_id: str | None = None

    @classmethod
    def started(cls, speed: float, moment: Moment) -> StoredClock:
        """A clock that shows Unix time now, and goes on at this speed."""
        return cls(speed, moment.real, moment.real).rebased(speed, moment)

    def is_of(self, moment: Moment) -> bool:
        """Whether it runs on the time since the boot that the moment is of."""
        return moment.boot_id is not None and moment.boot_id == self.boot_id

    def elapsed(self, moment: Moment) -> float:
        """Real seconds since the base."""
        if self.is_of(moment) and self.base_boot is not None:
            return moment.since_boot - self.base_boot
        return moment.real - self.base_real

    def reckon(self, moment: Moment, floor: float = 0.0) -> float:
        """The queue time at this moment, never below ``floor`` (the last recorded)."""
        return max(self.base_queue + self.elapsed(moment) * self.speed, floor)

    def rebased(self, speed: float, moment: Moment, floor: float = 0.0) -> StoredClock:
        """The same clock from this moment on at another speed, without a jump."""
        return StoredClock(
            speed,
            moment.real,
            self.reckon(moment, floor),
            moment.since_boot if moment.boot_id else None,
            moment.boot_id,
        )

    def shifted(self, seconds: float) -> StoredClock:
        """The same clock, so many queue seconds ahead (behind, if negative)."""
        return replace(self, base_queue=self.base_queue + seconds)

    def wall_step(self, moment: Moment) -> float:
        """By how many seconds the wall clock was set since the base; 0 if that cannot be known."""
        return moment.real - self.base_real - self.elapsed(moment)
