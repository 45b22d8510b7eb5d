"""Starting a role's process, detached from the terminal and the notebook that start it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import psutil

from rinq.config import Config
from rinq.faults import FAILPOINT
from rinq.fleet.logs import open_log
from rinq.queue import ProcessRow
from rinq.queue.liveness import find

OWNER_VARIABLE = "RINQ_OWNER"
"""Environment variable ``pid:start time`` of the process that owns what is started here, where
that is not this one: the kernel of a web page comes and goes, its server stays."""

_MAIN = "from rinq.fleet.main import main; main()"
_FLAGS = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(
    subprocess, "CREATE_NO_WINDOW", 0
)  # Windows only

_children: dict[int, subprocess.Popen[bytes]] = {}


def launch(
    config: Config,
    role: str,
    name: str,
    log: Path,
    *,
    owned: bool,
    failpoint: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start the process; its output goes to the log, never to the caller's streams.

    An owned one holds the reading end of a pipe whose writing end is ours: it ends
    when we do, however we end. Where another owner is named, it watches that one instead.
    ``failpoint``: as in the environment variable ``RINQ_FAILPOINT``.
    """
    # -P: a module beside the notebook, such as queue.py, must not replace Python's own
    # -W: after a kill, Python would write to the log which semaphores it removed: only noise
    command = [sys.executable, "-P", "-W", "ignore:resource_tracker", "-c", _MAIN]
    if config.file is not None:
        command += ["--config", str(config.file)]
    else:
        command += ["--values", json.dumps(config.model_dump(mode="json"))]
    owner = os.environ.get(OWNER_VARIABLE, "stdin") if owned else None
    if owner is not None:
        command += ["--owner", owner]
    command += ["--", role, name]
    with open_log(log, "ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if owner == "stdin" else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, FAILPOINT: failpoint} if failpoint else None,
            start_new_session=True,  # an interrupted cell must not stop it
            creationflags=_FLAGS,
        )
    _children[child.pid] = child
    return child


def reap(pid: int, *, patience: float = 0.0) -> None:
    """Let go of a child of ours that has ended; until then its pid still exists.

    ``patience`` is how many real seconds to wait for one whose last thread is just ending.
    """
    child = _children.get(pid)
    if child is not None and patience:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)
    if child is not None and child.poll() is not None:
        if child.stdin is not None:
            child.stdin.close()
        _children.pop(pid, None)  # another thread may have been here just now


def is_launched(row: ProcessRow, child: subprocess.Popen[bytes]) -> bool:
    """Whether the row is our child's, or that of its child (a virtual environment's launcher)."""
    if row.pid == child.pid:
        return True
    process = find(row)
    with contextlib.suppress(psutil.NoSuchProcess):
        return process is not None and process.ppid() == child.pid
    return False


@atexit.register
def _reap_all() -> None:
    for pid in list(_children):
        reap(pid)
