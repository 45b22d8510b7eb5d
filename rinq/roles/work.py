"""Running a handler: in a worker process that can be ended, or at once for virtual time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from rinq.errors import HandlerFailed, HandlerNotFound, WorkerUnavailable
from rinq.faults import Fault
from rinq.roles import worker
from rinq.roles.process_tree import WorkerContext

T = TypeVar("T")
START_TIME = 60.0  # real seconds for a worker to start
IMPORT_TIME = 60.0  # and for it to import its handler
SLOW = f"none was up within {START_TIME:g} s"


class Task(ABC):
    """One execution of the handler."""

    @abstractmethod
    def done(self) -> bool:
        """Whether ``result`` returns at once."""

    @abstractmethod
    def result(self) -> bytes:
        """The new file's content.

        Raises: HandlerFailed; WorkerUnavailable: it was never begun.
        """

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
        WorkerUnavailable: no process can be started.
    """

    def __init__(self, handler: str, search: tuple[Path, ...] = ()) -> None:
        self.handler = handler
        self._search = tuple(map(str, search))
        self._pool = self._open_pool()
        try:
            self._load()
        except BaseException:
            self.close()
            raise

    def start(self, content: bytes, fault: Fault | None, wake: Callable[[], None]) -> Task:
        future = self._schedule(worker.execute, self.handler, content, fault)
        future.add_done_callback(lambda _: wake())
        return _ProcessTask(future)

    def close(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _load(self) -> None:
        """Import the handler. Raises: HandlerNotFound, WorkerUnavailable."""
        try:
            self._schedule(worker.is_up).result(START_TIME)  # so that no handler is blamed for it
        except (FutureTimeout, ProcessExpired, BrokenProcessPool) as error:
            raise WorkerUnavailable(_system_error(error) or str(error) or SLOW) from error
        try:
            problem = self._schedule(worker.load, self.handler).result(IMPORT_TIME)
        except (FutureTimeout, ProcessExpired, BrokenProcessPool) as error:
            problem = f"{self.handler}: its module ended or held up the import"
            raise HandlerNotFound(problem) from error
        if problem:
            raise HandlerNotFound(problem)

    def _schedule(self, function: Callable[..., T], *arguments: object) -> Future[T]:
        """Begin a call in the worker, a new one if need be. Raises: WorkerUnavailable."""
        try:
            if not self._pool.active:  # its worker ended while it had nothing to do
                self.close()
                self._pool = self._open_pool()
            future: Future[T] = self._pool.schedule(function, args=arguments)
        except (OSError, RuntimeError) as error:
            raise WorkerUnavailable(_system_error(error) or str(error)) from error
        return future

    def _open_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=1,
            context=WorkerContext(),
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
        except BrokenProcessPool as error:  # before this execution began: it is not to blame
            raise WorkerUnavailable(_system_error(error) or str(error)) from error
        except CancelledError as error:
            raise HandlerFailed("the handler was cancelled") from error
        if outcome.content is None:
            raise HandlerFailed(outcome.error)
        return outcome.content

    def cancel(self) -> None:
        self._future.cancel()


def _system_error(error: BaseException | None) -> str:
    """What the system refused, if that is why a worker could not be started; else empty."""
    while error is not None:
        if isinstance(error, OSError) and error.strerror:  # a TimeoutError of Python's has none
            return error.strerror
        error = error.__cause__
    return ""


def _ending(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
