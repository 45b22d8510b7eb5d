"""A storm: many jobs at high speed, faults on, processes killed and frozen at random.

    python tests/storm.py --jobs 2000 --seconds 60 --seed 1

The audit must find nothing, neither while it rages nor at the end, when all is thawed and
drained, no job is missing, and no temporary file and no process is left. What remains when
something broke is kept in its folder.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from processes import lives

from rinq import Fleet, audit
from rinq.config import Config
from rinq.errors import FleetError, NotRunning
from rinq.files import Files
from rinq.queue import SETTLED, Status, open_queue
from rinq.roles.handlers import alternate_case
from rinq.roles.interface import draw_name
from rinq.roles.producer import compose

SPEED = 100
CONSUMERS = 4
VALUES: dict[str, Any] = {
    "producer": {"interval": 40},
    "consumer": {"interval": [0, 2], "work_time": [0, 8], "n_time": 30},
    "cleaner": {"interval": 30},
    "manager": {"interval": 10, "timeout": 60, "n_reassigns": 5},
    "faults": {"error_rate": 0.25, "hang_rate": 0.02, "crash_rate": 0.01},
}
PAUSE = (0.1, 0.6)  # real seconds between two faults
FREEZE = (0.1, 2.0)  # real seconds; a lease lasts 0.6
LOOK = 0.5  # real seconds from one audit to the next
DRAIN = 120.0  # real seconds at most, after the storm
MARK = "RINQ_STORM"


@dataclass
class Report:
    """What was done, what came of it, and what broke."""

    seed: int
    done: Counter = field(default_factory=Counter)  # kills and freezes, by role
    jobs: Counter = field(default_factory=Counter)  # by status
    events: Counter = field(default_factory=Counter)
    incarnations: int = 0
    audits: int = 0  # made while it raged
    pending: int = 0  # half-done file work that they saw
    orphans: int = 0  # files whose Producer was killed before it submitted them
    drained: float = 0.0  # real seconds from the end of the storm
    problems: list[str] = field(default_factory=list)

    def __str__(self):
        def count(counter):
            return ", ".join(f"{what} {n}" for what, n in sorted(counter.items())) or "none"

        lines = [
            f"storm {self.seed}: {sum(self.jobs.values())} jobs: {count(self.jobs)}",
            f"  struck: {count(self.done)}; {self.incarnations} incarnations",
            f"  moves: {count(self.events)}",
            f"  {self.audits} audits meanwhile, which saw {self.pending} files half done",
            f"  drained in {self.drained:.1f} s; {self.orphans} files never submitted",
            *(f"  BROKEN: {problem}" for problem in self.problems[:20]),
            f"  {len(self.problems)} problems",
        ]
        return "\n".join(lines)


def storm(folder: Path, *, jobs: int, seconds: float, seed: int) -> Report:
    """Raise a storm over a new queue in ``folder``, drain it, and judge what is left."""
    report = Report(seed)
    os.environ[MARK] = uuid.uuid4().hex  # by which the processes are found at the end
    general = {"primary_path": str(folder), "speed": SPEED, "seed": seed}
    config = Config.parse({"general": general, **VALUES})
    files = Files(config.primary_path)
    with open_queue(config) as queue, Fleet(config, restart=True) as fleet:
        names = ["producer-1", "manager-1", "cleaner-1"]
        names += [f"consumer-{n + 1}" for n in range(CONSUMERS)]
        for name in names:
            fleet.start(name.partition("-")[0], name)
        submitted = _rage(fleet, queue, files, report, names, jobs=jobs, seconds=seconds)
        with contextlib.suppress(NotRunning):  # it was killed just now, and stays so
            fleet.stop("producer-1")
        report.drained = _drain(queue, report)
        report.incarnations = sum(row.incarnation for row in queue.registry.processes())
        report.problems += [
            f"{name} ended as {end}" for name, end in fleet.stop_all().items() if end != "stopped"
        ]
        _judge(queue, files, report, submitted)
    report.problems += [f"process {pid} is left" for pid in _left()]
    return report


def _rage(fleet, queue, files, report, names, *, jobs, seconds):
    """Submit, kill and freeze until the time is over; nobody stays frozen. Returns the names."""
    rng = random.Random(report.seed)
    frozen = {}  # name -> when to thaw it
    submitted = []
    begin = time.monotonic()
    strike_at = look_at = 0.0
    while (now := time.monotonic() - begin) < seconds or len(submitted) < jobs or frozen:
        while len(submitted) < min(jobs, jobs * now / seconds):
            name = draw_name(rng)
            files.create(name, compose(rng).encode())
            queue.submit(name, "storm")
            submitted.append(name)
        for name in [name for name, thaw_at in frozen.items() if thaw_at <= now]:
            del frozen[name]
            with contextlib.suppress(FleetError):  # it was killed meanwhile
                fleet.thaw(name)
        if strike_at <= now < seconds:
            strike_at = now + rng.uniform(*PAUSE)
            _strike(fleet, report, rng, rng.choice(names), frozen, now)
        if submitted and look_at <= now:
            look_at = now + LOOK
            found = audit(queue, files, lease=VALUES["manager"]["timeout"])
            report.audits += 1
            report.pending += len(found.pending)
            if not found:
                report.problems.append(f"after {now:.1f} s: {found}")
        time.sleep(0.01)
    return submitted


def _strike(fleet, report, rng, name, frozen, now):
    with contextlib.suppress(FleetError):  # it has crashed, and is being started again
        if rng.random() < 0.4:
            fleet.kill(name)
            frozen.pop(name, None)
            report.done[f"killed {name.partition('-')[0]}"] += 1
        elif name not in frozen:
            fleet.freeze(name)
            frozen[name] = now + rng.uniform(*FREEZE)
            report.done[f"froze {name.partition('-')[0]}"] += 1


def _drain(queue, report):
    """Wait until every job is processed or cleaned. Returns the real seconds that it took."""
    begin = time.monotonic()
    while (counts := queue.counts()) and any(
        counts[s] for s in Status if s not in SETTLED or s is Status.FAILED
    ):
        if time.monotonic() - begin > DRAIN:
            report.problems.append(f"not drained in {DRAIN:g} s: {dict(counts)}")
            break
        time.sleep(0.05)
    return time.monotonic() - begin


def _judge(queue, files, report, submitted):
    found = audit(queue, files, lease=VALUES["manager"]["timeout"])
    report.jobs = Counter(found.statuses)
    report.events = Counter(row.event for row in queue.history.transitions())
    problems = [] if found else [str(found)]
    problems += [remark.sentence for remark in found.pending]
    jobs = {job.name: job for job in queue.jobs()}
    problems += [f"{name} is missing" for name in submitted if name not in jobs]
    for job in jobs.values():
        if job.status is Status.PROCESSED:
            wanted = alternate_case(files.read(job.name).decode()).splitlines()[0]
            result = (files.folder / f"{job.name}.processed").read_text("utf-8")
            if result.splitlines()[0] != wanted:
                problems.append(f"{job.name}: the result is not that of its file")
    report.orphans = len(found.strays)
    if report.orphans > report.done["killed producer"]:
        problems.append(f"files without a job: {[stray.file for stray in found.strays]}")
    report.problems += problems


def _left():
    """The processes of this storm that still live a moment after it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == os.environ[MARK] and process.pid != os.getpid():
                found.append(process.pid)
    deadline = time.monotonic() + 10
    while any(map(lives, found)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [pid for pid in found if lives(pid)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rinq-storm-"))
    report = storm(folder, jobs=given.jobs, seconds=given.seconds, seed=given.seed)
    print(report)  # noqa: T201
    if report.problems:
        sys.exit(f"  its folder: {folder}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
