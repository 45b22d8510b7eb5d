"""One run of a scenario, in virtual time or by real processes, and what is kept of it."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rinq.fleet.run import Run
from rinq.lab.audit import audit
from rinq.lab.inject import Injector
from rinq.lab.measure import measure
from rinq.lab.scenario import Scenario
from rinq.lab.simulate import simulate
from rinq.queue import Role

LOOK = 0.05  # real seconds between two looks whether the time is over

Time = Literal["virtual", "real"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Args:
        measures: the numbers of ``Measures``, by name.
        verdict: the audit's.
        problems: what it found, a sentence each.
        real_seconds: how long the run took.
        history: the whole database, as bytes of its file.
    """

    measures: dict[str, float]
    verdict: str
    problems: list[str]
    real_seconds: float
    history: bytes


def perform(values: dict[str, Any], seed: int, kind: Time) -> Outcome:
    """Run a scenario, given as plain data, so that another process or host can do it.

    Raises:
        ConfigError; with real processes also what starting them raises.
    """
    scenario = Scenario.parse(values)
    return _virtually(scenario, seed) if kind == "virtual" else _really(scenario, seed)


def _virtually(scenario: Scenario, seed: int) -> Outcome:
    began = time.perf_counter()
    with simulate(scenario, seed=seed) as run:
        found = run.audit()
        return Outcome(
            measures=asdict(run.measure()),
            verdict=str(found.verdict),
            problems=[str(problem) for problem in found.problems],
            real_seconds=time.perf_counter() - began,
            history=_saved(run.queue.save),
        )


def _really(scenario: Scenario, seed: int) -> Outcome:
    began = time.perf_counter()
    config = {name: dict(section) for name, section in scenario.config.items()}
    config.setdefault("general", {})["seed"] = seed
    with Run(config, restart=True) as run:
        names = [name for _, name in scenario.processes()]
        producers = [name for role, name in scenario.processes() if role is Role.PRODUCER]
        for role, name in scenario.processes():
            if role is not Role.PRODUCER:
                run.fleet.start(role, name)
        for name in producers:  # once all others are up, so that no backlog waits for them
            run.fleet.start(Role.PRODUCER, name)
        start = run.queue.now()
        plan = Injector(run.fleet, scenario.plan, seed=seed, until=scenario.seconds, names=names)
        with plan:
            while run.queue.now() < start + scenario.seconds:
                time.sleep(LOOK)
        end = run.queue.now()
        run.fleet.stop_all()
        found = audit(run.queue, run.files, lease=run.config.manager.timeout)
        window = {"start": start + scenario.warmup, "end": end}
        return Outcome(
            measures=asdict(measure(run.queue, consumers=scenario.consumers, **window)),
            verdict=str(found.verdict),
            problems=[str(problem) for problem in found.problems],
            real_seconds=time.perf_counter() - began,
            history=_saved(run.queue.save),
        )


def _saved(save: Any) -> bytes:
    with tempfile.TemporaryDirectory(prefix="rinq-") as folder:
        path = Path(folder) / "rinq.db"
        save(path)
        return path.read_bytes()
