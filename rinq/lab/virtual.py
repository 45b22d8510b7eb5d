"""A world in which time is virtual: the real roles on the real SQL, stepped by SimPy."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial

import simpy

from rinq.errors import Passing
from rinq.faults import watched
from rinq.files import Files
from rinq.fleet.main import ROLES
from rinq.lab.plan import Act, Strike
from rinq.lab.scenario import Scenario
from rinq.lab.virtual_process import EPOCH, VirtualProcess, Wait
from rinq.queue import PersistentQSQLite
from rinq.roles.consumer import Consumer
from rinq.roles.interface import BACK_OFF, PersistentQInterface

Begin = Callable[[], None]
End = Callable[[], None] | None


class World:
    """Processes in virtual time, on one queue and one set of files in memory.

    Args:
        scenario: who runs, and what befalls them.
        seed: of all that is drawn.
        roles: the class of each role.
    """

    def __init__(
        self, scenario: Scenario, seed: int, roles: dict[str, type[PersistentQInterface]]
    ) -> None:
        self.scenario = scenario
        config = scenario.parameters
        general = config.general.model_copy(update={"seed": seed})
        self.config = config.model_copy(update={"general": general})
        self.roles = roles
        self.env = simpy.Environment()
        speed = config.general.speed
        self.queue = PersistentQSQLite(
            ":memory:", speed=speed, real_time=lambda: EPOCH + self.env.now / speed
        )
        self.files = Files.in_memory()
        self.processes = {
            name: VirtualProcess(self, role, name) for role, name in scenario.processes()
        }
        self.locked_until = 0.0
        self.idle: list[VirtualProcess] = []  # those that wait for a job, longest first
        self._stepping: VirtualProcess | None = None
        names = list(self.processes)
        strikes = scenario.plan.strikes(random.Random(seed), names, scenario.seconds)
        self.clock_is_shifted = any(strike.act is Act.CLOCK for strike in strikes)
        for strike in strikes:
            self.env.process(self._strike(strike))

    def run(self) -> None:
        """Let the scenario's seconds pass."""
        with watched(self._pass_point):
            self.env.run(until=self.scenario.seconds)

    def step(self, process: VirtualProcess) -> float:
        """One step of a process. Returns its wait. Raises: Died."""
        self._stepping = process
        try:
            return process.role()
        except Passing:
            return BACK_OFF[0] * self.queue.speed
        finally:
            self._stepping = None
            if self.idle and self.queue.waits():
                self.idle.pop(0).wake()

    def _pass_point(self, point: str) -> None:
        if self._stepping is not None:
            self._stepping.pass_point(point)

    def _strike(self, strike: Strike) -> Wait:
        yield self.env.timeout(strike.at)
        begin, end = self._acts(strike)
        begin()
        if strike.seconds and end is not None:
            yield self.env.timeout(strike.seconds)
            end()

    def _acts(self, strike: Strike) -> tuple[Begin, End]:
        """What a strike does, and what undoes it after its seconds."""
        acts: tuple[Begin, End]
        match strike.act:
            case Act.LOCK:
                until = self.env.now + strike.seconds
                acts = partial(self._lock, until), partial(self.queue.mark, None, "unlock")
            case Act.CLOCK:
                acts = partial(self._shift, strike.by), None
            case Act.RATES:
                acts = partial(self._set_rates, strike.rates), partial(self._set_rates, None)
            case act:
                acts = self._befalls(strike, act)
        return acts

    def _befalls(self, strike: Strike, act: Act) -> tuple[Begin, End]:
        target = self.processes.get(strike.whom or "")
        if target is None:
            return _nothing, None
        if act is Act.FREEZE:
            return partial(target.freeze, strike.seconds), target.thaw
        if act is Act.FAILPOINT:
            return partial(target.arm, strike.point or "", strike.seconds), None
        return target.kill, None

    def _lock(self, until: float) -> None:
        self.queue.mark(None, "lock")
        self.locked_until = max(self.locked_until, until)

    def _shift(self, seconds: float) -> None:
        self.queue.shift_clock(seconds)
        for process in self.processes.values():
            process.wake()

    def _set_rates(self, rates: tuple[float, float, float] | None) -> None:
        keys = ("faults.error_rate", "faults.hang_rate", "faults.crash_rate")
        self.queue.change_settings(dict(zip(keys, rates or (None, None, None), strict=True)))
        self.queue.mark(None, "rates" if rates else "rates-over", str(rates) if rates else None)


class VirtualConsumer(Consumer):
    """A consumer that, with an interval of 0, is woken the moment that a job waits."""

    def idle(self) -> float:
        return self.turn_over() or math.inf


VIRTUAL_ROLES = ROLES | {Consumer.role: VirtualConsumer}


def _nothing() -> None:
    pass
