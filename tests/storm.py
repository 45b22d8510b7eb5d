"""A storm: many jobs at high speed, and everything that can be done to the processes meanwhile.

    python tests/storm.py --jobs 50000 --minutes 12 --seed 1

Roles, their owners and those who submit are killed, frozen and told to end; the wall clock is
set by an hour, forward and back; a lock is held longer than anybody waits; the folder is moved
away and back; the disk is full. The audit must find nothing, neither while it rages nor at the
end, and a second reading of the raw tables and files must agree: every submitted job settled
exactly once, its result right. No process is left. What remains when something broke is kept.

A disk of its own, to be filled, needs mounts (root on Linux); without, that fault is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml
from processes import lives
from storm_processes import CLOCK, WAIT
from storm_reading import Reading, read

from rinq import Fleet, audit
from rinq.config import Config
from rinq.errors import RinqError
from rinq.files import Files
from rinq.fleet import signals
from rinq.fleet.processes import row_of
from rinq.queue import ARCHIVE, SETTLED, PersistentQSQLite, Status, open_queue
from rinq.queue.liveness import State, find
from rinq.roles import operator

VALUES: dict[str, Any] = {
    "producer": {"interval": 40},
    "consumer": {
        "interval": 0,
        "work_time": [0, 2],
        "n_time": 30,
        "retry_wait": "backoff(1, 2, 20)",
    },
    "cleaner": {"interval": 100},
    "manager": {"interval": 10, "timeout": 60, "n_reassigns": 5},
    "faults": {"error_rate": 0.2, "hang_rate": 0.004, "crash_rate": 0.002},
}
SPEED = 50
SUBMITTERS = 2
KINDS = {  # each with its share of the faults
    "kill role": 5,
    "freeze role": 5,
    "terminate role": 2,
    "kill submitter": 2,
    "freeze submitter": 2,
    "kill owner": 1,
    "freeze owner": 1,
    "step clock": 3,
    "cancel job": 3,
    "prune jobs": 2,
    "hold lock": 1,
    "move folder": 1,
    "fill disk": 1,
}
SHORT = (0.1, 2.0)  # real seconds of a freeze, an absence, a full disk; a lease lasts 1.2
FAULTS = 400  # about so many in a storm, unless it is so short that they come one after another
LOOK = 10  # an audit is begun after so many times as long as the last one took
DRAIN = 600.0  # real seconds at most, after the storm
MARK = "RINQ_STORM"
NAMESPACE = "RINQ_STORM_NAMESPACE"
DISK = 3000  # MiB
PROCESSES = str(Path(__file__).with_name("storm_processes.py"))


@dataclass
class Report:
    """What was done, what came of it, and what broke."""

    seed: int
    done: Counter = field(default_factory=Counter)  # faults, by kind
    left: Reading = field(default_factory=Reading)
    audits: int = 0  # made while it raged
    raged: float = 0.0  # real seconds
    drained: float = 0.0  # real seconds from the end of the storm
    problems: list[str] = field(default_factory=list)

    def __str__(self):
        def count(counter):
            return ", ".join(f"{what} {n}" for what, n in sorted(counter.items())) or "none"

        lines = [
            f"storm {self.seed}: {self.left.statuses.total()} jobs: {count(self.left.statuses)}",
            f"  faults: {count(self.done)}; {self.left.incarnations} incarnations",
            f"  history: {count(self.left.events)}",
            f"  {self.audits} audits meanwhile; {len(self.left.strays)} files never submitted",
            f"  raged for {self.raged / 60:.1f} minutes, drained in {self.drained:.1f} s",
            *(f"  BROKEN: {problem}" for problem in self.problems[:20]),
            f"  {len(self.problems)} problems",
        ]
        return "\n".join(lines)


class Storm:
    """A storm over a new queue in ``folder``; ``without`` are the kinds of fault left out."""

    def __init__(
        self,
        folder: Path,
        *,
        jobs: int,
        seconds: float,
        seed: int,
        consumers: int = 4,
        without: Collection[str] = (),
    ):
        self.folder, self.jobs, self.seconds = folder, jobs, seconds
        self.report = Report(seed)
        self.rng = random.Random(seed)
        self.kinds = {kind: share for kind, share in KINDS.items() if kind not in without}
        general = {"primary_path": "jobs", "database": "rinq.db", "speed": SPEED, "seed": seed}
        self.disk = folder / "disk"  # what may be full
        self.disk.mkdir(exist_ok=True)
        file = self.disk / "config.yaml"
        file.write_text(yaml.safe_dump({"general": general, **VALUES}))
        self.config = Config.load(file)
        self.files = Files(self.config.primary_path)
        self.fleet = Fleet(self.config)
        self.clock = folder / "clock"
        self.set_clock(0.0)
        names = [f"consumer-{n + 1}" for n in range(consumers)]
        self.names = ["producer-1", "manager-1", "cleaner-1", *names]
        owned = [["producer-1"], ["manager-1", *names[::2]], ["cleaner-1", *names[1::2]]]
        self.owners: dict[int, list[str]] = dict(enumerate(owned))
        self.running: dict[tuple[str, int], subprocess.Popen] = {}
        self.mark = uuid.uuid4().hex  # by which the processes are found at the end
        self.archive = self.config.database.with_name(self.config.database.name + ARCHIVE)
        self.unlocking: threading.Timer | None = None
        self.under_way: dict[str, tuple[float, Callable[[], None]]] = {}  # until when, the end

    def rage(self) -> Report:
        """Let it rage, drain the queue, and judge what is left."""
        with open_queue(self.config) as queue, self.nobody_left_running():
            for number in self.owners:
                self.launch("owner", number)
            self.await_roles()
            for number in range(SUBMITTERS):
                self.launch("submitter", number)
            self.strike_until_all_is_submitted(queue)
            self.await_roles()  # those that were killed last too
            self.close("owner", 0)  # no more jobs are made
            self.drain(queue)
            for number in range(1, len(self.owners)):
                self.close("owner", number)
        self.judge()
        return self.report

    @contextlib.contextmanager
    def nobody_left_running(self):
        try:
            yield
        finally:
            for child in self.running.values():
                _kill(child)

    def launch(self, what: str, number: int) -> None:
        """Start an owner or a submitter; one that was killed goes on where it was."""
        file = str(self.config.file)
        if what == "owner":
            arguments = ["own", file, *self.owners[number]]
        else:
            share, rate = self.jobs // SUBMITTERS, self.jobs / SUBMITTERS / self.seconds
            arguments = ["submit", file, str(self.acknowledged(number)), str(share), str(rate)]
        path = [str(Path(PROCESSES).parent), *sys.path]
        with open(self.folder / f"{what}-{number}.log", "ab") as log:
            self.running[what, number] = subprocess.Popen(
                [sys.executable, PROCESSES, *arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    MARK: self.mark,
                    CLOCK: str(self.clock),
                    "PYTHONPATH": os.pathsep.join(path),
                },
            )

    def acknowledged(self, number: int) -> Path:
        return self.folder / f"acknowledged-{number}"

    def close(self, what: str, number: int) -> None:
        """Close the standard input of one that should end, and wait for that."""
        child = self.running.pop((what, number))
        child.stdin.close()
        if child.wait(60):
            self.report.problems.append(f"{what} {number} ended with {child.returncode}")

    def submitted(self) -> bool:
        """Whether all submitters are done; whatever else ended is a problem."""
        for (what, number), child in list(self.running.items()):
            if child.poll() is not None and (what != "submitter" or child.returncode):
                self.report.problems.append(f"{what} {number} ended with {child.returncode}")
                self.launch(what, number)
        return all(
            child.poll() is not None
            for (what, _), child in self.running.items()
            if what == "submitter"
        )

    def await_roles(self) -> None:
        """Wait until every role lives."""
        deadline = time.monotonic() + DRAIN
        while {p.name for p in self.fleet.processes() if p.state is State.RUNNING} < {*self.names}:
            if time.monotonic() > deadline:
                self.report.problems.append(f"not all roles run again in {DRAIN:g} s")
                return
            time.sleep(0.1)

    def strike_until_all_is_submitted(self, queue) -> None:
        begin = time.monotonic()
        pause = max(0.35, self.seconds / FAULTS)
        strike_at = look_at = now = 0.0
        while not self.submitted() or now < self.seconds:
            now = time.monotonic() - begin
            self.end_what_is_over(now)
            if strike_at <= now:
                strike_at = now + self.rng.uniform(0.3, 1.7) * pause
                self.strike(self.rng.choices([*self.kinds], [*self.kinds.values()])[0], now)
            if look_at <= now and "move folder" not in self.under_way and queue.jobs(limit=1):
                began = time.monotonic()
                found = audit(queue, self.files, lease=VALUES["manager"]["timeout"])
                self.report.audits += 1
                if not found:
                    self.report.problems.append(f"after {now:.1f} s: {found}")
                look_at = now + max(0.5, LOOK * (time.monotonic() - began))
            time.sleep(0.01)
        while self.under_way:
            self.end_what_is_over(float("inf"))
        self.set_clock(0.0)
        if self.unlocking is not None:
            self.unlocking.join()
        self.report.raged = time.monotonic() - begin

    def end_what_is_over(self, now: float) -> None:
        for key, (until, end) in list(self.under_way.items()):
            if until <= now:
                with contextlib.suppress(RinqError):
                    end()
                del self.under_way[key]

    def strike(self, kind: str, now: float) -> None:
        """One fault of this kind, unless its target is just not there."""
        verb, what = kind.split()
        until = now + self.rng.uniform(*SHORT)
        if what == "role":
            done = self.strike_role(verb, self.rng.choice(self.names), until)
        elif what in ("owner", "submitter"):
            there = [key for key, child in self.running.items() if key[0] == what]
            done = self.strike_child(verb, self.rng.choice(there), until)
        elif kind == "cancel job":
            done = self.cancel_job()
        elif kind == "prune jobs":
            done = self.prune_jobs()
        else:
            done = self.strike_all(kind, until)
        self.report.done.update([kind] * done)

    def strike_role(self, verb: str, name: str, until: float) -> bool:
        key = f"freeze {name}"
        with contextlib.suppress(RinqError):  # it has just ended, or nothing can be written
            with self.fleet.queue() as queue:
                row = row_of(queue, name)
            if verb == "kill":
                self.fleet.kill(name)
            elif verb == "freeze" and key not in self.under_way:
                self.under_way[key] = (until, lambda: signals.resume(row))  # also while locked
                self.fleet.freeze(name)
            elif verb == "terminate" and (process := find(row)):
                process.terminate()
            else:
                return False
            return True
        return False

    def cancel_job(self) -> bool:
        """Give up the job that was claimed first, or that waits longest."""
        with contextlib.suppress(RinqError), self.fleet.queue() as queue:
            for status in (Status.PROCESSING, Status.UNPROCESSED):
                for job in queue.jobs(status, limit=1):
                    operator.cancel(queue, Files.of(self.config, queue), job.name, "storm")
                    return True
        return False

    def prune_jobs(self) -> bool:
        """Move to the archive what was settled a lease ago."""
        with contextlib.suppress(RinqError), self.fleet.queue() as queue:
            files = Files.of(self.config, queue)
            return sum(operator.prune(queue, files, VALUES["manager"]["timeout"], self.archive)) > 0
        return False

    def strike_child(self, verb: str, key: tuple[str, int], until: float) -> bool:
        child = self.running[key]
        name = f"freeze {key}"
        if child.poll() is not None or name in self.under_way:
            return False
        if verb == "kill":
            _kill(child)
            self.launch(*key)
        else:
            child.send_signal(signal.SIGSTOP)
            self.under_way[name] = (until, lambda: child.send_signal(signal.SIGCONT))
        return True

    def strike_all(self, kind: str, until: float) -> bool:
        if kind in self.under_way:
            return False
        if kind == "step clock":
            self.set_clock(self.rng.choice([-3600.0, 0.0, 3600.0]))
        elif kind == "hold lock":
            return self.hold_lock()
        elif kind == "move folder":
            away = self.config.primary_path.with_name("away")
            self.config.primary_path.rename(away)
            self.under_way[kind] = (until, lambda: self.move_back(away))
        else:
            ballast = self.disk / "ballast"
            with open(ballast, "wb") as file, contextlib.suppress(OSError):
                while True:
                    os.posix_fallocate(file.fileno(), file.tell(), 2**20)
                    file.seek(0, os.SEEK_END)
            self.under_way[kind] = (until, ballast.unlink)
        return True

    def hold_lock(self) -> bool:
        """Hold the write lock for longer than anybody waits."""
        other = sqlite3.connect(self.config.database, timeout=WAIT, check_same_thread=False)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            other.close()
            return False
        self.unlocking = threading.Timer(1.5 * WAIT, other.close)  # whatever this thread waits for
        self.unlocking.start()
        return True

    def move_back(self, away: Path) -> None:
        folder = self.config.primary_path
        if folder.exists():
            found = [str(path.relative_to(folder)) for path in folder.rglob("*")]
            self.report.problems.append(f"while the folder was away it was made anew: {found}")
            folder.rename(folder.with_name(f"made-anew-{len(self.report.problems)}"))
        away.rename(folder)

    def set_clock(self, ahead: float) -> None:
        if self.clock.exists():
            with open(self.clock, "r+b") as file:
                file.write(struct.pack("d", ahead))
        else:
            self.clock.write_bytes(struct.pack("d", ahead))

    def drain(self, queue) -> None:
        """Wait until every job is processed or cleaned."""
        begin = time.monotonic()
        while (counts := queue.counts()) and any(
            counts[s] for s in Status if s not in SETTLED or s is Status.FAILED
        ):
            if time.monotonic() - begin > DRAIN:
                self.report.problems.append(f"not drained in {DRAIN:g} s: {dict(counts)}")
                break
            time.sleep(0.1)
        self.report.drained = time.monotonic() - begin

    def judge(self) -> None:
        report = self.report
        command = [sys.executable, "-c", "from rinq.cli import main; main()", "audit"]
        done = subprocess.run(
            [*command, "--config", str(self.config.file)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            report.problems.append(f"rinq audit: {done.stdout}{done.stderr}")
        if self.archive.exists():
            with PersistentQSQLite(self.archive) as archived:
                if not (found := audit(archived)):
                    report.problems.append(f"of the archive: {found}")
        acknowledged = [
            name
            for number in range(SUBMITTERS)
            for name in self.acknowledged(number).read_text("ascii").split()
        ]
        report.left = read(self.config.database, self.config.primary_path, acknowledged)
        report.problems += report.left.problems
        makers = ("kill role", "terminate role", "kill submitter", "kill owner")
        if len(report.left.strays) > sum(report.done[kind] for kind in makers):
            report.problems.append(f"files without a job: {report.left.strays}")
        report.problems += [f"process {pid} is left" for pid in _left(self.mark)]


def _kill(child):
    child.kill()
    child.wait()
    child.stdin.close()


def _left(mark):
    """The processes of this storm that still live a moment after it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == mark:
                found.append(process.pid)
    deadline = time.monotonic() + 10
    while any(map(lives, found)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [pid for pid in found if lives(pid)]


def _enter_mount_namespace():
    """Begin anew where mounts concern nobody else, if the system lets us."""
    command = ["unshare", "--mount", "--propagation", "private"]
    with contextlib.suppress(OSError):
        if not subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
            os.environ[NAMESPACE] = "1"
            os.execvp(command[0], [*command, sys.executable, *sys.argv])


def _mount_disk(folder):
    """Whether a disk of limited size could be mounted there."""
    if NAMESPACE not in os.environ:
        return False
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "rinq-storm", str(folder)]
    return not subprocess.run(mount, check=False).returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=1.0, help="in which they are submitted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--consumers", type=int, default=6)
    parser.add_argument("--without", action="append", choices=KINDS, default=[], metavar="KIND")
    given = parser.parse_args()
    if NAMESPACE not in os.environ:
        _enter_mount_namespace()
    folder = Path(tempfile.mkdtemp(prefix="storm-"))
    if not _mount_disk(folder / "disk"):
        print("no mounts here: the disk is not filled")  # noqa: T201
        given.without.append("fill disk")
    report = Storm(
        folder,
        jobs=given.jobs,
        seconds=60 * given.minutes,
        seed=given.seed,
        consumers=given.consumers,
        without=given.without,
    ).rage()
    print(report)  # noqa: T201
    if report.problems:
        kept = tempfile.mkdtemp(prefix="storm-broken-", dir=folder.parent)
        shutil.copytree(folder, kept, dirs_exist_ok=True)  # the disk goes with this process
        sys.exit(f"  kept in {kept}")
    if NAMESPACE in os.environ:
        subprocess.run(["umount", "--lazy", str(folder / "disk")], check=False)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
