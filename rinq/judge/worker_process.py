"""A worker as the judge sees it: started, called within a time limit, killed."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import uuid
from itertools import count
from pathlib import Path
from typing import Any

import psutil

from rinq.judge.learner_code import find_hang

CALL_LIMIT = 8.0  # real seconds that one call may take
MARGIN = 5.0  # seconds more, after which the judge kills a worker that did not end itself
SAMPLE_INTERVAL = 0.005  # real seconds between two samples of whether a process sleeps
# a process waits for a lock if it slept in at least ASLEEP samples, and in AWAKE times as many as
# those in which it ran: it may wake for a moment to try again
ASLEEP, AWAKE = 6, 3
BLOCKED_LIMIT = 2.0 if psutil.LINUX else 0.5
"""Real seconds after which a call is taken as blocked in any case: only Linux distinguishes a
process that sleeps from one that runs."""
OUTPUT_KEPT = 2_000  # bytes of output, from its end
TOKEN = "RINQ_JUDGE"  # noqa: S105 (in the environment of every process of one check)

Answer = dict[str, Any]


class ProcessExit(Exception):
    """The worker's process ended. ``hang`` is where it hung, if it ended for that."""

    def __init__(self, hang: tuple[str, str] | None) -> None:
        self.hang = hang
        super().__init__()


class WorkerProcess:
    """A worker's process, with everything that it starts, in a session of its own.

    ``verbs`` are those that the class has, once it is loaded; ``numbers`` gives each queue that
    is opened a number of its own; ``answered`` is when the last answer came, by
    ``time.monotonic()``.
    """

    def __init__(self, folder: Path, token: str) -> None:
        stem = uuid.uuid4().hex
        self.limit = CALL_LIMIT
        self.verbs: frozenset[str] = frozenset()
        self.numbers = count(1)
        self.answered = 0.0
        self.output = folder / f"{stem}.out"
        self._hangs = folder / f"{stem}.hang"
        executed = folder / f"{stem}.executed"
        executed.write_bytes(b"\0")
        with executed.open("r+b") as file:
            self._executed = mmap.mmap(file.fileno(), 1)
        self._sent = 0
        files = (self.output, self._hangs, executed)
        self._process = subprocess.Popen(
            # -P: a module in the working directory must not replace Python's own
            [sys.executable, "-P", "-u", "-m", "rinq.judge.worker", *files],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=os.environ | {TOKEN: token},
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
        self._answers: queue.SimpleQueue[tuple[float, str]] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._system_process = psutil.Process(self._process.pid)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put((time.monotonic(), line))
        self._answers.put((time.monotonic(), ""))  # the end

    def send(self, do: str, **command: Any) -> None:
        self._sent += 1
        self._write({"do": do, "limit": self.limit, **command})

    def resume(self) -> None:
        """Let a halted call run on: no command of its own, and no answer."""
        self._write({})

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it ended: reported when the answer is asked for
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def answer(self) -> Answer:
        """Wait for the answer to the last command. Raises: ProcessExit."""
        deadline = time.monotonic() + self.limit + MARGIN
        while (line := self._next_line(0.2)) is None:
            if self._process.poll() is not None and self._answers.empty():
                break  # a child of its own still holds the pipe
            if time.monotonic() > deadline:
                break
        if not line:
            self.kill()
            raise ProcessExit(self._read_hang())
        answer: Answer = json.loads(line)
        return answer

    def _next_line(self, timeout: float) -> str | None:
        try:
            self.answered, line = self._answers.get(timeout=timeout)
        except queue.Empty:
            return None
        return line

    def _read_hang(self) -> tuple[str, str] | None:
        with contextlib.suppress(OSError):
            if dump := self._hangs.read_text("utf-8", "replace"):
                return find_hang(dump)
        return None

    def wait_until_blocked(self) -> bool:
        """Wait until the call sleeps for a lock (True), or has answered (False)."""
        deadline = time.monotonic() + BLOCKED_LIMIT
        asleep = awake = 0
        while time.monotonic() < deadline and (asleep < ASLEEP or asleep < AWAKE * awake):
            time.sleep(SAMPLE_INTERVAL)
            if self._executed[0] == self._sent % 256 or not self._answers.empty():
                return False
            try:
                sleeps = self._system_process.status() == psutil.STATUS_SLEEPING
            except psutil.NoSuchProcess:
                return False
            asleep, awake = asleep + sleeps, awake + (not sleeps)
        return True

    def kill(self) -> None:
        """``kill -9``, also of what it started."""
        started = []
        with contextlib.suppress(psutil.NoSuchProcess):
            started = self._system_process.children(recursive=True)
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        for process in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.kill()
        self._process.wait()
        self._executed.close()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def printed(self) -> str:
        """The end of what the learner's code wrote to its output."""
        with contextlib.suppress(OSError), self.output.open("rb") as file:
            file.seek(max(0, self.output.stat().st_size - OUTPUT_KEPT))
            return file.read().decode("utf-8", "replace")
        return ""


def kill_leftovers(token: str) -> None:
    """Kill every process that a check has left behind, also where its parent is gone."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(TOKEN) == token:
                process.kill()
