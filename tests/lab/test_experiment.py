"""Experiments: the grid, the seeds, side by side, interrupted, resumed, and summed up."""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import psutil
import pytest
from processes import lives

from rinq.errors import ConfigError, ExperimentError
from rinq.lab import experiment as module
from rinq.lab.audit.auditor import audit
from rinq.lab.experiment import Experiment
from rinq.lab.results import confidence
from rinq.lab.scenario import Scenario
from rinq.queue import PersistentQSQLite, Status

SHORT = {"seconds": 300, "config": {"consumer": {"work_time": "exponential(8)"}}}
GRID: dict[str, list[Any]] = {"consumers": [2, 3], "consumer.interval": [0, [1, 3]]}


class Here(Executor):
    """Does each task when it is submitted; the one numbered ``fails`` raises instead."""

    def __init__(self, fails=None):
        self.done, self.fails = 0, fails

    def submit(self, task, /, *arguments, **options):
        future = Future()
        self.done += 1
        if self.done == self.fails:
            future.set_exception(OSError("the power went"))
        else:
            future.set_result(task(*arguments))
        return future


def without_real_time(results):
    return [{k: v for k, v in row.items() if k != "real_seconds"} for row in results.rows]


def test_a_grid_is_every_combination_and_each_run_has_a_seed_of_its_own():
    runs = Experiment(SHORT, vary=GRID, repeats=3).runs
    assert len(runs) == 12
    assert [run.case for run in runs[::3]] == [
        {"consumers": 2, "consumer.interval": 0},
        {"consumers": 2, "consumer.interval": [1, 3]},
        {"consumers": 3, "consumer.interval": 0},
        {"consumers": 3, "consumer.interval": [1, 3]},
    ]
    assert len({run.seed for run in runs}) == 12
    assert runs[3].scenario.consumers == 2
    assert runs[3].scenario.parameters.consumer.interval.plain == [1, 3]
    assert runs[3].scenario.parameters.consumer.work_time.plain == "exponential(8)"


def test_a_list_of_cases_is_taken_as_it_stands():
    cases = [{"consumers": 1}, {"consumers": 2, "producer.interval": 9}]
    assert [run.case for run in Experiment(SHORT, vary=cases, repeats=1).runs] == cases


def test_the_same_experiment_has_the_same_runs_and_another_seed_has_others():
    seeds = [[run.seed for run in Experiment(SHORT, vary=GRID, seed=n).runs] for n in (1, 1, 2)]
    assert seeds[0] == seeds[1] != seeds[2]


def test_side_by_side_in_processes_is_the_same_as_one_by_one(tmp_path):
    experiment = Experiment(SHORT, vary={"consumers": [2, 3]}, repeats=2)
    serial = experiment.run(tmp_path / "serial", executor=Here(), progress=False)
    parallel = experiment.run(tmp_path / "parallel", progress=False)
    assert without_real_time(parallel) == without_real_time(serial)
    assert repr(parallel) == "4 runs, valid"


def test_each_run_keeps_its_scenario_its_history_and_its_verdict(tmp_path):
    results = Experiment(SHORT, repeats=1).run(tmp_path, executor=Here(), progress=False)
    folder = tmp_path / "001-1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "result.json",
        "rinq.db",
        "scenario.yaml",
    ]
    assert json.loads((folder / "result.json").read_text())["verdict"] == "valid"
    with PersistentQSQLite(folder / "rinq.db") as queue:
        assert sum(queue.counts().values()) == results.rows[0]["arrivals"]
        assert audit(queue).verdict == "valid"


def test_what_failed_is_reported_what_did_not_is_kept_and_only_the_rest_is_done_again(tmp_path):
    experiment = Experiment(SHORT, vary={"consumers": [1, 2, 3]}, repeats=2)
    with pytest.raises(ExperimentError, match=r"consumers.*the power went"):
        experiment.run(tmp_path, executor=Here(fails=4), progress=False)
    kept = len(list(tmp_path.glob("*/result.json")))
    rest = Here()
    results = experiment.run(tmp_path, executor=rest, progress=False)
    assert rest.done == 6 - kept
    assert len(results.rows) == 6
    again = Here(fails=1)
    assert without_real_time(experiment.run(tmp_path, executor=again, progress=False)) == (
        without_real_time(results)
    )
    assert again.done == 0


def test_an_interrupted_experiment_starts_nothing_more_and_keeps_what_it_has(tmp_path, monkeypatch):
    experiment = Experiment(SHORT, vary={"consumers": [1, 2, 3]}, repeats=2)
    keep, kept = module._keep, []

    def interrupted(folder, *rest):
        if len(kept) == 2:
            raise KeyboardInterrupt
        kept.append(folder)
        keep(folder, *rest)

    monkeypatch.setattr(module, "_keep", interrupted)
    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyboardInterrupt):
        experiment.run(tmp_path, executor=pool, progress=False)
    monkeypatch.undo()
    assert len(list(tmp_path.glob("*/result.json"))) == 2
    rest = Here()
    experiment.run(tmp_path, executor=rest, progress=False)
    assert rest.done == 4


def test_half_a_run_is_none(tmp_path):
    experiment = Experiment(SHORT, repeats=1)
    experiment.run(tmp_path, executor=Here(), progress=False)
    (tmp_path / "001-1/result.json").unlink()
    again = Here()
    experiment.run(tmp_path, executor=again, progress=False)
    assert again.done == 1


def test_the_folder_of_another_experiment_is_refused(tmp_path):
    Experiment(SHORT, repeats=1).run(tmp_path, executor=Here(), progress=False)
    with pytest.raises(ExperimentError, match="another experiment"):
        Experiment(SHORT, repeats=1, seed=2).run(tmp_path, executor=Here(), progress=False)


def test_the_frame_is_tidy_and_the_summary_has_intervals(tmp_path):
    experiment = Experiment(SHORT, vary=GRID, repeats=3)
    results = experiment.run(tmp_path, executor=Here(), progress=False)
    frame, summary = results.frame(), results.summary()
    assert len(frame) == 12
    assert list(frame.columns[:3]) == ["consumers", "consumer.interval", "repeat"]
    assert set(frame["problems"]) == {0}
    case = summary[(summary["consumers"] == 2) & (summary["consumer.interval"] == "[1, 3]")]
    waiting = case[case["measure"] == "waiting"].iloc[0]
    values = frame[(frame["consumers"] == 2) & (frame["consumer.interval"] == "[1, 3]")]["waiting"]
    assert waiting["n"] == 3
    assert waiting["mean"] == pytest.approx(statistics.fmean(values))
    assert waiting["low"] < waiting["mean"] < waiting["high"]


def test_a_confidence_interval_is_students():
    mean, half = confidence([1.0, 2.0, 3.0])
    assert (mean, half) == (2, pytest.approx(4.303 / math.sqrt(3)))
    assert math.isnan(confidence([1.0])[1])
    assert math.isnan(confidence([])[0])
    assert confidence([0.0, 2.0] * 50)[1] == pytest.approx(1.96 * 1.00504 / 10, rel=1e-4)


def test_real_processes_run_from_the_same_description(tmp_path):
    scenario = Scenario.parse(
        {
            "seconds": 60,
            "consumers": 2,
            "config": {
                "general": {"speed": 20, "primary_path": str(tmp_path / "mine")},
                "producer": {"interval": 2},
                "consumer": {"interval": 1, "work_time": [1, 2], "n_time": 30},
            },
            "faults": [{"at": 10, "do": "kill", "whom": "consumer"}],
        }
    )
    results = Experiment(scenario, repeats=1, kind="real").run(tmp_path, progress=False)
    assert not (tmp_path / "mine").exists()  # a run has a folder of its own
    (row,) = results.rows
    assert row["verdict"] == "valid"
    assert row["processed"] > 0
    with PersistentQSQLite(tmp_path / "001-1/rinq.db") as queue:
        assert [row.event for row in queue.registry.process_events()] == ["kill"]
        assert queue.counts()[Status.PROCESSED] >= row["processed"]


def test_a_cluster_gives_the_same_results(tmp_path):
    from distributed import Client

    experiment = Experiment(SHORT, vary={"consumers": [2, 3]}, repeats=1)
    here = experiment.run(tmp_path / "here", executor=Here(), progress=False)
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with Client(processes=False, **options) as client:
        there = experiment.run(tmp_path / "there", executor=client.get_executor(), progress=False)
    assert without_real_time(there) == without_real_time(here)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vary": {"consumer": [1]}}, "consumer: unknown"),
        ({"vary": {"consumers": [1, -1]}}, "consumers: expected"),
        ({"vary": {"consumer.intervall": [1]}}, "Did you mean"),
        ({"repeats": 0}, "repeats: expected"),
        ({"kind": "imaginary"}, "kind: expected virtual or real"),
    ],
)
def test_an_experiment_that_makes_no_sense_is_refused_before_anything_runs(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Experiment(SHORT, **arguments)


KILLED = """
import sys
from rinq import Experiment

if __name__ == "__main__":
    scenario = {"seconds": 1e9, "consumers": 2, "config": {"producer": {"interval": 1e-3}}}
    Experiment(scenario, repeats=2).run(sys.argv[1], progress=False)
"""


def test_no_worker_outlives_a_program_that_was_killed(tmp_path, eventually):
    (tmp_path / "killed.py").write_text(KILLED)
    program = subprocess.Popen([sys.executable, tmp_path / "killed.py", tmp_path / "runs"])
    try:

        def workers():
            children = psutil.Process(program.pid).children(recursive=True)
            return [child for child in children if child.cpu_times().user > 0.5]  # at work

        pids = [worker.pid for worker in eventually(workers, 120)]
    finally:
        program.kill()
        program.wait()
    eventually(lambda: not any(lives(pid) for pid in pids))
