"""One run of a scenario, in virtual time or by real processes, and its outcome."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rinq.fleet.run import Run
from rinq.lab.audit.auditor import audit
from rinq.lab.audit.report import Audit
from rinq.lab.faults import FaultPlanRunner
from rinq.lab.scenario import Scenario
from rinq.lab.simulation import simulate
from rinq.metrics.measures import Measures, measure
from rinq.queue import PersistentQ, Role

POLL = 0.05  # real seconds between two checks of the time

Time = Literal["virtual", "real"]


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The result of a run.

    Args:
        measures: the numbers of ``Measures``, by name.
        verdict: the audit's.
        problems: what the audit found, a sentence each.
        real_seconds: how long the run took.
        history: the whole database, as bytes of its file.
    """

    measures: dict[str, float]
    verdict: str
    problems: list[str]
    real_seconds: float
    history: bytes


def perform(values: dict[str, Any], seed: int, kind: Time) -> RunOutcome:
    """Run a scenario, given as plain data, so that another process or host can do it.

    Raises:
        ConfigError; with real processes also what starting them raises.
    """
    scenario = Scenario.parse(values)
    return _run_virtual(scenario, seed) if kind == "virtual" else _run_real(scenario, seed)


def _run_virtual(scenario: Scenario, seed: int) -> RunOutcome:
    began = time.perf_counter()
    with simulate(scenario, seed=seed) as run:
        return _outcome(run.measure(), run.audit(), run.queue, began)


def _run_real(scenario: Scenario, seed: int) -> RunOutcome:
    began = time.perf_counter()
    config = {name: dict(section) for name, section in scenario.config.items()}
    general = config.setdefault("general", {})
    general["seed"] = seed
    for key in ("primary_path", "database"):  # the run has its own
        general.pop(key, None)
    with Run(config, restart=True) as run:
        names = [name for _, name in scenario.processes()]
        # producers last, so that no backlog waits for the others
        for role, name in sorted(scenario.processes(), key=lambda it: it[0] is Role.PRODUCER):
            run.fleet.start(role, name)
        start = run.queue.clock.now()
        plan = FaultPlanRunner(
            run.fleet, scenario.plan, seed=seed, until=scenario.seconds, names=names
        )
        with plan:
            while run.queue.clock.now() < start + scenario.seconds:
                time.sleep(POLL)
        window = {"start": start + scenario.warmup, "end": run.queue.clock.now()}
        run.fleet.stop_all()
        found = audit(run.queue, run.files, lease=run.config.manager.timeout)
        measures = measure(run.queue, consumers=scenario.consumers, **window)
        return _outcome(measures, found, run.queue, began)


def _outcome(measures: Measures, found: Audit, queue: PersistentQ, began: float) -> RunOutcome:
    with tempfile.TemporaryDirectory(prefix="rinq-") as folder:
        path = Path(folder) / "rinq.db"
        queue.save(path)
        return RunOutcome(
            measures=asdict(measures),
            verdict=str(found.verdict),
            problems=[str(problem) for problem in found.problems],
            real_seconds=time.perf_counter() - began,
            history=path.read_bytes(),
        )
