"""Which operating-system process a row of ``processes`` means, and whether it lives.

A pid is never trusted without its start time, since the system gives pids out again. That
time is counted from the boot on Linux, and recorded by the system elsewhere: setting the
wall clock changes neither.
"""

from __future__ import annotations

import os
import socket
import sys
from enum import StrEnum
from pathlib import Path

import psutil

from rinq.queue.model import ProcessRow
from rinq.queue.system import boot_offset, host, is_here, is_rebooted

SLACK = 0.001  # seconds: a start time that was written as text may have been rounded
OLD_SLACK = 1.0  # version 1 stored Unix times, computed from a boot time that clock sync moves
START_FIELD = 19  # of /proc/PID/stat, counted from 0 behind the name


class State(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    FROZEN = "frozen"
    STOPPED = "stopped"
    KILLED = "killed"
    CRASHED = "crashed"
    ELSEWHERE = "elsewhere"


ENDED = frozenset({State.STOPPED, State.KILLED, State.CRASHED})
ALIVE = frozenset({State.STARTING, State.RUNNING, State.FROZEN, State.ELSEWHERE})


def this_process() -> tuple[int, float, str]:
    """The pid, start time (see ``start_time``) and host of the caller."""
    return os.getpid(), start_time(os.getpid()), host()


def start_time(pid: int) -> float:
    """When a process was started: seconds since boot on Linux, elsewhere Unix time.

    Raises:
        psutil.NoSuchProcess.
    """
    if sys.platform != "linux":
        return psutil.Process(pid).create_time()
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(pid) from error
    return int(fields[START_FIELD]) / os.sysconf("SC_CLK_TCK") - boot_offset()


def is_running(pid: int, started: float) -> bool:
    """Whether the process of this pid that was started then runs on this host."""
    try:
        same = abs(start_time(pid) - started) <= SLACK
        return same and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def find(row: ProcessRow) -> psutil.Process | None:
    """The living process of this row on this host, or None."""
    try:
        process = psutil.Process(row.pid) if row.pid > 0 else None
        if process is None or process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process if _is_meant(row, process) else None
    except psutil.NoSuchProcess:
        return None


def _is_meant(row: ProcessRow, process: psutil.Process) -> bool:
    if "/" not in row.host:  # stored by version 1
        recent = abs(process.create_time() - row.started) <= OLD_SLACK
        return row.host == socket.gethostname() and recent
    return is_here(row.host) and is_running(row.pid, row.started)


def state(row: ProcessRow) -> State:
    """What became of the process, by its row and the operating system.

    Of a process that lives here the system is believed, not who recorded that it crashed: that
    may have been another host of this name, which took it for a process before a reboot.
    """
    if row.outcome in ENDED and row.outcome != State.CRASHED:
        return State(row.outcome)
    process = find(row)
    if process is None:
        ours = is_here(row.host) or row.host == socket.gethostname() or is_rebooted(row.host)
        # of another host nobody here can tell
        return State.CRASHED if row.outcome or ours else State.ELSEWHERE
    try:
        frozen = process.status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return State.CRASHED
    if frozen:
        return State.FROZEN
    return State.STARTING if row.ready is None else State.RUNNING


def is_alive(row: ProcessRow) -> bool:
    return state(row) in ALIVE


def is_another_alive(row: ProcessRow) -> bool:
    """Whether this is a living process, and not the caller in its container's former life.

    A container that was killed and started again has the same name, and the same pids in a
    new namespace. Should both live, the former ends as soon as the latter is registered.
    """
    pid, _, here = this_process()
    same_container = row.pid == pid and row.host.rpartition("/")[0] == here.rpartition("/")[0]
    found = state(row)
    return found in ALIVE and not (same_container and found is State.ELSEWHERE)
