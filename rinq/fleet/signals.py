"""Killing, freezing and thawing the process that a row means, and no other."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import psutil

from rinq.errors import FleetError, NotRunning
from rinq.queue import ProcessRow
from rinq.queue.liveness import find
from rinq.roles import process_tree

FREEZE_TIME = 5.0  # real seconds for the system to halt a process
_HALTED = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})


def kill(row: ProcessRow) -> None:
    """End the process at once. Raises: NotRunning, FleetError."""
    with _process(row) as process:
        end(process)


def end(process: psutil.Process) -> None:
    """Kill a process with all that its handlers started.

    Python's own helpers see that and end too, if they are not left frozen.
    """
    helpers = process.children(recursive=True)
    process.kill()
    for helper in helpers:
        with contextlib.suppress(psutil.NoSuchProcess):
            helper.resume()
    process_tree.end(helpers)


def suspend(row: ProcessRow) -> None:
    """Stop the process and its helpers where they stand. Raises: NotRunning, FleetError."""
    with _process(row) as process:
        process.suspend()
        _await_halt(process)
        for helper in process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                helper.suspend()
                _await_halt(helper)


def resume(row: ProcessRow) -> None:
    """Let the process and its helpers go on. Raises: NotRunning, FleetError."""
    with _process(row) as process:
        for frozen in (*process.children(recursive=True), process):
            with contextlib.suppress(psutil.NoSuchProcess):
                frozen.resume()


def _await_halt(process: psutil.Process) -> None:
    """The system halts a process a little later; meanwhile it could still take a lock."""
    deadline = time.monotonic() + FREEZE_TIME
    while process.status() not in _HALTED and time.monotonic() < deadline:
        time.sleep(0.001)


@contextlib.contextmanager
def _process(row: ProcessRow) -> Iterator[psutil.Process]:
    process = find(row)
    if process is None:
        raise NotRunning(f"{row.name} (pid {row.pid} on {row.host})")
    try:
        yield process
    except psutil.NoSuchProcess as error:
        raise NotRunning(row.name) from error
    except psutil.AccessDenied as error:
        raise FleetError(f"{row.name}: the system does not allow it (pid {row.pid})") from error
