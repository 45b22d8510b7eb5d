"""Each safeguard, taken out, is missed: by virtual time and audit, or by real processes.

The first five are found by the simulator within ten seeds. The other two flaws lie between
two statements of one step, where virtual time cannot look: there a real process is stopped
at a failpoint while somebody else moves the job.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import mutants
import psutil
import pytest
import yaml
from mutants import EarlyPublisher, no_cap, no_fence, no_status_guard, no_waiting

from rinq.config import Config
from rinq.errors import Unavailable
from rinq.faults import FAILPOINT
from rinq.files import Files
from rinq.lab.audit.auditor import audit
from rinq.lab.audit.report import Rule
from rinq.lab.simulation.simulation import simulate
from rinq.lab.simulation.world import VIRTUAL_ROLES
from rinq.queue import PersistentQSQLite, Status, open_queue
from rinq.queue.sqlite.connection import SQL
from rinq.roles.operator import redrive

NAME = "abcdefghij"
SEEDS = range(1, 11)
CONFIG = {
    "consumer": {"interval": [1, 3], "work_time": [3, 8], "n_time": 30},
    "manager": {"timeout": 20, "interval": 5},
}
FREEZES = [{"every": [20, 60], "do": "freeze", "whom": "consumer", "seconds": [10, 60]}]
POISON = {**CONFIG, "faults": {"crash_rate": 0.5}}


def broken_rules(config=CONFIG, faults=FREEZES, roles=VIRTUAL_ROLES):
    """The rules that the audit sees broken in the first seed in which any is."""
    for seed in SEEDS:
        with simulate(seconds=900, seed=seed, config=config, faults=faults, roles=roles) as run:
            problems = run.audit().problems
            if problems:
                return {problem.rule for problem in problems}
    return set()


@pytest.mark.parametrize(("config", "faults"), [(CONFIG, FREEZES), (POISON, [])])
def test_with_every_safeguard_in_place_nothing_is_found(config, faults):
    assert broken_rules(config, faults) == set()


def test_without_the_fence_a_zombie_settles_a_job_of_somebody_else(monkeypatch):
    for verb, sql in no_fence().items():
        monkeypatch.setitem(SQL, verb, sql)
    assert Rule.STALE_CLAIM in broken_rules()


def test_without_the_status_guard_a_zombie_completes_a_job_that_waits(monkeypatch):
    for verb, sql in no_status_guard().items():
        monkeypatch.setitem(SQL, verb, sql)
    assert Rule.LEGAL_MOVE in broken_rules()


def test_without_the_cap_a_poison_job_goes_round_for_ever(monkeypatch):
    for verb, sql in no_cap().items():
        monkeypatch.setitem(SQL, verb, sql)
    assert Rule.LIMIT in broken_rules(POISON, faults=[])


def test_without_the_guard_of_time_a_failed_job_is_claimed_before_it_is_due(monkeypatch):
    for verb, sql in no_waiting().items():
        monkeypatch.setitem(SQL, verb, sql)
    retries = {"consumer": {"retry_wait": 60}, "faults": {"error_rate": 0.5}}
    assert Rule.DUE in broken_rules(retries, faults=[])


def test_published_before_the_commit_a_result_is_there_that_nobody_accepted():
    assert Rule.FILES in broken_rules(roles={**VIRTUAL_ROLES, "consumer": EarlyPublisher})


# Real processes


@pytest.fixture
def config(tmp_path):
    """A config file; a lease is over at once."""
    file = tmp_path / "config.yaml"
    values = {
        "general": {"primary_path": "jobs", "durability": "normal"},
        "consumer": {"n_tries": 1, "interval": 0.1},
        "manager": {"interval": 0.1, "timeout": 0.01},
        "faults": {"error_rate": 1},
    }
    file.write_text(yaml.safe_dump(values), "utf-8")
    return Config.load(file)


@pytest.fixture
def files(config, queue):
    return Files.of(config, queue)


@pytest.fixture
def queue(config):
    with open_queue(config) as queue:
        yield queue


@pytest.fixture
def stopped(config, eventually):
    """Starts a mutated role, and waits until it has stopped at a failpoint."""
    started = []

    def start(mutation, role, point):
        program = Path(mutants.__file__)
        command = [sys.executable, str(program), mutation, role, f"{role}-1", str(config.file)]
        armed = {**os.environ, FAILPOINT: f"{point}=stop"}
        process = subprocess.Popen(command, env=armed, stderr=subprocess.DEVNULL)
        started.append(process)
        eventually(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
        return process

    yield start
    for process in started:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize(
    ("mutation", "found"), [("none", set()), ("no_recheck", {Rule.LEGAL_MOVE})]
)
def test_without_the_second_look_a_finished_job_is_taken_back(
    mutation, found, stopped, queue, files, eventually
):
    files.create(NAME, b"text")
    queue.submit(NAME)
    claim = queue.claim("slow", 0.01)
    manager = stopped(mutation, "manager", "lapsed")
    files.write_result(NAME, claim.attempt, b"result")
    queue.complete(claim)  # late, but not taken back: accepted
    files.follow(queue.job(NAME))
    manager.send_signal(signal.SIGCONT)
    eventually(lambda: next(row.cycle_ended for row in queue.registry.processes()))
    broken = {problem.rule for problem in audit(queue, files).problems}
    assert found <= broken
    assert bool(found) is bool(broken)


def test_with_the_lock_nobody_moves_a_job_while_its_files_are_worked_on(
    stopped, config, queue, files, eventually
):
    files.create(NAME, b"text")
    queue.submit(NAME)
    consumer = stopped("none", "consumer", "following")
    with PersistentQSQLite(config.database, wait=0.2) as impatient, pytest.raises(Unavailable):
        redrive(impatient, files, NAME)
    consumer.send_signal(signal.SIGCONT)
    eventually(lambda: f"{NAME}.failed" in files.listing().folder)
    assert audit(queue, files).problems == ()


def test_without_the_lock_a_late_file_worker_takes_the_file_of_a_finished_job(
    stopped, queue, files, eventually
):
    files.create(NAME, b"text")
    queue.submit(NAME)
    consumer = stopped("no_lock", "consumer", "following")
    assert queue.job(NAME).status is Status.FAILED
    redrive(queue, files, NAME)
    claim = queue.claim("other", 60)
    files.write_result(NAME, claim.attempt, b"result")
    queue.complete(claim)
    files.follow(queue.job(NAME))
    consumer.send_signal(signal.SIGCONT)
    eventually(lambda: f"{NAME}.failed" in files.listing().folder)
    assert Rule.FILES in {problem.rule for problem in audit(queue, files).problems}
