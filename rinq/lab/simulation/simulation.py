"""A day of queueing in a second or two: the real roles and the real SQL in virtual time."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rinq.lab.audit.auditor import audit
from rinq.lab.audit.report import Audit
from rinq.lab.scenario import Scenario
from rinq.lab.simulation.virtual_process import EPOCH
from rinq.lab.simulation.world import VIRTUAL_ROLES, World
from rinq.metrics.measures import Measures, measure
from rinq.queue import Status
from rinq.roles.interface import PersistentQInterface

HOUR = 3600.0


def simulate(
    scenario: Scenario | Mapping[str, Any] | None = None,
    *,
    seed: int = 1,
    hours: float | None = None,
    roles: Mapping[str, type[PersistentQInterface]] = VIRTUAL_ROLES,
    **changes: Any,
) -> Simulation:
    """Run a scenario in virtual time. The same seed gives the same history, to the byte.

    The roles are the classes that run in real processes, called step by step as there, and
    every move is made by the queue's SQL with its triggers. What is different: steps
    take no time, only waits and ``consumer.work_time`` do; the handler is not run, its result
    is a copy of the file; files and database are in memory.

    So it cannot show: what locks do, and who gets them first; races inside one transaction,
    or between two statements of a step, since steps do not overlap; what is lost when a
    machine loses power before an fsync; how long anything really takes. A process dies between
    two steps or at a failpoint; it freezes only between two steps, also where a plan says
    "stop" at a failpoint, after that step.

    Args:
        scenario: a ``Scenario`` or its values; without one, the defaults of ``Scenario``.
        seed: decides all that is drawn: names, waits, faults in jobs, the faults of the plan.
        hours: the length, instead of ``seconds``.
        roles: the class of each role.
        changes: parameters of the scenario, such as ``consumers=3``.

    Raises:
        ConfigError: a parameter is out of range, or there is none of that name.

    >>> import rinq
    >>> with rinq.simulate(hours=1, consumers=3) as hour:
    ...     print(hour.audit().verdict, hour.counts["processed"])
    ...     print(f"{hour.measure().waiting:.1f} s from submit to claim, on average")
    valid 720
    3.0 s from submit to claim, on average
    """
    if hours is not None:
        changes["seconds"] = hours * HOUR
    base = scenario if isinstance(scenario, Scenario) else Scenario.parse(scenario or {})
    world = World(base.varied(changes), seed, dict(roles))
    world.run()
    return Simulation(world, seed)


class Simulation(AbstractContextManager["Simulation"]):
    """The result of a scenario: its queue and files, as they were at the end of its time.

    Charts, frames and the audit read ``queue`` and ``files`` as they read real ones.
    """

    def __init__(self, world: World, seed: int) -> None:
        self.scenario = world.scenario
        self.seed = seed
        self.queue = world.queue
        self.files = world.files

    @property
    def begin(self) -> float:
        """The queue time at which it began."""
        return EPOCH

    @property
    def counts(self) -> dict[Status, int]:
        """How many jobs are in each status."""
        return self.queue.counts()

    def measure(self) -> Measures:
        """The run in numbers, after its warm-up."""
        return measure(
            self.queue,
            consumers=self.scenario.consumers,
            start=self.begin + self.scenario.warmup,
            end=max(self.queue.clock.now(), self.begin + self.scenario.seconds),
        )

    def audit(self) -> Audit:
        """The audit of its rows, history and files."""
        lease = self.scenario.parameters.manager.timeout
        return audit(self.queue, self.files, lease=lease)

    def digest(self) -> str:
        """SHA-256 of the history and the process events: equal if two runs are the same."""
        sha = hashlib.sha256()
        for row in (*self.queue.history.transitions(), *self.queue.registry.process_events()):
            sha.update(repr(row).encode())
        return sha.hexdigest()

    def summary(self) -> dict[str, Any]:
        """The whole result as plain data, for JSON."""
        return {
            "seed": self.seed,
            "scenario": self.scenario.model_dump(mode="json"),
            "counts": {str(status): n for status, n in self.counts.items()},
            "measures": {
                name: None if math.isnan(value) else value
                for name, value in asdict(self.measure()).items()
            },
            "verdict": str(self.audit().verdict),
            "digest": self.digest(),
        }

    def save(self, path: Path) -> None:
        """Write the database to a new file, which every tool of rinq opens."""
        self.queue.save(path)

    def close(self) -> None:
        self.queue.close()

    def __exit__(self, *_: object) -> None:
        self.close()
