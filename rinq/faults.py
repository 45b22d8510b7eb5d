"""Which fault hits which attempt, and the points where a process can be made to fail."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from enum import StrEnum
from typing import Protocol

FAILPOINT = "RINQ_FAILPOINT"
"""Environment variable ``point=kill`` or ``point=stop``: what happens at a named failpoint."""

UNDER_THE_LOCK = ("following",)
POINTS = (
    "file-made",  # Producer: before the submit
    "claimed",  # Consumer: before it looks at the file
    "begun",  # the handler was started
    "result-written",  # before the job is completed
    "completed",  # before the files follow
    "failed",  # likewise
    "lost",  # likewise, of a claim that was taken back
    "lapsed",  # Manager: a claim whose lease is over was read, before each move
    "reassigned",  # before the files follow
    "renamed",  # Cleaner: the files of a failed job agree, before the move
    "cleaned",  # before the files follow
    "redriven",  # an operator: before the files follow
    "cancelled",  # likewise
    "archived",  # an operator: copied to the archive, before they are taken out here
    *UNDER_THE_LOCK,  # any role: the row was read under the lock, before the file work
)
"""Every failpoint, each between two steps of a role."""


class Fault(StrEnum):
    ERROR = "error"
    HANG = "hang"
    CRASH = "crash"


class Rates(Protocol):
    """Shares of attempts from 0 to 1 that each fault hits; their sum is at most 1."""

    @property
    def error_rate(self) -> float: ...
    @property
    def hang_rate(self) -> float: ...
    @property
    def crash_rate(self) -> float: ...


def digest(*parts: object) -> int:
    """A 64-bit number that depends on the parts alone, in every process and on every machine."""
    text = "\0".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def fault_of_attempt(rates: Rates, seed: int, name: str, attempt: int) -> Fault | None:
    """The fault that hits this attempt of this job, whoever executes it and whenever."""
    u = digest("fault", seed, name, attempt) / 2**64
    for fault, rate in (
        (Fault.ERROR, rates.error_rate),
        (Fault.HANG, rates.hang_rate),
        (Fault.CRASH, rates.crash_rate),
    ):
        if u < rate:
            return fault
        u -= rate
    return None


_watch: ContextVar[Callable[[str], None] | None] = ContextVar("failpoint", default=None)


@contextlib.contextmanager
def watched(watch: Callable[[str], None]) -> Iterator[None]:
    """Inside the ``with`` block each failpoint only calls ``watch`` with its name."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


def failpoint(point: str) -> None:
    """Kill or stop this very process if ``RINQ_FAILPOINT`` names this point; else do nothing.

    It acts once: a process that was stopped and resumed is not stopped again.
    Used by tests and fault plans to hit the gap between two steps every time.
    """
    watch = _watch.get()
    if watch is not None:
        watch(point)
        return
    setting = os.environ.get(FAILPOINT)
    if setting is None:
        return
    where, _, what = setting.partition("=")
    if where == point:
        del os.environ[FAILPOINT]
        os.kill(os.getpid(), signal.SIGSTOP if what == "stop" else signal.SIGKILL)
