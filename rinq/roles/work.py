"""Running a handler: in a worker process that can be ended, or at once for virtual time."""

from __future__ import annotations

import multiprocessing
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from rinq.errors import HandlerFailed, HandlerNotFound
from rinq.faults import Fault
from rinq.roles import worker

START_TIME = 60.0  # real seconds for a worker to start and import its handler


class Task(ABC):
    """One execution of the handler."""

    @abstractmethod
    def done(self) -> bool:
        """Whether ``result`` returns at once."""

    @abstractmethod
    def result(self) -> bytes:
        """The new file's content. Raises: HandlerFailed."""

    @abstractmethod
    def cancel(self) -> None:
        """End it, wherever it stands."""


class Work(ABC):
    """Where handlers are run."""

    @abstractmethod
    def start(self, content: bytes, fault: Fault | None, wake: Callable[[], None]) -> Task:
        """Begin one execution; ``wake`` is called, from any thread, when it is done."""

    @abstractmethod
    def close(self) -> None:
        """End what runs."""


class ProcessWork(Work):
    """Runs the handler in one worker process, which dies with a task that is cancelled.

    Args:
        handler: ``module:function``.
        search: folders in which its module is looked for first.

    Raises:
        HandlerNotFound: it cannot be imported, or importing it takes over a minute.
    """

    def __init__(self, handler: str, search: tuple[Path, ...] = ()) -> None:
        self.handler = handler
        self._search = tuple(map(str, search))
        self._pool = self._open_pool()
        try:
            problem = self._pool.schedule(worker.load, args=(handler,)).result(START_TIME)
        except (FutureTimeout, ProcessExpired, BrokenProcessPool) as error:
            self.close()
            raise HandlerNotFound(f"{handler}: its module ended or held up the import") from error
        except BaseException:
            self.close()
            raise
        if problem:
            self.close()
            raise HandlerNotFound(problem)

    def start(self, content: bytes, fault: Fault | None, wake: Callable[[], None]) -> Task:
        if not self._pool.active:  # its worker ended while it had nothing to do
            self.close()
            self._pool = self._open_pool()
        future = self._pool.schedule(worker.execute, args=(self.handler, content, fault))
        future.add_done_callback(lambda _: wake())
        return _ProcessTask(future)

    def close(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _open_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=1,
            context=multiprocessing.get_context("spawn"),  # fork would inherit the database
            initializer=worker.prepare,
            initargs=(self._search,),
        )


class _ProcessTask(Task):
    def __init__(self, future: Future[worker.HandlerResult]) -> None:
        self._future = future

    def done(self) -> bool:
        return self._future.done()

    def result(self) -> bytes:
        try:
            outcome = self._future.result()
        except ProcessExpired as error:
            how = _ending(error.exitcode)
            raise HandlerFailed(f"the handler's process ended: {how}") from error
        except BrokenProcessPool as error:
            raise HandlerFailed("the handler's process ended before it began") from error
        except CancelledError as error:
            raise HandlerFailed("the handler was cancelled") from error
        if outcome.content is None:
            raise HandlerFailed(outcome.error)
        return outcome.content

    def cancel(self) -> None:
        self._future.cancel()


def _ending(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
