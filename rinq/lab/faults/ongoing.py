"""The faults that act at the moment: when each is due to end, and what ends it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from rinq.errors import RinqError
from rinq.lab.faults.plan import Act, ScheduledFault
from rinq.queue import PersistentQ

Key = tuple[Act, str | None]  # the kind of fault, and the process it acts on

LOCK: Key = (Act.LOCK, None)
RATES: Key = (Act.RATES, None)


@dataclass(slots=True)
class _Ongoing:
    due: float
    undo: Callable[[], None]


class OngoingFaults:
    """Bookkeeping of faults that last, in real and in virtual time: the caller passes the time.

    Of one key only one fault acts at a time. One that begins while another of its key acts
    never shortens it: the two end together, at the later time, and what is undone is what the
    first one did.

    >>> faults = OngoingFaults()
    >>> for begin, seconds in ((0, 20), (5, 30), (10, 5)):
    ...     with faults.begin(LOCK, begin + seconds, lambda: print("unlocked")) as is_new:
    ...         print(is_new, faults.remaining(LOCK, begin))
    True 20
    False 30
    False 25
    >>> faults.end_due(34)
    >>> faults.end_due(35)
    unlocked
    """

    def __init__(self) -> None:
        self._ongoing: dict[Key, _Ongoing] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._ongoing

    def __len__(self) -> int:
        return len(self._ongoing)

    def remaining(self, key: Key, now: float) -> float:
        """Seconds until this fault is due to end; 0 or less if it is due, 0 if none acts."""
        return self._ongoing[key].due - now if key in self._ongoing else 0.0

    @contextlib.contextmanager
    def begin(self, key: Key, due: float, undo: Callable[[], None]) -> Iterator[bool]:
        """Note a fault before it acts, so that it is undone on every way out.

        Yields whether it is new; else one of this key acts already, and will not end before
        ``due``. If the ``with`` block of a new one raises a ``RinqError``, it is undone at once.
        """
        if key in self._ongoing:
            self._ongoing[key].due = max(self._ongoing[key].due, due)
            yield False
            return
        self._ongoing[key] = _Ongoing(due, undo)
        try:
            yield True
        except RinqError:
            self.end(key)
            raise

    def end(self, key: Key) -> None:
        """Undo this fault. If that raises, it stays noted, so that a later call can end it."""
        self._ongoing[key].undo()
        del self._ongoing[key]

    def end_due(self, now: float) -> None:
        """End what is due, the lock first. If one raises, the rest is left to a later call."""
        due = [key for key in self._ongoing if self.remaining(key, now) <= 0]
        for key in sorted(due, key=lambda key: key != LOCK):
            self.end(key)

    def end_all(self) -> None:
        """End every fault, even if ending one of them raises; the lock first."""
        with contextlib.ExitStack() as stack:
            for key in sorted(self._ongoing, key=lambda key: key == LOCK):
                stack.callback(self.end, key)

    def forget(self, key: Key) -> None:
        """Drop a fault that something else has ended, if it acts: nothing is undone."""
        self._ongoing.pop(key, None)


def begin_rates(
    queue: PersistentQ, ongoing: OngoingFaults, fault: ScheduledFault, due: float
) -> None:
    """Set the rates of faults in jobs; at the end they are as they were before the first change."""
    settings = queue.settings.read()
    before = {key: settings.get(key) for key in fault.settings}
    with ongoing.begin(RATES, due, partial(_change_rates, queue, before, "rates-over")):
        _change_rates(queue, fault.settings, "rates")


def _change_rates(queue: PersistentQ, settings: Mapping[str, object | None], event: str) -> None:
    detail = [f"{key.partition('.')[2]}={value:g}" for key, value in settings.items() if value]
    queue.settings.change(settings)
    queue.registry.record_event(None, event, ", ".join(detail) or None)
