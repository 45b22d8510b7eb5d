"""Starting a background process, and waiting until it is up."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

import psutil

from rinq.config import Config
from rinq.errors import AlreadyRunning, StartFailed
from rinq.files import Files
from rinq.fleet import logs, signals
from rinq.fleet.launch import is_launched, launch, reap
from rinq.fleet.processes import FleetProcess, find_row
from rinq.queue import PersistentQ, ProcessRow
from rinq.queue.liveness import ALIVE, state

START_TIME = 150.0  # real seconds for a process to be up
POLL = 0.01


def start_process(
    config: Config,
    queue: PersistentQ,
    role: str,
    name: str,
    *,
    owned: bool,
    failpoint: str | None,
) -> FleetProcess:
    """Start a process and wait until it is up.

    Raises:
        FilesUnavailable: the folder is away: nothing is made in its place, not even a log.
        AlreadyRunning: a process of this name was started by somebody else meanwhile.
        StartFailed: it ended before it was up; the log's last lines say why.
    """
    Files.of(config, queue).check()
    former = find_row(queue, name)
    before = former.incarnation if former else 0
    log = logs.log_path(config, name)
    beginning = log.lstat().st_size if log.exists() else 0
    child = launch(config, role, name, log, owned=owned, failpoint=failpoint)
    up = None
    try:
        up = _await_up(queue, name, before, child)
    finally:
        if up is None:  # also when interrupted
            with contextlib.suppress(psutil.NoSuchProcess):
                signals.end(psutil.Process(child.pid))
            child.wait()
            reap(child.pid)
    if up is not None:
        return FleetProcess(up, state(up), None)
    row = find_row(queue, name)
    if row and state(row) in ALIVE:
        raise AlreadyRunning(f"{name} (a {row.role}, pid {row.pid})")
    raise StartFailed(name, advice=_last_words(log, beginning))


def _last_words(log: Path, beginning: int) -> str:
    """What the process said at its end; why it could not say anything, if its log is empty."""
    if said := logs.tail(log, 5, start=beginning):
        return "Its log ends: " + " | ".join(said)
    try:
        with logs.open_log(log, "ab") as file:
            file.write(b"It ended without a word.\n")
    except OSError as error:
        return f"Its log {log} cannot be written: {error.strerror}."
    return "It ended without a word."


def _await_up(
    queue: PersistentQ, name: str, before: int, child: subprocess.Popen[bytes]
) -> ProcessRow | None:
    deadline = time.monotonic() + START_TIME
    while True:
        ended = child.poll() is not None or time.monotonic() > deadline
        row = find_row(queue, name)
        if row and row.incarnation > before and row.ready and is_launched(row, child):
            return row  # though it may have ended since
        if ended:
            return None
        time.sleep(POLL)
