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
from rinq.distributions import Backoff, Times
from rinq.errors import (
    FileInTheWay,
    FilesUnavailable,
    InvalidName,
    OutOfTime,
    QueueError,
    RinqError,
    StaleClaim,
    Unavailable,
    UnknownJob,
    UnreadableFile,
    WorkError,
    WorkerUnavailable,
)
from rinq.faults import Fault, failpoint, fault_of_attempt
from rinq.files import Files
from rinq.queue import Claim, PersistentQ, Status
from rinq.roles.interface import BACK_OFF, CLAIM_CHECK, TICK, PersistentQInterface
from rinq.roles.work import ProcessWork, Task, Work

IDLE = 0.02  # real seconds between two polls of an empty queue, at least
AT_ONCE = Times("constant", (0.0,))
SHORTEST = 0.001  # queue seconds between two steps, so that rounding never stops time


def die() -> None:
    """End this very process at once, as a crash would."""
    os.kill(os.getpid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)


@dataclass(slots=True)
class InFlight:
    """The claimed job. Once its task runs: when it began and is due to be settled.

    Settling that met a transient error is done again: with the same ``error``, and a result
    that was written, as its ``checksum`` tells, is not touched, since it may be accepted.
    """

    claim: Claim
    task: Task | None = None
    fault: Fault | None = None
    began: float = 0.0  # queue time
    due: float = 0.0  # queue time
    error: RinqError | None = None
    checksum: str | None = None


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
        self._in_flight: InFlight | None = None
        self._work = work or ProcessWork(config.consumer.handler, (config.folder, Path.cwd()))

    def step(self) -> float:
        if self._in_flight is None:
            if self.paused:
                return TICK * self.queue.clock.speed
            self.files.check()  # what cannot be read is not claimed
            claim = self.queue.claim(self.name, self.config.manager.timeout)
            if claim is None:
                return self.idle()
            self._in_flight = self._take(claim)
        in_flight = self._in_flight
        try:
            return self._advance(in_flight)
        except (FilesUnavailable, WorkerUnavailable) as error:
            if isinstance(error, WorkerUnavailable):
                in_flight.task = None
            with contextlib.suppress(Unavailable, StaleClaim, UnknownJob):
                self._outlast(in_flight)
            raise

    def _take(self, claim: Claim) -> InFlight:
        self.log.info("claimed %s (attempt %d)", claim.name, claim.attempt)
        failpoint("claimed")
        return InFlight(claim)

    def idle(self) -> float:
        """Nothing is due: end the poll cycle. Returns the wait until the next."""
        wait, due = self.end_cycle(), self.queue.next_due()
        if due is not None:
            wait = min(wait, due - self.queue.clock.now())
        return max(wait, IDLE * self.queue.clock.speed)

    def draw_wait(self) -> float:
        return self.config.consumer.interval.draw(self.rng)

    def close(self) -> None:
        """Cancel the work and hand the job back, at once."""
        in_flight, self._in_flight = self._in_flight, None
        if in_flight is not None:
            if in_flight.task is not None:
                in_flight.task.cancel()
            try:
                self.queue.release(in_flight.claim)
                self.log.info("handed back %s", in_flight.claim.name)
            except QueueError as error:
                self.log.warning("%s was not handed back: %s", in_flight.claim.name, error)
        self._work.close()

    def _advance(self, in_flight: InFlight) -> float:
        """Begin, watch or settle the job. Returns the wait until the next step.

        A transient error goes to the caller, with the job still in flight.
        """
        claimed: Claim | None = None
        try:
            try:
                if in_flight.error is not None:
                    raise in_flight.error
                task = in_flight.task or self._begin(in_flight)
                if not self._is_due(in_flight, task):
                    return self._check_claim(in_flight, task)
                claimed = self._complete(in_flight, task)
            except (WorkError, UnreadableFile, FileInTheWay, InvalidName) as error:
                in_flight.error = error
                self._fail(in_flight, error)
        except (StaleClaim, UnknownJob) as lost:
            self._give_up(in_flight, lost)
        self._in_flight = None if claimed is None else self._take(claimed)
        self.wake.clear()
        return self.end_cycle()

    def _begin(self, in_flight: InFlight) -> Task:
        claim = in_flight.claim
        if claim.attempt > 1:
            self.follow(claim.name)  # whatever an earlier attempt left half done
        content = self.files.read(claim.name)
        in_flight.fault = fault_of_attempt(
            self.config.faults, self._fault_seed, claim.name, claim.attempt
        )
        in_flight.began = self.queue.clock.now()
        in_flight.due = in_flight.began + self.config.consumer.work_time.draw(self.rng)
        in_flight.task = self._work.start(content, in_flight.fault, self.wake.set)
        failpoint("begun")
        return in_flight.task

    def _is_due(self, in_flight: InFlight, task: Task) -> bool:
        """Whether the work is done. Raises: OutOfTime, after it cancelled the task."""
        now = self.queue.clock.now()
        deadline = in_flight.began + self.config.consumer.n_time
        if task.done() and in_flight.due <= min(now, deadline):
            return True
        if now >= deadline:
            task.cancel()
            raise OutOfTime(f"out of time: n_time is {self.config.consumer.n_time:g} s")
        return False

    def _check_claim(self, in_flight: InFlight, task: Task) -> float:
        """Check that the claim still holds; renew it if ``heartbeat`` is on. Raises: StaleClaim.

        Returns the wait until the next step.
        """
        job = self.queue.job(in_flight.claim.name)
        if job.status is not Status.PROCESSING or job.attempt != in_flight.claim.attempt:
            raise StaleClaim(f"it is {job.status} at attempt {job.attempt}")
        now, lease = self.queue.clock.now(), self.config.manager.timeout
        if self.config.consumer.heartbeat and (job.lease_until or 0) < now + lease / 2:
            self.queue.renew(in_flight.claim, lease)
        deadline = in_flight.began + self.config.consumer.n_time
        until = min(in_flight.due, deadline) if task.done() else deadline
        return max(SHORTEST, min(CLAIM_CHECK * self.queue.clock.speed, until - now))

    def _outlast(self, in_flight: InFlight) -> None:
        """Hold the claim while the folder is away; hand the job back if its work has not begun.

        So that neither a try nor a reassign of the job is spent on what is not its fault.
        """
        claim = in_flight.claim
        job = self.queue.job(claim.name)
        if job.status is not Status.PROCESSING or job.attempt != claim.attempt:
            return  # the next step finds out what became of it
        if in_flight.task is None and in_flight.error is None:
            self.queue.release(claim)
            self._in_flight = None
        else:
            longest_pause = BACK_OFF[1] * self.queue.clock.speed
            self.queue.renew(claim, self.config.manager.timeout + longest_pause)

    def _complete(self, in_flight: InFlight, task: Task) -> Claim | None:
        """Result written and synced, move committed, files made to follow: in this order.

        Returns the next claim, where there is no wait before it: one commit makes both.
        """
        name = in_flight.claim.name
        if in_flight.fault is Fault.CRASH:
            self.log.error("%s crashes its consumer (injected fault)", name)
            self.queue.registry.record_event(self.name, "crash", name)
            self._crash()
        if in_flight.checksum is None:
            attempt = in_flight.claim.attempt
            in_flight.checksum = self.files.write_result(name, attempt, task.result())
        failpoint("result-written")
        claimed = None
        if self.config.consumer.interval == AT_ONCE and not self.paused:
            lease = self.config.manager.timeout
            claimed = self.queue.complete_and_claim(in_flight.claim, lease, in_flight.checksum)
        else:
            self.queue.complete(in_flight.claim, in_flight.checksum)
        failpoint("completed")
        self.follow(name)
        self.log.info("completed %s", name)
        return claimed

    def _fail(self, in_flight: InFlight, error: RinqError) -> None:
        name = in_flight.claim.name
        n_tries = 1 if isinstance(error, InvalidName) else self.config.consumer.n_tries
        delay = self._draw_retry_wait(name)
        status = self.queue.fail(in_flight.claim, str(error), n_tries, delay=delay)
        self.log.warning("%s: %s (now %s)", name, error, status)
        if status is Status.FAILED:
            failpoint("failed")
            self.follow(name)

    def _draw_retry_wait(self, name: str) -> float:
        wait = self.config.consumer.retry_wait
        if isinstance(wait, Backoff):
            wait = wait.after(self.queue.job(name).tries + 1)
        return wait.draw(self.rng)

    def _give_up(self, in_flight: InFlight, lost: QueueError) -> None:
        """The claim is lost: drop the work, and the result if one was written."""
        self.log.warning("lost the claim on %s: %s", in_flight.claim.name, lost.detail)
        if in_flight.task is not None:
            in_flight.task.cancel()
        failpoint("lost")
        with contextlib.suppress(UnknownJob):
            self.follow(in_flight.claim.name)
