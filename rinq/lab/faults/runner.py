"""A fault plan carried out on a fleet of real processes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Self

from rinq.errors import RinqError, TransientError
from rinq.fleet.fleet import Fleet
from rinq.lab.faults.injector import FaultInjector
from rinq.lab.faults.ongoing import LOCK
from rinq.lab.faults.plan import Act, FaultPlan, ScheduledFault
from rinq.queue import PersistentQ

TICK = 0.05  # real seconds between two polls of the plan

log = logging.getLogger("rinq.faults")


class FaultPlanRunner(contextlib.AbstractContextManager["FaultPlanRunner"]):
    """Carries a fault plan out on a fleet: in a ``with`` statement beside whatever runs, or by
    ``run`` in the caller's thread.

    Plan time begins at 0 and passes at the queue's speed, whatever the clock is set to. Every
    fault that lasts is ended on every way out: frozen processes are thawed, the lock is
    released, the rates are restored, and a process that did not reach its failpoint is
    restarted without it. Each beginning and end is recorded as a process event: kill; freeze,
    thaw; lock, unlock; clock; rates, rates-over; failpoint (when it is reached, followed by
    kill or freeze).

    A failpoint is armed by restarting its process, which takes about a real second. Faults
    that are due meanwhile begin after it; those due while the plan itself holds the lock
    begin once it is released.

    Args:
        fleet: the processes.
        plan: which faults hit which processes, and when.
        seed: the same seed, processes and ``until`` give the same faults.
        until: queue seconds from the beginning, after which nothing begins.
        names: where a plan names a role, one of these processes is drawn; without them, one of
            those that run now.
    """

    def __init__(
        self,
        fleet: Fleet,
        plan: FaultPlan,
        *,
        seed: int,
        until: float,
        names: Sequence[str] | None = None,
    ) -> None:
        self.fleet = fleet
        self.until = until
        if names is None:
            names = [process.name for process in fleet.processes() if process.alive]
        self.scheduled_faults = plan.scheduled_faults(random.Random(seed), names, until)
        self.missed: list[tuple[ScheduledFault, RinqError]] = []
        """Faults that could not be injected, and why: most often the process was not running."""
        self._pending = deque(self.scheduled_faults)
        self._plan_time = 0.0  # at the last poll
        self._polled = 0.0  # when that was, on the monotonic clock
        self._injector: FaultInjector | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def run(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Carry the plan out until its last fault has ended, or ``should_stop`` returns True."""
        self._polled = time.monotonic()
        with self.fleet.queue() as queue:
            self._injector = injector = FaultInjector(self.fleet, queue, self.until)
            try:
                while (self._pending or injector.ongoing) and not should_stop():
                    with contextlib.suppress(TransientError):  # tried again at the next poll
                        self._poll(queue, injector)
                    self._closing.wait(TICK)
            finally:
                injector.ongoing.end_all()

    @property
    def is_alive(self) -> bool:
        """Whether a plan in a ``with`` block still has faults to inject or to end."""
        return self._thread is not None and self._thread.is_alive()

    async def over(self, *, timeout: float = 60.0) -> None:  # noqa: ASYNC109
        """Wait until the last fault of a plan that runs in a ``with`` block has ended.

        Raises:
            TimeoutError: after ``timeout`` real seconds.
        """
        await self._until(lambda: not self.is_alive, timeout)

    async def armed(self, name: str, *, timeout: float = 60.0) -> None:  # noqa: ASYNC109
        """Wait until this process runs with a failpoint that it has not reached yet.

        Raises:
            TimeoutError: after ``timeout`` real seconds.
        """
        await self._until(
            lambda: self._injector is not None and name in self._injector.armed, timeout
        )

    async def _until(self, condition: Callable[[], bool], timeout: float) -> None:  # noqa: ASYNC109
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self._pending)} faults to come after {timeout:g} s")
            await asyncio.sleep(TICK)

    def close(self) -> None:
        """End the plan and every fault that is still acting.

        Raises:
            whatever ended the plan's thread early.
        """
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run_in_thread(self) -> None:
        try:
            self.run(self._closing.is_set)
        except BaseException as error:
            self._error = error

    def _poll(self, queue: PersistentQ, injector: FaultInjector) -> None:
        """Begin and end what is due. Raises: TransientError: the rest is done at a later poll."""
        now = time.monotonic()
        self._plan_time += (now - self._polled) * queue.clock.speed
        self._polled = now
        if injector.ongoing.remaining(LOCK, self._plan_time) > 0:
            return  # what this thread writes would wait for the lock
        injector.ongoing.end_due(self._plan_time)
        injector.check_armed(self._plan_time)
        while self._pending and self._pending[0].at <= self._plan_time:
            fault = self._pending[0]
            try:
                injector.inject(fault, self._plan_time)
            except TransientError:
                raise
            except RinqError as error:
                log.warning("could not inject %s: %s", fault.act, error)
                self.missed.append((fault, error))
            self._pending.popleft()
            if fault.act is Act.LOCK:
                return

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run_in_thread, name="rinq fault plan")
        self._thread.start()
        return self
