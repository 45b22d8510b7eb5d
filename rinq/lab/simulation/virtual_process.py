"""A process in virtual time: a role that is stepped, killed, frozen, woken, started again."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import simpy

from rinq.errors import HandlerFailed
from rinq.faults import Fault
from rinq.lab.faults.injector import LOCK, Key
from rinq.lab.faults.plan import Act
from rinq.queue import Status
from rinq.roles.consumer import Consumer
from rinq.roles.interface import PersistentQInterface, generator
from rinq.roles.work import Task, Work

if TYPE_CHECKING:
    from rinq.lab.simulation.world import World

HOST = "virtual"
EPOCH = 1_704_067_200.0  # Unix time at which virtual time begins: the year 2024, UTC
INSTANT = 1e-6  # seconds; what is nearer than that is now: a sum of floats is not exact

SILENT = logging.getLogger("rinq.virtual")
SILENT.disabled = True

Wait = Generator[simpy.Event, Any, None]
Step = Callable[[], None]


class VirtualProcessExit(BaseException):
    """This process ends here and now, in the middle of whatever it does.

    Args:
        outcome: killed or crashed.
        point: the failpoint at which it was killed.
    """

    def __init__(self, outcome: str, point: str | None = None) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.point = point


class VirtualProcess:
    """A process of one name: one incarnation after the other, killed, frozen, woken."""

    role: PersistentQInterface

    def __init__(self, world: World, role: str, name: str) -> None:
        self.world = world
        self.name = name
        self._role = role
        self._frozen: Key = (Act.FREEZE, name)
        self._armed: tuple[str, float] | None = None  # point and seconds, also
        self._stopped: tuple[str, float] | None = None  # in the step that is just done
        self._waiting = False
        self._live = world.env.process(self._lives())

    def kill(self) -> None:
        """As by ``kill -9``; nothing happens to one that is down."""
        if self._waiting:
            self._live.interrupt("killed")

    def freeze(self, seconds: float) -> Wait:
        """It does no step before these seconds are over; nothing happens to one that is down."""
        if self._waiting:
            yield from self._freezes(seconds)

    def arm(self, point: str, seconds: float) -> None:
        """It dies, or freezes after that step for ``seconds``, at the next such failpoint."""
        self._armed = point, seconds

    def pass_point(self, point: str) -> None:
        """Raises: VirtualProcessExit: it was to."""
        if self._armed is None or self._armed[0] != point:
            return
        seconds, self._armed = self._armed[1], None
        if not seconds:
            raise VirtualProcessExit("killed", point)
        self._stopped = point, seconds

    def wake(self) -> None:
        """Look again whether the wait is over."""
        if self._waiting:
            self._live.interrupt("woken")

    def _lives(self) -> Wait:
        env, queue = self.world.env, self.world.queue
        while True:
            real = EPOCH + env.now / queue.clock.speed
            incarnation = queue.registry.register(
                self.name,
                self._role,
                pid=0,
                started=real,
                host=HOST,
                owned=True,
                alive=lambda _: False,
            )
            self.role = self._hire(incarnation)
            queue.registry.ready(self.name, incarnation)
            try:
                while True:
                    yield from self._until_over(self._frozen)
                    yield from self._until_over(LOCK)
                    seconds = self.world.step(self)
                    self._freeze_if_stopped()
                    yield from self._wait(seconds)
            except VirtualProcessExit as end:
                self._end(incarnation, end)
            yield env.timeout(self.world.scenario.restart)

    def _freeze_if_stopped(self) -> None:
        if self._stopped is not None:
            (point, seconds), self._stopped = self._stopped, None
            self.world.queue.registry.record_event(self.name, "failpoint", point)
            self.world.env.process(self._freezes(seconds))

    def _freezes(self, seconds: float) -> Wait:
        begin, end = self._tell("freeze"), self._tell("thaw")
        return self.world.last(self._frozen, seconds, begin, end)

    def _end(self, incarnation: int, end: VirtualProcessExit) -> None:
        queue = self.world.queue
        if self in self.world.idle:
            self.world.idle.remove(self)
        self.world.until.pop(self._frozen, None)
        self._stopped = None
        if end.point is not None:
            queue.registry.record_event(self.name, "failpoint", end.point)
        if end.outcome == "killed":
            queue.registry.record_event(self.name, "kill", self._job())
        queue.registry.ended(self.name, incarnation, end.outcome)

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
        """Let queue seconds pass. Raises: VirtualProcessExit."""
        world = self.world
        if seconds == math.inf:
            world.idle.append(self)
            yield from self._sleep(seconds)
        elif not world.clock_is_shifted:
            yield from self._sleep(seconds)
        else:
            due = world.queue.clock.now() + seconds
            while (left := due - world.queue.clock.now()) > INSTANT:
                yield from self._sleep(left)

    def _until_over(self, key: Key) -> Wait:
        """Do nothing while such a fault acts. Raises: VirtualProcessExit."""
        while (left := self.world.until.get(key, 0.0) - self.world.env.now) > INSTANT:
            yield from self._sleep(left)

    def _sleep(self, seconds: float) -> Wait:
        """Sleep until woken. Raises: VirtualProcessExit."""
        env = self.world.env
        self._waiting = True
        try:
            yield env.event() if seconds == math.inf else env.timeout(seconds)
        except simpy.Interrupt as interrupt:
            if interrupt.cause == "killed":
                raise VirtualProcessExit("killed") from interrupt
        finally:
            self._waiting = False

    def _tell(self, event: str) -> Step:
        return lambda: self.world.queue.registry.record_event(self.name, event, self._job())

    def _job(self) -> str | None:
        held = self.world.queue.jobs(Status.PROCESSING)
        return next((job.name for job in held if job.process == self.name), None)


def _die() -> None:
    raise VirtualProcessExit("crashed")


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
