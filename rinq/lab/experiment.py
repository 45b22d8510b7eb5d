"""Experiments: scenarios varied, repeated, run side by side, kept, and resumed."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from rinq.config import dump_values, read_values
from rinq.display import shortened
from rinq.errors import ConfigError, ExperimentError
from rinq.faults import digest
from rinq.lab.perform import RunOutcome, Time, perform
from rinq.lab.results import Results
from rinq.lab.scenario import Scenario
from rinq.regular import read_regular
from rinq.roles.process_tree import end_with_parent

SCENARIO = "scenario.yaml"
RESULT = "result.json"
DATABASE = "rinq.db"
MOST_BYTES = 2**20  # of a result

Case = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run: the parameters that are varied, which repetition it is, and its seed."""

    name: str
    case: Case
    repeat: int
    seed: int
    scenario: Scenario


class Experiment:
    """A scenario, run for each combination of parameters, with independent seeds.

    Args:
        scenario: what stays the same: a ``Scenario`` or its values.
        vary: parameter → its values, every combination of which is a case; or a list of cases,
            each a mapping of parameters. A parameter is one of the scenario's (``consumers``)
            or a dotted one of the config (``consumer.interval``).
        repeats: runs of each case.
        seed: the seeds of all runs are derived from it; the same experiment gives the same runs.
        kind: ``virtual`` time, or ``real`` processes.

    Raises:
        ConfigError: a case is out of range, or there is no such parameter.

    Two consumers cannot keep up with a job each 5 s, three can:

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> import rinq
    >>> experiment = rinq.Experiment({"seconds": 3600}, vary={"consumers": [2, 3]}, repeats=2)
    >>> with ThreadPoolExecutor(1) as executor:  # without one: a process per processor
    ...     results = experiment.run("my-experiment", executor=executor, progress=False)
    >>> results
    4 runs, valid
    >>> results.frame().groupby("consumers")["processed"].max().to_dict()
    {2: 650, 3: 720}
    >>> table = results.summary()
    >>> table[table["measure"] == "waiting"][["consumers", "n", "mean"]].round(1).values.tolist()
    [[2.0, 2.0, 188.9], [3.0, 2.0, 3.1]]
    """

    def __init__(
        self,
        scenario: Scenario | Mapping[str, Any] | None = None,
        *,
        vary: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]] = (),
        repeats: int = 5,
        seed: int = 1,
        kind: Time = "virtual",
    ) -> None:
        self.scenario = (
            scenario if isinstance(scenario, Scenario) else Scenario.parse(scenario or {})
        )
        self.cases = list(_cases(vary))
        self.kind = kind
        if repeats < 1:
            raise ConfigError(f"repeats: expected a whole number from 1 up, got {repeats}.")
        if kind not in ("virtual", "real"):
            raise ConfigError(f"kind: expected virtual or real, got {shortened(kind)}.")
        self.runs = [
            PlannedRun(
                name=f"{number:03d}-{repeat + 1}",
                case=case,
                repeat=repeat + 1,
                seed=digest("experiment", seed, json.dumps(case, sort_keys=True), repeat) >> 32,
                scenario=self.scenario.varied(case),
            )
            for number, case in enumerate(self.cases, start=1)
            for repeat in range(repeats)
        ]

    def run(
        self, folder: Path | str, *, executor: Executor | None = None, progress: bool = True
    ) -> Results:
        """Do the runs that are not in ``folder`` yet, and return the results of all.

        Each has a folder of its own in it: ``scenario.yaml`` (with the seed), ``rinq.db`` (the
        history, which every tool of rinq opens) and ``result.json`` (measures and verdict).
        An interrupted experiment is resumed by calling this again.

        Args:
            executor: any ``concurrent.futures`` executor, such as a Dask client's. Without one,
                virtual runs use one process per processor, and real runs are made one after
                the other, so that they do not disturb each other.
            progress: show a progress bar.

        Raises:
            ExperimentError: a run failed (those that did not are kept), or the folder holds
                the runs of another experiment.
        """
        root = Path(folder)
        root.mkdir(parents=True, exist_ok=True)
        todo = [run for run in self.runs if not self._is_done(root, run)]
        with ExitStack() as stack:
            bar = stack.enter_context(
                tqdm(total=len(self.runs), initial=len(self.runs) - len(todo), disable=not progress)
            )
            if todo:
                pool = executor or stack.enter_context(self._pool())
                for run, outcome in self._outcomes(pool, todo):
                    _keep(root / run.name, run, self.kind, outcome)
                    bar.update()
        return Results(
            [
                {**run.case, "repeat": run.repeat, **_read(root / run.name / RESULT)}
                for run in self.runs
            ],
            list(dict.fromkeys(key for case in self.cases for key in case)),
            root,
        )

    def _outcomes(
        self, pool: Executor, todo: Sequence[PlannedRun]
    ) -> Iterator[tuple[PlannedRun, RunOutcome]]:
        futures: dict[Future[RunOutcome], PlannedRun] = {}
        try:
            for run in todo:
                values = run.scenario.model_dump(mode="json")
                futures[pool.submit(perform, values, run.seed, self.kind)] = run
            for future in as_completed(futures):
                run = futures[future]
                try:
                    outcome = future.result()
                except Exception as error:
                    raise ExperimentError(f"{run.name} {run.case}: {error}") from error
                yield run, outcome
        finally:
            for future in futures:
                future.cancel()

    def _pool(self) -> Executor:
        workers = 1 if self.kind == "real" else min(os.cpu_count() or 1, len(self.runs))
        return ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=end_with_parent
        )

    def _is_done(self, root: Path, run: PlannedRun) -> bool:
        folder = root / run.name
        if not (folder / RESULT).exists():
            return False
        if read_values(folder / SCENARIO) != _described(run, self.kind):
            raise ExperimentError(
                f"{folder} holds a run of another experiment", advice="Choose another folder."
            )
        return True


def _cases(vary: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]) -> Iterator[Case]:
    if isinstance(vary, Mapping):
        for values in itertools.product(*vary.values()):
            yield dict(zip(vary, values, strict=True))
    else:
        yield from (dict(case) for case in (vary or ({},)))


def _described(run: PlannedRun, kind: Time) -> dict[str, Any]:
    return {"seed": run.seed, "kind": kind, "scenario": run.scenario.model_dump(mode="json")}


def _keep(folder: Path, run: PlannedRun, kind: Time, outcome: RunOutcome) -> None:
    """Write a run, its result last and by one rename: an interrupted write leaves it not done."""
    folder.mkdir(exist_ok=True)
    (folder / SCENARIO).write_text(dump_values(_described(run, kind)), "utf-8")
    (folder / DATABASE).write_bytes(outcome.history)
    result = {
        "seed": run.seed,
        "verdict": outcome.verdict,
        "problems": outcome.problems,
        "real_seconds": outcome.real_seconds,
        **outcome.measures,
    }
    part = folder / f"{RESULT}.part"
    part.write_text(json.dumps(result, indent=1), "utf-8")
    part.replace(folder / RESULT)


def _read(path: Path) -> dict[str, Any]:
    """A result as ``_keep`` wrote it. Raises: ExperimentError."""
    try:
        found: dict[str, Any] = json.loads(read_regular(path, MOST_BYTES))
        return {"verdict": found["verdict"], "problems": found["problems"], **found}
    except (OSError, ValueError, RecursionError, TypeError, KeyError) as error:
        advice = "Delete its folder: what is missing is run again."
        raise ExperimentError(f"{path} cannot be read", advice=advice) from error
