"""A world in which time is virtual: the real roles on the real SQL, stepped by SimPy."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import simpy

from rinq.errors import HandlerFailed, Passing
from rinq.faults import Fault, watched
from rinq.files import Files
from rinq.fleet.main import ROLES
from rinq.lab.plan import Act, Strike
from rinq.lab.scenario import Scenario
from rinq.queue import PersistentQSQLite, Status
from rinq.roles.consumer import Consumer
from rinq.roles.interface import BACK_OFF, PersistentQInterface, generator
from rinq.roles.work import Task, Work

HOST = "virtual"
EPOCH = 1_704_067_200.0  # Unix time at which virtual time begins: the year 2024, UTC
INSTANT = 1e-6  # seconds; what is nearer than that is now: a sum of floats is not exact

SILENT = logging.getLogger("rinq.virtual")
SILENT.disabled = True

Wait = Generator[simpy.Event, Any, None]
Begin = Callable[[], None]
End = Callable[[], None] | None


class Died(BaseException):
    """This process ends here and now, in the middle of whatever it does.

    Args:
        outcome: killed or crashed.
        point: the failpoint at which it was killed.
    """

    def __init__(self, outcome: str, point: str | None = None) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.point = point


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


class VirtualProcess:
    """A process of one name: one incarnation after the other, killed, frozen, woken."""

    role: PersistentQInterface

    def __init__(self, world: World, role: str, name: str) -> None:
        self.world = world
        self.name = name
        self._role = role
        self._frozen_until = 0.0
        self._armed: tuple[str, float] | None = None
        self._waiting = False
        self._live = world.env.process(self._lives())

    def kill(self) -> None:
        """As by ``kill -9``; nothing happens to one that is down."""
        if self._waiting:
            self._live.interrupt("killed")

    def freeze(self, seconds: float) -> None:
        """It does no step before these seconds are over."""
        self._frozen_until = max(self._frozen_until, self.world.env.now + seconds)
        self.world.queue.mark(self.name, "freeze", self._job())

    def thaw(self) -> None:
        self.world.queue.mark(self.name, "thaw", self._job())

    def arm(self, point: str, seconds: float) -> None:
        """It dies, or freezes after that step for ``seconds``, at the next such failpoint."""
        self._armed = point, seconds

    def pass_point(self, point: str) -> None:
        """Raises: Died: it was to."""
        if self._armed is None or self._armed[0] != point:
            return
        seconds, self._armed = self._armed[1], None
        if not seconds:
            raise Died("killed", point)
        self._frozen_until = max(self._frozen_until, self.world.env.now + seconds)

    def wake(self) -> None:
        """Look again whether the wait is over."""
        if self._waiting:
            self._live.interrupt("woken")

    def _lives(self) -> Wait:
        env, queue = self.world.env, self.world.queue
        while True:
            real = EPOCH + env.now / queue.speed
            incarnation = queue.register(
                self.name,
                self._role,
                pid=0,
                started=real,
                host=HOST,
                owned=True,
                alive=lambda _: False,
            )
            self.role = self._hire(incarnation)
            queue.ready(self.name, incarnation)
            try:
                while True:
                    yield from self._until(lambda: self._frozen_until)
                    yield from self._until(lambda: self.world.locked_until)
                    yield from self._wait(self.world.step(self))
            except Died as end:
                self._end(incarnation, end)
            yield env.timeout(self.world.scenario.restart)

    def _end(self, incarnation: int, end: Died) -> None:
        queue = self.world.queue
        if self in self.world.idle:
            self.world.idle.remove(self)
        self._frozen_until = 0.0
        if end.point is not None:
            queue.mark(self.name, "failpoint", end.point)
        if end.outcome == "killed":
            queue.mark(self.name, "kill", self._job())
        queue.ended(self.name, incarnation, end.outcome)

    def _hire(self, incarnation: int) -> PersistentQInterface:
        world = self.world
        kind = world.roles[self._role]
        rng = generator(world.config.general.seed, self._role, self.name, incarnation)
        base = (world.queue, world.files, world.config, self.name)
        if issubclass(kind, Consumer):
            role: PersistentQInterface = kind(*base, rng=rng, work=VirtualWork(), crash=_die)
        else:
            role = kind(*base, rng=rng)
        role.log = SILENT  # the history tells all that they would say
        return role

    def _wait(self, seconds: float) -> Wait:
        """Let queue seconds pass. Raises: Died."""
        world = self.world
        if seconds == math.inf:
            world.idle.append(self)
            yield from self._sleep(seconds)
        elif not world.clock_is_shifted:
            yield from self._sleep(seconds)
        else:
            due = world.queue.now() + seconds
            while (left := due - world.queue.now()) > INSTANT:
                yield from self._sleep(left)

    def _until(self, moment: Callable[[], float]) -> Wait:
        while (left := moment() - self.world.env.now) > INSTANT:
            yield from self._sleep(left)

    def _sleep(self, seconds: float) -> Wait:
        """Sleep until woken. Raises: Died."""
        env = self.world.env
        self._waiting = True
        try:
            yield env.event() if seconds == math.inf else env.timeout(seconds)
        except simpy.Interrupt as interrupt:
            if interrupt.cause == "killed":
                raise Died("killed") from interrupt
        finally:
            self._waiting = False

    def _job(self) -> str | None:
        held = self.world.queue.jobs(Status.PROCESSING)
        return next((job.name for job in held if job.process == self.name), None)


def _nothing() -> None:
    pass


def _die() -> None:
    raise Died("crashed")


class VirtualWork(Work):
    """Handlers take no time of their own, ``work_time`` does; the result copies the content."""

    def start(self, content: bytes, fault: Fault | None, wake: Callable[[], None]) -> Task:  # noqa: ARG002 (done at once)
        return VirtualTask(content, fault)

    def close(self) -> None:
        pass


class VirtualTask(Task):
    def __init__(self, content: bytes, fault: Fault | None) -> None:
        self._content, self._fault = content, fault

    def done(self) -> bool:
        return self._fault is not Fault.HANG

    def result(self) -> bytes:
        if self._fault is Fault.ERROR:
            raise HandlerFailed("injected error")
        return self._content

    def cancel(self) -> None:
        pass


class VirtualConsumer(Consumer):
    """A consumer that, with an interval of 0, is woken the moment that a job waits."""

    def idle(self) -> float:
        return self.turn_over() or math.inf


VIRTUAL_ROLES = ROLES | {Consumer.role: VirtualConsumer}
