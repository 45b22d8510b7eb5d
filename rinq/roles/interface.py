"""What the four roles have in common: one step at a time, and the loop around it."""

from __future__ import annotations

import logging
import math
import random
import string
import threading
from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ClassVar

from rinq.config import Config
from rinq.errors import TransientError
from rinq.faults import digest, failpoint
from rinq.files import Files
from rinq.queue import Job, PersistentQ
from rinq.queue.model import check_process_name

TICK = 0.25  # real seconds: how often a waiting role reads settings and stop requests
CLAIM_CHECK = 1.0  # real seconds: how often a holder checks that its claim still holds
BACK_OFF = (0.5, 8.0)  # real seconds: first and longest wait after a transient error


def generator(seed: int | None, role: str, name: str, incarnation: int = 1) -> random.Random:
    """A role's source of randomness: its own, and the same again for the same seed."""
    return random.Random(None if seed is None else digest(seed, role, name, incarnation))


def draw_name(rng: random.Random) -> str:
    """A job name of 10 lower-case letters."""
    return "".join(rng.choices(string.ascii_lowercase, k=10))


class PersistentQInterface(AbstractContextManager["PersistentQInterface"]):
    """A role at work on a queue: called, it does one step and says when to call it next.

    Args:
        queue: the queue; closed by whoever opened it.
        files: the files of the same ``primary_path``.
        config: parameters as read from the file; live settings are laid over them.
        name: this process's name: letters, digits and dash, at most 40.
        rng: its source of randomness; drawn from ``general.seed`` where none is given.

    Raises:
        ConfigError: the name cannot be one.
    """

    role: ClassVar[str]

    def __init__(
        self,
        queue: PersistentQ,
        files: Files,
        config: Config,
        name: str,
        *,
        rng: random.Random | None = None,
    ) -> None:
        self.queue = queue
        self.files = files
        self.name = check_process_name(name, self.role)
        self.rng = rng or generator(config.general.seed, self.role, name)
        self.log = logging.getLogger(f"rinq.{self.role}")
        self.wake = threading.Event()
        self.paused = False
        self.config = config
        self._base_config = config
        self._settings: dict[str, object] = {}
        self._cycle_began: float | None = None
        self._last_recorded = -math.inf
        self._cycle_over = False

    def __call__(self) -> float:
        """Do one short step. Returns the queue seconds until the next.

        Raises:
            TransientError: the step could not be done now; the same call may succeed later.
        """
        self.refresh()
        if self._cycle_began is None:
            self._cycle_began = self.queue.clock.now()
        seconds = self.step()
        if self._cycle_over:
            self._record_cycle(self._cycle_began)
            self._cycle_began, self._cycle_over = None, False
        return seconds

    def _record_cycle(self, began: float) -> None:
        """Record the cycle, unless one was just recorded: writing would slow short cycles down."""
        ended = self.queue.clock.now()
        if ended >= self._last_recorded + TICK * self.queue.clock.speed:
            self.queue.registry.record_cycle(self.name, began, ended)
            self._last_recorded = ended

    @abstractmethod
    def step(self) -> float:
        """The role's own step, with settings already up to date."""

    @abstractmethod
    def draw_wait(self) -> float:
        """Queue seconds from the end of one poll cycle to the next, as configured."""

    def end_cycle(self) -> float:
        """End this poll cycle; returns the wait until the next."""
        self._cycle_over = True
        return self.draw_wait()

    def refresh(self) -> None:
        """Lay the live settings over the config, if they changed; correct the clock if need be."""
        for correction in self.queue.clock.correct():
            self.log.warning("%s", correction)
        settings = self.queue.settings.read()
        if settings == self._settings:
            return
        self._settings = dict(settings)
        self.paused = settings.pop("paused", False) is True
        self.config, errors = self._base_config.overridden_where_possible(settings)
        for error in errors:
            self.log.warning("setting ignored: %s", error)

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Step until told to stop, then hand back what is held.

        Waits are in queue time, so a change of speed acts at once. A transient error is
        logged, and the step is tried again after a pause that grows.
        """
        pause, longest = BACK_OFF
        try:
            while not should_stop():
                try:
                    self._wait(self(), should_stop)
                    pause = BACK_OFF[0]
                except TransientError as error:
                    self.log.warning("%s Trying again in %g s.", error, pause)
                    self._sleep(pause, should_stop)
                    pause = min(2 * pause, longest)
        finally:
            self.close()

    def close(self) -> None:
        """Hand back what is held and end helpers; safe to call twice."""

    def __exit__(self, *_: object) -> None:
        self.close()

    def follow(self, name: str) -> Job:
        """Make a job's files agree with its row, under the job's lock. Returns the row."""
        job, problems = self._follow(name)
        for problem in problems:
            self.log.warning("%s: %s", name, problem)
        return job

    def _follow(self, name: str) -> tuple[Job, list[str]]:
        with self.queue.hold(name) as job:
            failpoint("following")
            return job, self.files.follow(job)

    def _wait(self, seconds: float, should_stop: Callable[[], bool]) -> None:
        now = self.queue.clock.now()
        due = now + seconds
        interval = self._interval()
        while now < due and not should_stop():
            if self.wake.wait(min(TICK, (due - now) / self.queue.clock.speed)):
                self.wake.clear()
                return
            self.refresh()
            now = self.queue.clock.now()
            if self._interval() != interval:
                interval = self._interval()
                due = min(due, now + self.draw_wait())

    def _interval(self) -> object:
        return getattr(self.config, self.role).interval

    def _sleep(self, seconds: float, should_stop: Callable[[], bool]) -> None:
        for _ in range(max(1, round(seconds / TICK))):
            if should_stop():
                return
            if self.wake.wait(TICK):
                self.wake.clear()  # else the pauses would not last
