"""The Consumer: claims a job, has it worked on, and settles it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rinq.config import Config
from rinq.errors import (
    FileInTheWay,
    InvalidName,
    OutOfTime,
    QueueError,
    RinqError,
    StaleClaim,
    UnknownJob,
    UnreadableFile,
    WorkError,
)
from rinq.faults import Fault, failpoint, strike
from rinq.files import Files
from rinq.queue import Claim, PersistentQ, Status
from rinq.roles.interface import LOOK, TICK, PersistentQInterface
from rinq.roles.work import ProcessWork, Task, Work

IDLE = 0.02  # real seconds between two looks at an empty queue, at least
SHORTEST = 0.001  # queue seconds between two looks, so that rounding never stops time


def die() -> None:
    """End this very process at once, as a crash would."""
    os.kill(os.getpid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)


@dataclass(slots=True)
class InFlight:
    """The job in hand. Once its task runs: when it began and is due to be settled.

    Settling that met passing trouble is done again: with the same ``error``, and a result
    that is ``written`` is not touched, since its attempt may have been accepted.
    """

    claim: Claim
    task: Task | None = None
    fault: Fault | None = None
    began: float = 0.0  # queue time, like
    due: float = 0.0
    error: RinqError | None = None
    written: bool = False


class Consumer(PersistentQInterface):
    """Takes one job at a time, oldest first, and waits ``consumer.interval`` between two.

    Args:
        work: where the handler runs; a worker process where none is given.
        crash: what a crash fault does.
        For the others see ``PersistentQInterface``.

    Raises:
        ConfigError: the name cannot be one.
        HandlerNotFound: ``consumer.handler`` cannot be imported.
    """

    role = "consumer"

    def __init__(
        self,
        queue: PersistentQ,
        files: Files,
        config: Config,
        name: str,
        *,
        rng: random.Random | None = None,
        work: Work | None = None,
        crash: Callable[[], None] = die,
    ) -> None:
        super().__init__(queue, files, config, name, rng=rng)
        seed = config.general.seed
        self._fault_seed = self.rng.getrandbits(63) if seed is None else seed
        self._crash = crash
        self._hand: InFlight | None = None
        self._work = work or ProcessWork(config.consumer.handler, (config.folder, Path.cwd()))

    def step(self) -> float:
        if self._hand is None:
            if self.paused:
                return TICK * self.queue.clock.speed
            claim = self.queue.claim(self.name, self.config.manager.timeout)
            if claim is None:
                return self.idle()
            self.log.info("claimed %s (attempt %d)", claim.name, claim.attempt)
            failpoint("claimed")
            self._hand = InFlight(claim)
        return self._go_on(self._hand)

    def idle(self) -> float:
        """Nothing waits: end the turn. Returns the wait until the next look."""
        return max(self.end_cycle(), IDLE * self.queue.clock.speed)

    def draw_wait(self) -> float:
        return self.config.consumer.interval.draw(self.rng)

    def close(self) -> None:
        """Cancel the work in hand and hand the job back, at once."""
        hand, self._hand = self._hand, None
        if hand is not None:
            if hand.task is not None:
                hand.task.cancel()
            try:
                self.queue.release(hand.claim)
                self.log.info("handed back %s", hand.claim.name)
            except QueueError as error:
                self.log.warning("%s was not handed back: %s", hand.claim.name, error)
        self._work.close()

    def _go_on(self, hand: InFlight) -> float:
        """Begin, look after or settle the job in hand. Returns the wait until the next look.

        Trouble that may pass goes to the caller, with the job still in hand.
        """
        try:
            try:
                if hand.error is not None:
                    raise hand.error
                task = hand.task or self._begin(hand)
                if not self._is_due(hand, task):
                    return self._look(hand, task)
                self._complete(hand, task)
            except (WorkError, UnreadableFile, FileInTheWay, InvalidName) as error:
                hand.error = error
                self._fail(hand, error)
        except (StaleClaim, UnknownJob) as lost:
            self._give_up(hand, lost)
        self._hand = None
        self.wake.clear()
        return self.end_cycle()

    def _begin(self, hand: InFlight) -> Task:
        claim = hand.claim
        if claim.attempt > 1:
            self.follow(claim.name)  # whatever an earlier attempt left half done
        content = self.files.read(claim.name)
        hand.fault = strike(self.config.faults, self._fault_seed, claim.name, claim.attempt)
        hand.began = self.queue.clock.now()
        hand.due = hand.began + self.config.consumer.work_time.draw(self.rng)
        hand.task = self._work.start(content, hand.fault, self.wake.set)
        failpoint("begun")
        return hand.task

    def _is_due(self, hand: InFlight, task: Task) -> bool:
        """Whether the work is done. Raises: OutOfTime, and then it was ended."""
        now = self.queue.clock.now()
        deadline = hand.began + self.config.consumer.n_time
        if task.done() and hand.due <= min(now, deadline):
            return True
        if now >= deadline:
            task.cancel()
            raise OutOfTime(f"out of time: n_time is {self.config.consumer.n_time:g} s")
        return False

    def _look(self, hand: InFlight, task: Task) -> float:
        """See whether the claim still holds. Raises: StaleClaim."""
        job = self.queue.job(hand.claim.name)
        if job.status is not Status.PROCESSING or job.attempt != hand.claim.attempt:
            raise StaleClaim(f"it is {job.status} at attempt {job.attempt}")
        now, lease = self.queue.clock.now(), self.config.manager.timeout
        if self.config.consumer.heartbeat and (job.lease_until or 0) < now + lease / 2:
            self.queue.renew(hand.claim, lease)
        deadline = hand.began + self.config.consumer.n_time
        until = min(hand.due, deadline) if task.done() else deadline
        return max(SHORTEST, min(LOOK * self.queue.clock.speed, until - now))

    def _complete(self, hand: InFlight, task: Task) -> None:
        """Result written and synced, move committed, files made to follow: in this order."""
        name = hand.claim.name
        if hand.fault is Fault.CRASH:
            self.log.error("%s strikes down its consumer (injected crash)", name)
            self.queue.registry.record_event(self.name, "crash", name)
            self._crash()
        if not hand.written:
            self.files.write_result(name, hand.claim.attempt, task.result())
            hand.written = True
        failpoint("result-written")
        self.queue.complete(hand.claim)
        failpoint("completed")
        self.follow(name)
        self.log.info("completed %s", name)

    def _fail(self, hand: InFlight, error: RinqError) -> None:
        name = hand.claim.name
        n_tries = 1 if isinstance(error, InvalidName) else self.config.consumer.n_tries
        status = self.queue.fail(hand.claim, str(error), n_tries)
        self.log.warning("%s: %s (now %s)", name, error, status)
        if status is Status.FAILED:
            failpoint("failed")
            self.follow(name)

    def _give_up(self, hand: InFlight, lost: QueueError) -> None:
        """The claim is lost: drop the work, and the result if one was written."""
        self.log.warning("%s is not ours any more: %s", hand.claim.name, lost.detail)
        if hand.task is not None:
            hand.task.cancel()
        failpoint("lost")
        with contextlib.suppress(UnknownJob):
            self.follow(hand.claim.name)
