"""Injecting the faults of a plan into real processes."""

from __future__ import annotations

import contextlib
from functools import partial

from rinq.errors import NotRunning
from rinq.fleet import Fleet, FleetProcess
from rinq.lab.faults.ongoing import LOCK, OngoingFaults, begin_rates
from rinq.lab.faults.plan import Act, ScheduledFault
from rinq.queue import PersistentQ
from rinq.queue.liveness import State


class FaultInjector:
    """Begins faults on a fleet; times are plan time (queue seconds).

    Args:
        fleet: the processes.
        queue: the fleet's queue, open.
        until: when a failpoint that was not reached is given up.
    """

    def __init__(self, fleet: Fleet, queue: PersistentQ, until: float) -> None:
        self.fleet, self.queue, self.until = fleet, queue, until
        self.ongoing = OngoingFaults()
        self.armed: dict[str, tuple[int, ScheduledFault]] = {}  # by name, with the incarnation

    def inject(self, fault: ScheduledFault, now: float) -> None:
        """Begin a fault. Raises: NotRunning; FleetError; TransientError: it did not begin."""
        name, due = fault.whom or "", now + fault.seconds
        match fault.act:
            case Act.KILL:
                self._kill(name)
            case Act.FREEZE:
                self._freeze(name, due)
            case Act.LOCK:
                self._lock(fault, due)
            case Act.CLOCK:
                self.queue.clock.shift(fault.by)
            case Act.FAILPOINT:
                self._arm(name, fault)
            case Act.RATES:
                begin_rates(self.queue, self.ongoing, fault, due)

    def check_armed(self, now: float) -> None:
        """Find the failpoints that were reached; a process stopped at one is thawed in time."""
        found = {process.name: process for process in self.fleet.processes()} if self.armed else {}
        for name, (incarnation, fault) in list(self.armed.items()):
            process = found.get(name)
            if process is None or process.state in (State.STOPPED, State.KILLED):
                self.ongoing.end((Act.FAILPOINT, name))  # somebody else ended it
            elif process.row.incarnation != incarnation or process.state is State.CRASHED:
                self._record_reached(process, fault, "kill")
            elif process.state is State.FROZEN and (Act.FREEZE, name) not in self.ongoing:
                thaw = partial(self._thaw, name)
                with self.ongoing.begin((Act.FREEZE, name), now + fault.seconds, thaw):
                    self._record_reached(process, fault, "freeze")

    def _kill(self, name: str) -> None:
        self.fleet.kill(name)
        self.armed.pop(name, None)
        for act in (Act.FREEZE, Act.FAILPOINT):
            self.ongoing.forget((act, name))

    def _freeze(self, name: str, due: float) -> None:
        with self.ongoing.begin((Act.FREEZE, name), due, partial(self._thaw, name)) as is_new:
            if is_new:
                self.fleet.freeze(name)

    def _thaw(self, name: str) -> None:
        process = self._process(name)
        if process is not None and process.state is State.FROZEN:  # it may be dead, or thawed
            with contextlib.suppress(NotRunning):
                self.fleet.thaw(name)

    def _lock(self, fault: ScheduledFault, due: float) -> None:
        stack = contextlib.ExitStack()
        with self.ongoing.begin(LOCK, due, stack.close) as is_new:
            if is_new:
                program = stack.enter_context(self.fleet.queue())
                program.registry.record_event(None, "lock", f"{fault.seconds:g} s")
                stack.callback(program.registry.record_event, None, "unlock")
                stack.enter_context(program.exclusive())

    def _arm(self, name: str, fault: ScheduledFault) -> None:
        what = "stop" if fault.seconds else "kill"
        disarm = partial(self._disarm, name)
        with self.ongoing.begin((Act.FAILPOINT, name), self.until, disarm) as is_new:
            if not is_new:
                raise NotRunning(f"{name} is on its way to another failpoint")
            up = self.fleet.restart(name, failpoint=f"{fault.point}={what}")
            self.armed[name] = up.row.incarnation, fault
        self.ongoing.forget((Act.FREEZE, name))

    def _disarm(self, name: str) -> None:
        """Start the process without its failpoint, if that was not reached."""
        incarnation, _ = self.armed.pop(name, (None, None))
        process = self._process(name)
        if process and process.alive and incarnation in (None, process.row.incarnation):
            self.fleet.restart(name)

    def _record_reached(self, process: FleetProcess, fault: ScheduledFault, event: str) -> None:
        del self.armed[process.name]
        self.ongoing.forget((Act.FAILPOINT, process.name))
        self.queue.registry.record_event(process.name, "failpoint", fault.point)
        self.queue.registry.record_event(process.name, event, process.job)

    def _process(self, name: str) -> FleetProcess | None:
        return next((found for found in self.fleet.processes() if found.name == name), None)
