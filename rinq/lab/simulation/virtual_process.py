"""A process in virtual time: its role is stepped, killed, frozen, woken, and started again."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import simpy

from rinq.config import Config
from rinq.errors import TransientError
from rinq.faults import watched
from rinq.files import Files
from rinq.lab.faults.ongoing import LOCK, Key, OngoingFaults
from rinq.lab.faults.plan import Act
from rinq.lab.simulation.virtual_work import VirtualWork
from rinq.queue import PersistentQ, Status
from rinq.roles.consumer import Consumer
from rinq.roles.interface import BACK_OFF, PersistentQInterface, generator

HOST = "virtual"
EPOCH = 1_704_067_200.0  # Unix time at which virtual time begins: the year 2024, UTC
INSTANT = 1e-6  # seconds; a shorter wait counts as over, since a sum of floats is not exact

SILENT = logging.getLogger("rinq.virtual")
SILENT.disabled = True

Wait = Generator[simpy.Event, Any, None]


@dataclass(slots=True)
class VirtualHost:
    """What the processes of one simulation share.

    Args:
        env: virtual time, in queue seconds from 0.
        roles: the class of each role.
        restart: seconds from the end of a process until it is started again.
        clock_is_shifted: whether queue time and ``env`` can differ in pace, since a fault
            sets the clock.
    """

    env: simpy.Environment
    queue: PersistentQ
    files: Files
    config: Config
    roles: Mapping[str, type[PersistentQInterface]]
    restart: float
    clock_is_shifted: bool
    ongoing: OngoingFaults = field(default_factory=OngoingFaults)
    idle: list[VirtualProcess] = field(default_factory=list)
    """The processes that wait for a job, the longest waiting first."""

    def until_due(self) -> float:
        """Queue seconds until a job may be claimed; infinite without one."""
        due = self.queue.next_due()
        return math.inf if due is None else due - self.queue.clock.now()

    def end_after(self, key: Key, seconds: float) -> Wait:
        """Let these seconds pass, then end the fault, unless it was prolonged or has ended."""
        yield self.env.timeout(seconds)
        if key in self.ongoing and self.ongoing.remaining(key, self.env.now) <= INSTANT:
            self.ongoing.end(key)


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
    """The process of one name: after each incarnation that ends, the next one is started."""

    role: PersistentQInterface

    def __init__(self, host: VirtualHost, role: str, name: str) -> None:
        self.host = host
        self.name = name
        self._role = role
        self._frozen: Key = (Act.FREEZE, name)
        self._armed: tuple[str, float] | None = None  # failpoint, seconds frozen (0: killed)
        self._stopped: tuple[str, float] | None = None  # the same, once reached in a step
        self._waiting = False
        self._simulated = host.env.process(self._run())

    def kill(self) -> None:
        """As by ``kill -9``; nothing happens if it is down."""
        if self._waiting:
            self._simulated.interrupt("killed")

    def freeze(self, seconds: float) -> Wait:
        """It makes no step before these seconds are over; nothing happens if it is down."""
        if self._waiting:
            yield from self._freeze_for(seconds)

    def arm(self, point: str, seconds: float) -> None:
        """When it next reaches this failpoint it dies, or, if ``seconds`` are above 0, is frozen
        for them after that step."""
        self._armed = point, seconds

    def _pass_point(self, point: str) -> None:
        """Raises: VirtualProcessExit: it was armed to die here."""
        if self._armed is None or self._armed[0] != point:
            return
        seconds, self._armed = self._armed[1], None
        if not seconds:
            raise VirtualProcessExit("killed", point)
        self._stopped = point, seconds

    def wake(self) -> None:
        """Check again whether the wait is over."""
        if self._waiting:
            self._simulated.interrupt("woken")

    def _run(self) -> Wait:
        env, queue = self.host.env, self.host.queue
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
            self.role = self._create_role(incarnation)
            queue.registry.ready(self.name, incarnation)
            try:
                while True:
                    yield from self._until_over(self._frozen)
                    yield from self._until_over(LOCK)
                    seconds = self._step()
                    self._freeze_if_stopped()
                    yield from self._wait(seconds)
            except VirtualProcessExit as end:
                self._end(incarnation, end)
            yield env.timeout(self.host.restart)

    def _step(self) -> float:
        """One step of the role. Returns its wait. Raises: VirtualProcessExit."""
        host = self.host
        try:
            with watched(self._pass_point):
                return self.role()
        except TransientError:
            return BACK_OFF[0] * host.queue.clock.speed
        finally:
            if host.idle and host.until_due() <= 0:
                host.idle.pop(0).wake()

    def _freeze_if_stopped(self) -> None:
        if self._stopped is not None:
            (point, seconds), self._stopped = self._stopped, None
            self.host.queue.registry.record_event(self.name, "failpoint", point)
            self.host.env.process(self._freeze_for(seconds))

    def _freeze_for(self, seconds: float) -> Wait:
        until = self.host.env.now + seconds
        with self.host.ongoing.begin(self._frozen, until, lambda: self._record("thaw")) as is_new:
            if is_new:
                self._record("freeze")
        yield from self.host.end_after(self._frozen, seconds)

    def _end(self, incarnation: int, end: VirtualProcessExit) -> None:
        queue = self.host.queue
        if self in self.host.idle:
            self.host.idle.remove(self)
        self.host.ongoing.forget(self._frozen)
        self._stopped = None
        if end.point is not None:
            queue.registry.record_event(self.name, "failpoint", end.point)
        if end.outcome == "killed":
            self._record("kill")
        queue.registry.ended(self.name, incarnation, end.outcome)

    def _create_role(self, incarnation: int) -> PersistentQInterface:
        host = self.host
        kind = host.roles[self._role]
        rng = generator(host.config.general.seed, self._role, self.name, incarnation)
        base = (host.queue, host.files, host.config, self.name)
        if issubclass(kind, Consumer):
            role: PersistentQInterface = kind(*base, rng=rng, work=VirtualWork(), crash=_die)
        else:
            role = kind(*base, rng=rng)
        role.log = SILENT  # the history holds all that they would log
        return role

    def _wait(self, seconds: float) -> Wait:
        """Let queue seconds pass. Raises: VirtualProcessExit."""
        host = self.host
        if seconds == math.inf:
            host.idle.append(self)
            yield from self._sleep(host.until_due())
            if self in host.idle:
                host.idle.remove(self)
        elif not host.clock_is_shifted:
            yield from self._sleep(seconds)
        else:
            due = host.queue.clock.now() + seconds
            while (left := due - host.queue.clock.now()) > INSTANT:
                yield from self._sleep(left)

    def _until_over(self, key: Key) -> Wait:
        """Do nothing while such a fault acts. Raises: VirtualProcessExit."""
        while (left := self.host.ongoing.remaining(key, self.host.env.now)) > INSTANT:
            yield from self._sleep(left)

    def _sleep(self, seconds: float) -> Wait:
        """Sleep until woken. Raises: VirtualProcessExit."""
        env = self.host.env
        self._waiting = True
        try:
            yield env.event() if seconds == math.inf else env.timeout(seconds)
        except simpy.Interrupt as interrupt:
            if interrupt.cause == "killed":
                raise VirtualProcessExit("killed") from interrupt
        finally:
            self._waiting = False

    def _record(self, event: str) -> None:
        self.host.queue.registry.record_event(self.name, event, self._job())

    def _job(self) -> str | None:
        held = self.host.queue.jobs(Status.PROCESSING)
        return next((job.name for job in held if job.process == self.name), None)


def _die() -> None:
    raise VirtualProcessExit("crashed")
