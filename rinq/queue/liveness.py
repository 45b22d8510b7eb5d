"""Which operating-system process a row of ``processes`` means, and whether it lives.

A pid is never trusted without its start time: the system gives pids out again.
"""

from __future__ import annotations

import os
import socket
from enum import StrEnum

import psutil

from rinq.queue.model import ProcessRow

CLOCK_SLACK = 1.0  # seconds: start times are reckoned from the boot time, which clock sync moves


class State(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    FROZEN = "frozen"
    STOPPED = "stopped"
    KILLED = "killed"
    CRASHED = "crashed"
    ELSEWHERE = "elsewhere"


ALIVE = frozenset({State.STARTING, State.RUNNING, State.FROZEN, State.ELSEWHERE})


def this_process() -> tuple[int, float, str]:
    """The pid, start time (Unix seconds) and host of the caller."""
    return os.getpid(), psutil.Process().create_time(), socket.gethostname()


def is_running(pid: int, started: float) -> bool:
    """Whether the process of this pid that was started then runs on this host."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) <= CLOCK_SLACK
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def find(row: ProcessRow) -> psutil.Process | None:
    """The living process of this row on this host, or None."""
    if row.host != socket.gethostname():
        return None
    try:
        return psutil.Process(row.pid) if is_running(row.pid, row.started) else None
    except psutil.NoSuchProcess:
        return None


def state(row: ProcessRow) -> State:
    """What became of the process, by its row and the operating system."""
    if row.outcome is not None:
        return State(row.outcome)
    if row.host != socket.gethostname():
        return State.ELSEWHERE  # nobody here can tell
    process = find(row)
    if process is None:
        return State.CRASHED
    try:
        frozen = process.status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return State.CRASHED
    if frozen:
        return State.FROZEN
    return State.STARTING if row.ready is None else State.RUNNING


def is_alive(row: ProcessRow) -> bool:
    return state(row) in ALIVE
