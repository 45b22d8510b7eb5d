"""Queue time: the one time in which leases, waits and the history are counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredClock:
    """The clock as stored: queue seconds advance ``speed`` times as fast as real ones.

    Args:
        speed: queue seconds per real second, above 0.
        base_real: a moment in real time (Unix seconds) …
        base_queue: … and the queue time at that moment (seconds).
    """

    speed: float
    base_real: float
    base_queue: float

    def reckon(self, real: float, floor: float = 0.0) -> float:
        """The queue time at the real time ``real``, never below ``floor`` (the last recorded)."""
        return max(self.base_queue + (real - self.base_real) * self.speed, floor)

    def rebased(self, speed: float, real: float, floor: float = 0.0) -> StoredClock:
        """The same clock from ``real`` on at another speed, without a jump."""
        return StoredClock(speed, real, self.reckon(real, floor))

    def shifted(self, seconds: float) -> StoredClock:
        """The same clock, so many queue seconds ahead (behind, if negative)."""
        return StoredClock(self.speed, self.base_real, self.base_queue + seconds)
