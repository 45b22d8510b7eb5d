"""Killing, freezing and thawing the process that a row means, and no other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psutil

from rinq.errors import FleetError, NotRunning
from rinq.fleet.identity import find
from rinq.queue import ProcessRow


def kill(row: ProcessRow) -> None:
    """End the process at once. Raises: NotRunning, FleetError."""
    with _process(row) as process:
        process.kill()


def suspend(row: ProcessRow) -> None:
    """Stop the process and its helpers where they stand. Raises: NotRunning, FleetError."""
    with _process(row) as process:
        process.suspend()
        for helper in process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                helper.suspend()


def resume(row: ProcessRow) -> None:
    """Let the process and its helpers go on. Raises: NotRunning, FleetError."""
    with _process(row) as process:
        for frozen in (*process.children(recursive=True), process):
            with contextlib.suppress(psutil.NoSuchProcess):
                frozen.resume()


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
