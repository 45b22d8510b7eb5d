"""Start, stop, kill, freeze, thaw and list the roles of one queue as background processes."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from rinq.config import Config
from rinq.errors import AlreadyRunning, ConfigError, NotRunning, RinqError
from rinq.fleet import logs, signals
from rinq.fleet.launch import reap
from rinq.fleet.processes import FleetProcess, find_row, job_held_by, row_of
from rinq.fleet.starting import start_process
from rinq.fleet.stopping import ask_to_stop, await_end, await_gone
from rinq.queue import PersistentQ, ProcessRow, Role, Status, open_queue
from rinq.queue.liveness import ALIVE, State, state
from rinq.queue.model import check_process_name

GRACE = 10.0  # real seconds for a stop, before it is forced
FALLEN = frozenset({State.CRASHED, State.KILLED})


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
            up = start_process(
                self.config, queue, role, name, owned=not self.keep, failpoint=failpoint
            )
            self._started[name] = up.row.incarnation
            if self._restart and self._supervisor is None:
                self._supervisor = threading.Thread(target=self._supervise, daemon=True)
                self._supervisor.start()
            return up

    def stop(self, name: str, *, grace: float = GRACE) -> State:
        """Let a process hand back its job and end; kill it after ``grace`` real seconds.

        Returns:
            ``stopped``, ``killed`` where it had to be forced, ``crashed`` where it crashed
            meanwhile, or ``elsewhere`` where another host has not ended it in time.

        Raises:
            NotRunning.
        """
        with self._lock, self.queue() as queue:
            self._started.pop(name, None)
            row = self._living(queue, name)
            ask_to_stop(queue, row)
            return await_end(queue, row, time.monotonic() + grace)

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
            held = job_held_by(queue, name)
            signals.kill(row)
            await_gone(row)
            queue.registry.ended(name, row.incarnation, State.KILLED)
            queue.registry.record_event(name, "kill", held)
            return FleetProcess(row_of(queue, name), State.KILLED, held)

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
            held = job_held_by(queue, name)
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
                queue.registry.record_event(name, "thaw", job_held_by(queue, name))
            finally:
                signals.resume(row)  # also where the event cannot be recorded
            return FleetProcess(row, State.RUNNING, job_held_by(queue, name))

    def restart(self, name: str, *, failpoint: str | None = None) -> FleetProcess:
        """Stop a process, if it lives, and start the same role under the same name.

        ``failpoint`` is as in ``start``.

        Raises:
            NotRunning: no process of this name was ever started; as ``start``.
        """
        with self._lock:
            with self.queue() as queue:
                row = row_of(queue, name)
            if state(row) in ALIVE:
                self.stop(name)
            return self.start(row.role, name, failpoint=failpoint)

    def forget(self, name: str) -> None:
        """Drop a process that has ended from the list, or one that is elsewhere.

        The latter ends within a second of seeing that, if it lives; and its name is free.

        Raises:
            NotRunning, AlreadyRunning.
        """
        with self.queue() as queue:
            row = row_of(queue, name)
            if state(row) in ALIVE - {State.ELSEWHERE}:
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
                    now = find_row(queue, row.name) or row  # its own outcome may have come first
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
        if self._started and self.config.database.exists():  # else they end by themselves
            mine = [process.name for process in self.processes() if self._is_mine(process.row)]
            self._stop_these(mine, grace)

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stop_these(self, names: list[str], grace: float) -> dict[str, State]:
        ends: dict[str, State] = {}
        with self._lock, self.queue() as queue:
            rows = []
            for name in names:
                self._started.pop(name, None)
                with contextlib.suppress(NotRunning):
                    rows.append(self._living(queue, name))
            for row in rows:
                ask_to_stop(queue, row)
            deadline = time.monotonic() + grace
            for row in rows:
                ends[row.name] = await_end(queue, row, deadline)
        return ends

    def _is_mine(self, row: ProcessRow) -> bool:
        """Whether this object started it, and nobody started the name again since."""
        return self._started.get(row.name) == row.incarnation

    def _living(self, queue: PersistentQ, name: str) -> ProcessRow:
        row = row_of(queue, name)
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
