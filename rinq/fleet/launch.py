"""Starting a role's process, detached from the terminal and the notebook that start it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from rinq.config import Config
from rinq.fleet.identity import find
from rinq.queue import ProcessRow

_MAIN = "from rinq.fleet.main import main; main()"
_FLAGS = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(
    subprocess, "CREATE_NO_WINDOW", 0
)  # Windows only

_children: dict[int, subprocess.Popen[bytes]] = {}


def launch(
    config: Config, role: str, name: str, log: Path, *, owned: bool
) -> subprocess.Popen[bytes]:
    """Start the process; its output goes to the log, never to the caller's streams.

    An owned one holds the reading end of a pipe whose writing end is ours: it ends
    when we do, however we end.
    """
    command = [sys.executable, "-c", _MAIN, role, name]
    if config.file is not None:
        command += ["--config", str(config.file)]
    else:
        command += ["--values", json.dumps(config.model_dump(mode="json"))]
    if owned:
        command.append("--owned")
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if owned else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupted cell must not stop it
            creationflags=_FLAGS,
        )
    _children[child.pid] = child
    return child


def reap(pid: int) -> None:
    """Let go of a child of ours that has ended; until then its pid still exists."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        if child.stdin is not None:
            child.stdin.close()
        del _children[pid]


def is_launched(row: ProcessRow, child: subprocess.Popen[bytes]) -> bool:
    """Whether the row is our child's, or that of its child (a virtual environment's launcher)."""
    process = find(row)
    return process is not None and child.pid in (process.pid, process.ppid())
