"""What runs in a consumer's worker process: the handler, and nothing of the queue.

It only returns a result, so that a worker which outlives its consumer publishes nothing.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rinq.roles.process_tree import end_with_parent


class HandlerResult(NamedTuple):
    """Either the result, encoded, or why there is none."""

    content: bytes | None
    error: str = ""


def prepare(search: tuple[str, ...]) -> None:
    """Make this process one that ends when told to, and when its parent does."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # also ends a handler that is busy in C
    _turn_exit_0_into_1()
    sys.path[:0] = [folder for folder in search if folder not in sys.path]
    end_with_parent()


def is_up() -> bool:
    """That this process runs."""
    return True


def load(handler: str) -> str:
    """Import the handler. Returns an empty string, or why it cannot be used."""
    try:
        _load(handler)
    except BaseException as error:
        return f"{handler}: {_describe(error)}"
    return ""


def execute(handler: str, content: bytes, fault: str | None) -> HandlerResult:
    """Run the handler on a file's content; never raises."""
    try:
        if fault == "hang":
            threading.Event().wait()
        if fault == "error":
            return HandlerResult(None, "injected error")
        function, takes_bytes = _load(handler)
        _restore(_surroundings_at_first())
        text = function(content if takes_bytes else content.decode("utf-8"))
        if not isinstance(text, str):
            return HandlerResult(None, f"{handler} returned {type(text).__name__}, expected text")
        return HandlerResult(text.encode("utf-8"))
    except BaseException as error:  # also SystemExit: a handler must not end its worker
        return HandlerResult(None, _describe(error))


@functools.cache
def _load(handler: str) -> tuple[Callable[[bytes | str], object], bool]:
    module, _, name = handler.partition(":")
    function = getattr(importlib.import_module(module), name)
    if not callable(function):
        raise TypeError(f"{name} is no function")
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise TypeError(f"{name} takes no text")
    return function, parameters[0].annotation in (bytes, "bytes")


class Surroundings(NamedTuple):
    """What one job could leave changed for the next: all that belongs to the whole process."""

    folder: Path
    mask: int
    environment: dict[str, str]


@functools.cache
def _surroundings_at_first() -> Surroundings:
    """As they are once the handler is imported, before its first job."""
    mask = os.umask(0)
    os.umask(mask)
    return Surroundings(Path.cwd(), mask, dict(os.environ))


def _restore(first: Surroundings) -> None:
    with contextlib.suppress(FileNotFoundError):  # deleted since
        os.chdir(first.folder)
    os.umask(first.mask)
    if os.environ != first.environment:
        os.environ.clear()
        os.environ.update(first.environment)


def _describe(error: BaseException) -> str:
    kind = type(error).__name__
    try:
        return f"{kind}: {error}".removesuffix(": ")
    except BaseException:  # whatever the exception's own __str__ does
        return kind


def _turn_exit_0_into_1() -> None:
    """So that a handler that ends its process fails: after exit code 0 the pool would wait on."""
    worker, end = os.getpid(), os._exit

    def exit_process(status: int) -> None:
        end(1 if status == 0 and os.getpid() == worker else status)

    os._exit = exit_process  # type: ignore[assignment]
