"""Start, stop, kill, freeze, thaw and list the roles of one queue as background processes."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from rinq.config import Config
from rinq.errors import AlreadyRunning, ConfigError, NotRunning, RinqError, StartFailed
from rinq.fleet import logs, signals
from rinq.fleet.launch import is_launched, launch, reap
from rinq.queue import PersistentQ, ProcessRow, Role, Status, open_queue
from rinq.queue.liveness import ALIVE, State, find, state
from rinq.queue.model import check_process_name

START_TIME = 90.0  # real seconds for a process to be up
GRACE = 10.0  # real seconds for a stop, before it is forced
POLL = 0.01
ENDING = 5.0  # real seconds for the last thread of a process that is over
FALLEN = frozenset({State.CRASHED, State.KILLED})


@dataclass(frozen=True, slots=True)
class FleetProcess:
    """A process as it stands: its row, its state, and the job it holds, if any."""

    row: ProcessRow
    state: State
    job: str | None

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def alive(self) -> bool:
        return self.state in ALIVE


class Fleet(contextlib.AbstractContextManager["Fleet"]):
    """The background processes of one queue, whoever started them.

    Used in a ``with`` statement it stops, at the end, all that were started through it.

    Args:
        config: a ``Config``, or the path of a config file.
        keep: let processes outlive the program that starts them; else they end with it.
        restart: start a process that crashed or was killed again, as a new incarnation.

    Raises:
        ConfigError.
    """

    def __init__(
        self, config: Config | Path | str, *, keep: bool = False, restart: bool = False
    ) -> None:
        self.config = config if isinstance(config, Config) else Config.load(config)
        self.keep = keep
        self._restart = restart
        self._started: dict[str, int] = {}  # name -> the incarnation that is ours
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._supervisor: threading.Thread | None = None

    def start(
        self, role: str, name: str | None = None, *, failpoint: str | None = None
    ) -> FleetProcess:
        """Start a role; returns when it is up. Without a name it takes the next free one.

        Args:
            failpoint: one of ``rinq.faults.POINTS`` and ``=kill`` or ``=stop``: where the
                process is to end, or to stop as if frozen, once.

        Raises:
            ConfigError: no such role, or no possible name.
            AlreadyRunning: a process of this name lives.
            StartFailed: it ended before it was up; the log's last lines say why.
        """
        if role not in set(Role):
            raise ConfigError(f"{role!r:.40} is not a role: {', '.join(Role)}.")
        with self._lock, self.queue() as queue:
            rows = {row.name: row for row in queue.registry.processes()}
            if name is None:
                taken = {row.name for row in rows.values() if state(row) in ALIVE}
                name = next(n for i in range(1, 10**6) if (n := f"{role}-{i}") not in taken)
            check_process_name(name, role)
            if name in rows and state(rows[name]) in ALIVE:
                raise AlreadyRunning(f"{name} (a {rows[name].role}, pid {rows[name].pid})")
            up = self._launch(queue, role, name, failpoint)
            self._started[name] = up.row.incarnation
            if self._restart and self._supervisor is None:
                self._supervisor = threading.Thread(target=self._supervise, daemon=True)
                self._supervisor.start()
            return up

    def stop(self, name: str, *, grace: float = GRACE) -> State:
        """Let a process hand back its job and end; kill it after ``grace`` real seconds.

        Returns:
            ``stopped``, ``killed`` where it had to be forced, ``crashed`` where it broke down
            meanwhile, or ``elsewhere`` where another host has not ended it in time.

        Raises:
            NotRunning.
        """
        with self._lock, self.queue() as queue:
            self._started.pop(name, None)
            row = self._living(queue, name)
            self._ask(queue, row)
            return self._await_end(queue, row, time.monotonic() + grace)

    def stop_all(self, *, grace: float = GRACE) -> dict[str, State]:
        """Stop every process of the queue, side by side. Returns how each ended."""
        with self.queue() as queue:
            living = [row.name for row in queue.registry.processes() if state(row) in ALIVE]
        return self._stop_these(living, grace)

    def kill(self, name: str) -> FleetProcess:
        """End a process at once (SIGKILL). The job it holds stays processing.

        Raises:
            NotRunning; FleetError: the system forbids it.
        """
        with self._lock, self.queue() as queue:
            row = self._living(queue, name)
            held = _job_of(queue, name)
            signals.kill(row)
            self._await_gone(row)
            queue.registry.ended(name, row.incarnation, State.KILLED)
            queue.registry.record_event(name, "kill", held)
            return FleetProcess(_row(queue, name), State.KILLED, held)

    def freeze(self, name: str) -> FleetProcess:
        """Stop a process where it stands, as a pause of its machine would.

        The write lock is taken first: nobody is frozen holding it or amid file work.

        Raises:
            NotRunning, also where it is still starting; FleetError: the system forbids it.
        """
        with self.queue() as queue:
            row = self._living(queue, name)
            if row.ready is None:  # whoever waits for it to be up would wait in vain
                raise NotRunning(f"{name} is still starting")
            with queue.exclusive():
                signals.suspend(row)
            held = _job_of(queue, name)
            queue.registry.record_event(name, "freeze", held)
            return FleetProcess(row, State.FROZEN, held)

    def thaw(self, name: str) -> FleetProcess:
        """Let a frozen process go on.

        Raises:
            NotRunning; FleetError: the system forbids it.
        """
        with self.queue() as queue:
            row = self._living(queue, name)
            try:
                queue.registry.record_event(name, "thaw", _job_of(queue, name))
            finally:
                signals.resume(row)  # also where the mark cannot be written
            return FleetProcess(row, State.RUNNING, _job_of(queue, name))

    def restart(self, name: str, *, failpoint: str | None = None) -> FleetProcess:
        """Stop a process, if it lives, and start the same role under the same name.

        ``failpoint`` is as in ``start``.

        Raises:
            NotRunning: no process of this name was ever started; as ``start``.
        """
        with self._lock:
            with self.queue() as queue:
                row = _row(queue, name)
            if state(row) in ALIVE:
                self.stop(name)
            return self.start(row.role, name, failpoint=failpoint)

    def forget(self, name: str) -> None:
        """Drop a process that has ended from the list. Raises: NotRunning, AlreadyRunning."""
        with self.queue() as queue:
            row = _row(queue, name)
            if state(row) in ALIVE:
                raise AlreadyRunning(name)
            queue.registry.forget(name, row.incarnation)

    def processes(self) -> list[FleetProcess]:
        """Every process by name, with what became of those that ended."""
        with self.queue() as queue:
            held = {job.process: job.name for job in queue.jobs(Status.PROCESSING)}
            found = []
            for row in queue.registry.processes():
                reap(row.pid)
                now = row
                if state(row) is State.CRASHED and row.outcome is None:
                    queue.registry.ended(row.name, row.incarnation, State.CRASHED)
                    now = _find(queue, row.name) or row  # it may have said its last word just now
                found.append(FleetProcess(now, state(now), held.get(row.name)))
        return found

    def tail(self, name: str, lines: int = 50) -> list[str]:
        """The last lines of a process's log. Raises: ConfigError: no possible name."""
        return logs.tail(logs.log_path(self.config, name), lines)

    @contextlib.contextmanager
    def queue(self) -> Iterator[PersistentQ]:
        """The fleet's queue, open for the ``with`` block, in any thread."""
        with open_queue(self.config) as queue:
            yield queue

    def close(self, *, grace: float = GRACE) -> None:
        """Stop all processes that were started through this object and still live."""
        self._closing.set()
        if self._supervisor is not None:
            self._supervisor.join()
        if self._started:
            mine = [process.name for process in self.processes() if self._is_mine(process.row)]
            self._stop_these(mine, grace)

    def __exit__(self, *_: object) -> None:
        self.close()

    def _launch(
        self, queue: PersistentQ, role: str, name: str, failpoint: str | None
    ) -> FleetProcess:
        former = _find(queue, name)
        before = former.incarnation if former else 0
        log = logs.log_path(self.config, name)
        log.parent.mkdir(parents=True, exist_ok=True)
        beginning = log.stat().st_size if log.exists() else 0
        owned = not self.keep
        child = launch(self.config, role, name, log, owned=owned, failpoint=failpoint)
        up = None
        try:
            up = self._await_up(queue, name, before, child)
        finally:
            if up is None:  # also when interrupted
                with contextlib.suppress(psutil.NoSuchProcess):
                    signals.end(psutil.Process(child.pid))
                child.wait()
                reap(child.pid)
        if up is not None:
            return FleetProcess(up, state(up), None)
        row = _find(queue, name)
        if row and state(row) in ALIVE:
            raise AlreadyRunning(f"{name} (a {row.role}, pid {row.pid})")
        said = logs.tail(log, 5, start=beginning)
        raise StartFailed(name, advice="Its log ends: " + " | ".join(said or ["(nothing)"]))

    def _await_up(
        self, queue: PersistentQ, name: str, before: int, child: subprocess.Popen[bytes]
    ) -> ProcessRow | None:
        deadline = time.monotonic() + START_TIME
        while True:
            ended = child.poll() is not None or time.monotonic() > deadline
            row = _find(queue, name)
            if row and row.incarnation > before and row.ready and is_launched(row, child):
                return row  # though it may have ended since
            if ended:
                return None
            time.sleep(POLL)

    def _ask(self, queue: PersistentQ, row: ProcessRow) -> None:
        queue.registry.request_stop(row.name, row.incarnation)
        if state(row) is State.FROZEN:
            with contextlib.suppress(NotRunning):
                signals.resume(row)

    def _await_end(self, queue: PersistentQ, row: ProcessRow, deadline: float) -> State:
        while time.monotonic() < deadline:
            reap(row.pid)
            gone = find(row) is None
            now = _row(queue, row.name)  # read once it is gone, so that its last word is there
            if now.incarnation != row.incarnation:
                return State.STOPPED  # and somebody started the name again
            if gone and (ended := state(now)) not in ALIVE:
                reap(row.pid, patience=ENDING)
                queue.registry.ended(row.name, row.incarnation, ended)
                return ended
            time.sleep(POLL)
        if state(row) is State.ELSEWHERE:
            return State.ELSEWHERE
        with contextlib.suppress(NotRunning):
            signals.kill(row)
        self._await_gone(row)
        queue.registry.ended(row.name, row.incarnation, State.KILLED)
        return State.KILLED

    def _await_gone(self, row: ProcessRow) -> None:
        while find(row) is not None:
            reap(row.pid)
            time.sleep(POLL)
        reap(row.pid, patience=ENDING)

    def _stop_these(self, names: list[str], grace: float) -> dict[str, State]:
        ends: dict[str, State] = {}
        with self._lock, self.queue() as queue:
            rows = []
            for name in names:
                self._started.pop(name, None)
                with contextlib.suppress(NotRunning):
                    rows.append(self._living(queue, name))
            for row in rows:
                self._ask(queue, row)
            deadline = time.monotonic() + grace
            for row in rows:
                ends[row.name] = self._await_end(queue, row, deadline)
        return ends

    def _is_mine(self, row: ProcessRow) -> bool:
        """Whether this object started it, and nobody started the name again since."""
        return self._started.get(row.name) == row.incarnation

    def _living(self, queue: PersistentQ, name: str) -> ProcessRow:
        row = _row(queue, name)
        reap(row.pid)
        if state(row) not in ALIVE:
            raise NotRunning(f"{name} ({state(row)})")
        return row

    def _supervise(self) -> None:
        """Start what crashed or was killed again, until closed."""
        while not self._closing.wait(0.25):
            with contextlib.suppress(RinqError), self._lock:
                for process in self.processes():
                    if process.state in FALLEN and self._is_mine(process.row):
                        self.start(process.row.role, process.name)


def _find(queue: PersistentQ, name: str) -> ProcessRow | None:
    return next((row for row in queue.registry.processes() if row.name == name), None)


def _row(queue: PersistentQ, name: str) -> ProcessRow:
    row = _find(queue, name)
    if row is None:
        raise NotRunning(f"{name!r:.60} was never started")
    return row


def _job_of(queue: PersistentQ, name: str) -> str | None:
    return next((job.name for job in queue.jobs(Status.PROCESSING) if job.process == name), None)
