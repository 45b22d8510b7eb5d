"""Making the strikes of a fault plan on real processes, and undoing what lasts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from rinq.errors import NotRunning, RinqError
from rinq.fleet import Fleet, FleetProcess
from rinq.lab.faults.plan import Act, ScheduledFault
from rinq.queue import PersistentQ
from rinq.queue.liveness import State

Key = tuple[Act, str | None]  # what acts, on whom

LOCK: Key = (Act.LOCK, None)
RATES: Key = (Act.RATES, None)


@dataclass(slots=True)
class Ongoing:
    """A fault that lasts: when it is due to end, and what ends it."""

    due: float
    end: Callable[[], None]


def change_rates(queue: PersistentQ, settings: Mapping[str, object | None], event: str) -> None:
    """Set the rates of faults in jobs, and mark it as this event."""
    told = [f"{key.partition('.')[2]}={value:g}" for key, value in settings.items() if value]
    queue.settings.change(settings)
    queue.registry.record_event(None, event, ", ".join(told) or None)


class FaultInjector:
    """Begins faults on a fleet and ends them; times are plan time (queue seconds).

    Args:
        fleet: the processes.
        queue: the fleet's queue, open.
        until: when a failpoint that has not struck is given up.
    """

    def __init__(self, fleet: Fleet, queue: PersistentQ, until: float) -> None:
        self.fleet, self.queue, self.until = fleet, queue, until
        self.ongoing: dict[Key, Ongoing] = {}
        self.armed: dict[str, tuple[int, ScheduledFault]] = {}  # name -> incarnation, strike

    def locked(self, now: float) -> bool:
        """Whether the lock is to be held on: this thread's own marks would wait for it."""
        return LOCK in self.ongoing and self.ongoing[LOCK].due > now

    def strike(self, strike: ScheduledFault, now: float) -> None:
        """Begin a fault. Raises: NotRunning; FleetError; Passing: it did not begin."""
        whom, due = strike.whom or "", now + strike.seconds
        match strike.act:
            case Act.KILL:
                self._kill(whom)
            case Act.FREEZE:
                self._freeze(whom, due)
            case Act.LOCK:
                self._lock(strike, due)
            case Act.CLOCK:
                self.queue.clock.shift(strike.by)
            case Act.FAILPOINT:
                self._arm(whom, strike)
            case Act.RATES:
                self._set_rates(strike, due)

    def end_due(self, now: float) -> None:
        """End what is due, the lock first. Raises: Passing: the rest is left to a later call."""
        due = [key for key, fault in self.ongoing.items() if fault.due <= now]
        for key in sorted(due, key=lambda key: key != LOCK):
            self._end(key)

    def end_all(self) -> None:
        """End every fault, whatever becomes of the others; the lock first."""
        with contextlib.ExitStack() as stack:
            for key in sorted(self.ongoing, key=lambda key: key == LOCK):
                stack.callback(self._end, key)

    def look_at_the_armed(self, now: float) -> None:
        """See whether a failpoint has struck; who was stopped at one is thawed in time."""
        found = {process.name: process for process in self.fleet.processes()} if self.armed else {}
        for name, (incarnation, strike) in list(self.armed.items()):
            process = found.get(name)
            if process is None or process.state in (State.STOPPED, State.KILLED):
                self._end((Act.FAILPOINT, name))  # somebody else ended it
            elif process.row.incarnation != incarnation or process.state is State.CRASHED:
                self._struck(process, strike, "kill")
            elif process.state is State.FROZEN and (Act.FREEZE, name) not in self.ongoing:
                thaw = partial(self._thaw, name)
                with self._begin((Act.FREEZE, name), now + strike.seconds, thaw):
                    self._struck(process, strike, "freeze")

    @contextlib.contextmanager
    def _begin(self, key: Key, due: float, end: Callable[[], None]) -> Iterator[bool]:
        """Note a fault before it acts, so that it is ended on every way out.

        Yields whether it is to begin; else it acts already, and will not end before ``due``.
        """
        if key in self.ongoing:
            self.ongoing[key].due = max(self.ongoing[key].due, due)
            yield False
            return
        self.ongoing[key] = Ongoing(due, end)
        try:
            yield True
        except RinqError:
            self._end(key)
            raise

    def _end(self, key: Key) -> None:
        self.ongoing[key].end()
        del self.ongoing[key]

    def _kill(self, name: str) -> None:
        self.fleet.kill(name)
        self.armed.pop(name, None)
        for act in (Act.FREEZE, Act.FAILPOINT):
            self.ongoing.pop((act, name), None)

    def _freeze(self, name: str, due: float) -> None:
        with self._begin((Act.FREEZE, name), due, partial(self._thaw, name)) as new:
            if new:
                self.fleet.freeze(name)

    def _thaw(self, name: str) -> None:
        process = self._process(name)
        if process is not None and process.state is State.FROZEN:  # it may be dead, or thawed
            with contextlib.suppress(NotRunning):
                self.fleet.thaw(name)

    def _lock(self, strike: ScheduledFault, due: float) -> None:
        stack = contextlib.ExitStack()
        with self._begin(LOCK, due, stack.close) as new:
            if new:
                program = stack.enter_context(self.fleet.queue())
                program.registry.record_event(None, "lock", f"{strike.seconds:g} s")
                stack.callback(program.registry.record_event, None, "unlock")
                stack.enter_context(program.exclusive())

    def _set_rates(self, strike: ScheduledFault, due: float) -> None:
        settings = self.queue.settings.read()
        before = {key: settings.get(key) for key in strike.settings}
        put_back = partial(change_rates, self.queue, before, "rates-over")
        with self._begin(RATES, due, put_back):
            change_rates(self.queue, strike.settings, "rates")

    def _arm(self, name: str, strike: ScheduledFault) -> None:
        key = (Act.FAILPOINT, name)
        what = "stop" if strike.seconds else "kill"
        with self._begin(key, self.until, partial(self._disarm, name)) as new:
            if not new:
                raise NotRunning(f"{name} is on its way to another failpoint")
            up = self.fleet.restart(name, failpoint=f"{strike.point}={what}")
            self.armed[name] = up.row.incarnation, strike
        self.ongoing.pop((Act.FREEZE, name), None)

    def _disarm(self, name: str) -> None:
        """Start the process without its failpoint, if that did not strike."""
        incarnation, _ = self.armed.pop(name, (None, None))
        process = self._process(name)
        if process and process.alive and incarnation in (None, process.row.incarnation):
            self.fleet.restart(name)

    def _struck(self, process: FleetProcess, strike: ScheduledFault, event: str) -> None:
        del self.armed[process.name]
        self.ongoing.pop((Act.FAILPOINT, process.name), None)
        self.queue.registry.record_event(process.name, "failpoint", strike.point)
        self.queue.registry.record_event(process.name, event, process.job)

    def _process(self, name: str) -> FleetProcess | None:
        return next((found for found in self.fleet.processes() if found.name == name), None)
