"""The judge's end of a worker: start it, call it within a time, halt it, kill it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psutil

from rinq.judge.load import find_hang

CALL_LIMIT = 8.0  # real seconds that one call may take
MARGIN = 5.0  # more, until a worker that does not even end itself is given up
TICK = 0.005  # real seconds between two looks
ASLEEP = 6  # looks at which a process that waits for a lock is seen to sleep, and
AWAKE = 3  # times as many as those at which it is not: it may wake for a moment to try again
BLOCKED_LIMIT = 2.0 if psutil.LINUX else 0.5
"""Real seconds after which a call is taken as blocked in any case; elsewhere than on Linux the
system does not tell a process that sleeps from one that runs."""
PRINTED = 2_000  # bytes of output that are kept
TOKEN = "RINQ_JUDGE"  # noqa: S105 (in the environment of every process of one check)

Answer = dict[str, Any]


class ProcessExit(Exception):
    """The worker's process ended. ``hang`` is where it hung, if it ended for that."""

    def __init__(self, hang: tuple[str, str] | None) -> None:
        self.hang = hang
        super().__init__()


class Client:
    """A worker's process, with everything that it starts, in a session of its own."""

    def __init__(self, folder: Path, token: str) -> None:
        stem = uuid.uuid4().hex
        self.limit = CALL_LIMIT
        self.output = folder / f"{stem}.out"
        self._hangs = folder / f"{stem}.hang"
        self._process = subprocess.Popen(
            # -P: a module in the working directory must not replace Python's own
            [sys.executable, "-P", "-u", "-m", "rinq.judge.worker", self.output, self._hangs],
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
        self.answered = 0.0  # when the last answer came, by time.monotonic()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._seen = psutil.Process(self._process.pid)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put((time.monotonic(), line))
        self._answers.put((time.monotonic(), ""))  # the end

    def ask(self, do: str, **command: Any) -> Answer:
        self.send(do, **command)
        return self.answer()

    def send(self, do: str, **command: Any) -> None:
        assert self._process.stdin is not None
        message = json.dumps({"do": do, "limit": self.limit, **command})
        with contextlib.suppress(OSError):  # it ended: said when the answer is asked for
            self._process.stdin.write(message + "\n")
            self._process.stdin.flush()

    def answer(self) -> Answer:
        """Raises: ProcessExit."""
        deadline = time.monotonic() + self.limit + MARGIN
        while (line := self._line(0.2)) is None:
            if self._process.poll() is not None and self._answers.empty():
                break  # a child of its own still holds the pipe
            if time.monotonic() > deadline:
                break
        if not line:
            self.kill()
            raise ProcessExit(self._hang())
        found: Answer = json.loads(line)
        return found

    def _line(self, timeout: float) -> str | None:
        try:
            self.answered, line = self._answers.get(timeout=timeout)
        except queue.Empty:
            return None
        return line

    def _hang(self) -> tuple[str, str] | None:
        with contextlib.suppress(OSError):
            if dump := self._hangs.read_text("utf-8", "replace"):
                return find_hang(dump)
        return None

    def blocked(self) -> bool:
        """Wait until the call has answered (False) or sleeps for a lock (True)."""
        deadline = time.monotonic() + BLOCKED_LIMIT
        asleep = awake = 0
        while time.monotonic() < deadline and (asleep < ASLEEP or asleep < AWAKE * awake):
            time.sleep(TICK)
            if not self._answers.empty():
                return False
            try:
                sleeps = self._seen.status() == psutil.STATUS_SLEEPING
            except psutil.NoSuchProcess:
                return False
            asleep, awake = asleep + sleeps, awake + (not sleeps)
        return True

    def kill(self) -> None:
        """``kill -9``, also to what it started."""
        started = []
        with contextlib.suppress(psutil.NoSuchProcess):
            started = self._seen.children(recursive=True)
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        for process in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def printed(self) -> str:
        """The end of what the learner's code wrote to its output."""
        with contextlib.suppress(OSError), self.output.open("rb") as file:
            file.seek(max(0, self.output.stat().st_size - PRINTED))
            return file.read().decode("utf-8", "replace")
        return ""


def sweep(token: str) -> None:
    """End whatever a check has left behind, also where its parent is gone."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(TOKEN) == token:
                process.kill()
