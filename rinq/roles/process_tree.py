"""Who ends with whom: a worker with its parent, what a handler starts with its worker.

A program that a handler starts is a child of the worker, and is ended with it. One that
detaches itself (a daemon) loses its parent; on Linux it then becomes a child of the consumer,
which ends it when it ends itself. Where the system has nothing like that, and after a
``kill -9`` of the consumer from outside, a detached one lives on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psutil  # loaded late: a worker does without

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_ROUNDS = 20  # so that what starts processes as fast as they are ended holds up nobody


def end_with_parent() -> None:
    """From now on, end this process when the one that started it by ``multiprocessing`` ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # also when busy in C
    threading.Thread(target=_await_parent, daemon=True).start()


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, where the system can do it."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def reap_orphans() -> None:
    """Let go of orphans that have ended, which would else exist as zombies for ever.

    For a process whose other children are all ``multiprocessing``'s.
    """
    if sys.platform == "linux":
        with contextlib.suppress(ChildProcessError):  # there is no child at all
            while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                multiprocessing.active_children()  # reaps the workers, which are no orphans
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(ended.si_pid, os.WNOHANG)


def end_descendants() -> None:
    """End all that descends from this process."""
    import psutil  # noqa: PLC0415

    for _ in range(_ROUNDS):
        if not end(psutil.Process().children(recursive=True)):
            return
        reap_orphans()


def end(processes: Iterable[psutil.Process]) -> bool:
    """Kill those that live, but Python's resource trackers, which end by themselves.

    Returns whether there were any.
    """
    import psutil  # noqa: PLC0415

    found = False
    for process in processes:
        with contextlib.suppress(psutil.Error):
            is_zombie = process.status() == psutil.STATUS_ZOMBIE
            if not is_zombie and "resource_tracker" not in "".join(process.cmdline()):
                process.kill()
                found = True
    return found


class HandlerProcess(SpawnProcess):
    """A worker that is ended with all that descends from it."""

    def terminate(self) -> None:
        import psutil  # noqa: PLC0415

        started: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            started = psutil.Process(self.pid).children(recursive=True)
        super().terminate()
        end(started)


class WorkerContext(SpawnContext):
    """Starts workers afresh: a fork would inherit the database."""

    Process = HandlerProcess


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 (only here)

        ctypes.CDLL(None).prctl(option, value)


def _await_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
