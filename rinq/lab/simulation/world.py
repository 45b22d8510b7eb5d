"""A world in which time is virtual: the real roles on the real SQL, stepped by SimPy."""

from __future__ import annotations

import math
import random
from functools import partial

import simpy

from rinq.errors import Passing
from rinq.faults import watched
from rinq.files import Files
from rinq.fleet.main import ROLES
from rinq.lab.faults.injector import LOCK, RATES, Key, change_rates
from rinq.lab.faults.plan import Act, ScheduledFault
from rinq.lab.scenario import Scenario
from rinq.lab.simulation.virtual_process import EPOCH, INSTANT, Step, VirtualProcess, Wait
from rinq.queue import PersistentQSQLite
from rinq.queue.clock import Moment
from rinq.roles.consumer import Consumer
from rinq.roles.interface import BACK_OFF, PersistentQInterface


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
            ":memory:", speed=speed, moment=lambda: Moment(EPOCH + self.env.now / speed)
        )
        self.files = Files.in_memory()
        self.processes = {
            name: VirtualProcess(self, role, name) for role, name in scenario.processes()
        }
        self.until: dict[Key, float] = {}  # when each fault that acts is over, by env.now
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
        """One step of a process. Returns its wait. Raises: VirtualProcessExit."""
        self._stepping = process
        try:
            return process.role()
        except Passing:
            return BACK_OFF[0] * self.queue.clock.speed
        finally:
            self._stepping = None
            if self.idle and self.queue.waits():
                self.idle.pop(0).wake()

    def _pass_point(self, point: str) -> None:
        if self._stepping is not None:
            self._stepping.pass_point(point)

    def last(self, key: Key, seconds: float, begin: Step, end: Step) -> Wait:
        """A fault that lasts; where one of this key acts already, it only ends later."""
        acts = key in self.until
        self.until[key] = max(self.until.get(key, 0.0), self.env.now + seconds)
        if not acts:
            begin()
        yield self.env.timeout(seconds)
        if self.until.get(key, math.inf) <= self.env.now + INSTANT:
            del self.until[key]
            end()

    def _strike(self, strike: ScheduledFault) -> Wait:
        yield self.env.timeout(strike.at)
        mark, put_back = self.queue.registry.record_event, dict.fromkeys(strike.settings)
        target = self.processes.get(strike.whom or "")
        match strike.act:
            case Act.LOCK:
                begin = partial(mark, None, "lock", f"{strike.seconds:g} s")
                yield from self.last(LOCK, strike.seconds, begin, partial(mark, None, "unlock"))
            case Act.CLOCK:
                self._shift(strike.by)
            case Act.RATES:
                change_rates(self.queue, strike.settings, "rates")
                end = partial(change_rates, self.queue, put_back, "rates-over")
                yield from self.last(RATES, strike.seconds, _nothing, end)
            case Act.KILL if target:
                target.kill()
            case Act.FREEZE if target:
                yield from target.freeze(strike.seconds)
            case Act.FAILPOINT if target:
                target.arm(strike.point or "", strike.seconds)

    def _shift(self, seconds: float) -> None:
        self.queue.clock.shift(seconds)
        for process in self.processes.values():
            process.wake()


class VirtualConsumer(Consumer):
    """A consumer that, with an interval of 0, is woken the moment that a job waits."""

    def idle(self) -> float:
        return self.end_cycle() or math.inf


VIRTUAL_ROLES = ROLES | {Consumer.role: VirtualConsumer}


def _nothing() -> None:
    pass
