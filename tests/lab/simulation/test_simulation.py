"""Virtual time: the same seed gives the same history, and theory is met."""

from __future__ import annotations

import itertools
import math
import statistics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rinq.errors import ConfigError
from rinq.lab.audit.report import AuditVerdict
from rinq.lab.faults.plan import Act
from rinq.lab.simulation import VIRTUAL_ROLES, simulate
from rinq.lab.theory import mmc
from rinq.queue import PersistentQSQLite, Status
from rinq.roles.manager import Manager

HURT: dict[str, Any] = {
    "consumer": {"interval": [1, 3], "work_time": [3, 8], "n_time": 30},
    "faults": {"error_rate": 0.2, "hang_rate": 0.02, "crash_rate": 0.05},
}
STORM = [
    {"every": [20, 60], "do": "kill", "whom": "consumer"},
    {"every": [50, 100], "do": "freeze", "whom": "consumer", "seconds": [5, 120]},
    {"every": [200, 300], "do": "clock", "by": [-100, 100]},
    {"every": [100, 200], "do": "lock", "seconds": [5, 20]},
    {"every": [50, 100], "do": "failpoint", "whom": "consumer", "point": "completed"},
    {"every": [50, 100], "do": "failpoint", "whom": "consumer", "point": "failed", "seconds": 80},
    {"every": [50, 100], "do": "failpoint", "whom": "cleaner", "point": "renamed"},
    {"every": [50, 100], "do": "kill", "whom": "manager"},
    {"at": 300, "do": "rates", "error_rate": 0.5, "seconds": 100},
]


def test_the_same_seed_gives_the_same_history_to_the_byte():
    with simulate(hours=0.5, seed=3, config=HURT, faults=STORM) as first:
        with simulate(hours=0.5, seed=3, config=HURT, faults=STORM) as again:
            assert again.queue.history.transitions() == first.queue.history.transitions()
            assert again.queue.registry.process_events() == first.queue.registry.process_events()
            assert again.files.listing() == first.files.listing()
            assert again.digest() == first.digest()
        with simulate(hours=0.5, seed=4, config=HURT, faults=STORM) as other:
            assert other.digest() != first.digest()


def test_all_faults_act_and_no_rule_is_broken():
    with simulate(hours=2, seed=1, config=HURT, faults=STORM) as run:
        assert run.audit().verdict == AuditVerdict.VALID
        recorded = {row.event for row in run.queue.registry.process_events()}
        assert {*Act, "crash", "thaw", "unlock", "rates-over"} <= recorded
        events = {row.event for row in run.queue.history.transitions()}
        assert {"retry", "fail", "reassign", "refused", "clean"} <= events
        assert "illegal" not in events


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.sampled_from([0, [0, 2], "exponential(3)"]))
def test_no_seed_breaks_a_rule(seed, consumers, interval):
    config = {**HURT, "consumer": {**HURT["consumer"], "interval": interval}}
    with simulate(seconds=600, seed=seed, consumers=consumers, config=config, faults=STORM) as run:
        assert run.audit().problems == ()


def test_a_frozen_zombie_is_refused_when_it_wakes():
    plan = [{"at": 12, "do": "freeze", "whom": "consumer-1", "seconds": 100}]
    config = {"consumer": {"interval": 1, "work_time": 10}, "manager": {"timeout": 20}}
    with simulate(seconds=300, seed=1, consumers=2, config=config, faults=plan) as run:
        refused = [row for row in run.queue.history.transitions() if row.event == "refused"]
        assert [row.actor for row in refused] == ["consumer-1"]
        assert run.audit().verdict == AuditVerdict.VALID


WORK = {"consumer": {"interval": 1, "work_time": 10}, "manager": {"timeout": 20}}


def recorded_events(*entries, **scenario):
    """The process events that these entries cause: (event, seconds from the beginning)."""
    with simulate(
        seconds=200, seed=1, consumers=1, config=WORK, faults=[*entries], **scenario
    ) as run:
        return [
            (row.event, round(row.at - run.begin)) for row in run.queue.registry.process_events()
        ]


def freeze(at, seconds):
    return {"at": at, "do": "freeze", "whom": "consumer-1", "seconds": seconds}


def test_freezes_that_overlap_are_one_and_the_longer_counts():
    assert recorded_events(freeze(12, 60), freeze(20, 10), freeze(50, 40)) == [
        ("freeze", 12),
        ("thaw", 90),
    ]


def test_locks_and_rates_that_overlap_end_once():
    locks = [{"at": at, "do": "lock", "seconds": 30} for at in (10, 20)]
    rates = [{"at": at, "do": "rates", "error_rate": 0.1, "seconds": 30} for at in (10, 20)]
    assert recorded_events(*locks) == [("lock", 10), ("unlock", 50)]
    assert recorded_events(*rates) == [("rates", 10), ("rates", 20), ("rates-over", 50)]


def test_who_dies_frozen_is_not_thawed_and_who_is_down_cannot_be_frozen():
    kill = {"at": 30, "do": "kill", "whom": "consumer-1"}
    events = recorded_events(freeze(12, 60), kill, freeze(35, 20), restart=20)
    assert events == [("freeze", 12), ("kill", 30)]


def test_a_stop_at_a_failpoint_is_recorded_as_on_real_processes():
    stop = {"at": 8, "do": "failpoint", "whom": "consumer-1", "point": "claimed", "seconds": 40}
    events = recorded_events(stop)
    assert [event for event, _ in events] == ["failpoint", "freeze", "thaw"]
    assert events[2][1] == events[1][1] + 40


def test_a_killed_process_comes_back_as_another_incarnation_after_the_restart_time():
    plan = [{"at": 30, "do": "kill", "whom": "consumer-1"}]
    with simulate(seconds=300, seed=1, restart=60, faults=plan, consumers=1) as run:
        (row,) = (row for row in run.queue.registry.processes() if row.role == "consumer")
        assert row.incarnation == 2
        assert row.started == pytest.approx(run.begin + 90)


@pytest.mark.parametrize("consumers", [1, 3])
def test_exponential_times_meet_the_exact_formula_of_mmc(consumers):
    rate, work = 0.14 * consumers, 5.0
    config = {
        "general": {"speed": 20},  # a holder checks its claim once in 20 s, not each second
        "producer": {"interval": f"exponential({1 / rate})"},
        "consumer": {"interval": 0, "work_time": f"exponential({work})"},
    }
    runs = []
    for seed in range(8):
        with simulate(hours=2, seed=seed, warmup=600, consumers=consumers, config=config) as run:
            runs.append(run.measure())
    for what, exact in (
        ("waiting", mmc(rate, work, consumers).waiting),
        ("system", mmc(rate, work, consumers).system),
        ("backlog", mmc(rate, work, consumers).backlog),
        ("utilisation", mmc(rate, work, consumers).utilisation),
    ):
        found = [getattr(one, what) for one in runs]
        # Student's t at 99.9%, 7 degrees of freedom: the seeds are fixed, so this is no luck
        half = 5.41 * statistics.stdev(found) / math.sqrt(len(found))
        assert abs(statistics.fmean(found) - exact) < half
        assert half < 0.6 * exact  # narrow enough to mean something


@pytest.mark.parametrize(("consumers", "grows"), [(1, True), (2, True), (3, False), (4, False)])
def test_the_seeds_own_defaults_need_three_consumers(consumers, grows):
    with simulate(hours=4, seed=1, consumers=consumers) as run:
        found = run.measure()
    assert (found.growth > 0.01) is grows
    assert (found.backlog > 50) is grows


def test_a_run_of_a_real_length_leaves_nothing_undone():
    with simulate(hours=2, seed=1) as run:
        assert run.counts[Status.PROCESSED] >= run.measure().arrivals - 3
        assert run.measure().arrivals == 1440


def test_a_saved_run_is_a_queue_like_any_other(tmp_path):
    with simulate(seconds=300, seed=1) as run:
        run.save(tmp_path / "rinq.db")
        with PersistentQSQLite(tmp_path / "rinq.db") as queue:
            assert queue.history.transitions() == run.queue.history.transitions()


def test_a_role_can_be_replaced():
    class Lazy(Manager):
        def step(self):
            return self.end_cycle()

    plan = [{"at": 12, "do": "kill", "whom": "consumer-1"}]
    config = {"consumer": {"interval": 1, "work_time": 10}}
    roles: dict[str, Any] = {**VIRTUAL_ROLES, "manager": Lazy}
    with simulate(seconds=400, consumers=1, config=config, faults=plan, roles=roles) as run:
        assert run.counts[Status.PROCESSING] >= 1
        (problem,) = run.audit().problems
        assert "Manager" in str(problem) or "manager" in str(problem)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"consumer": 3}, "consumer: unknown"),
        ({"consumers": -1}, "consumers: expected a whole number from 0"),
        ({"seconds": 0}, "seconds: expected a number of seconds above 0"),
        ({"config": {"consumer": {"intervall": 3}}}, "Did you mean"),
        ({"faults": [{"at": 3, "do": "explode"}]}, "do: expected one of kill"),
        ({"faults": "kill"}, "faults: expected a list of entries of a fault plan, got 'kill'"),
        ({"config": [3]}, r"config: expected sections as in config.yaml, got \[3\]"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        simulate(**changes)


@pytest.mark.parametrize(
    "wait",
    [
        {"producer.interval": 0},
        {"producer.interval": "exponential(0)"},
        {"consumer.interval": 1e-9},
        {"cleaner.interval": 1e-300},
        {"manager.interval": 1e-9},
    ],
)
@pytest.mark.timeout(60)
def test_a_wait_that_would_stop_virtual_time_is_refused(wait):
    with pytest.raises(ConfigError, match=r"expected at least 0.001 seconds on average"):
        simulate(hours=0.01, **wait)


def test_a_consumer_without_a_wait_is_woken_when_a_delayed_job_is_due():
    config = {
        "producer": {"interval": 1000},
        "consumer": {"interval": 0, "work_time": 1, "retry_wait": 20, "n_tries": 3},
        "faults": {"error_rate": 1},
    }
    with simulate(seconds=900, seed=1, config=config) as run:
        assert run.audit()
        (name,) = {job.name for job in run.queue.jobs()}
        history = run.queue.history.of(name)
        claims = [row.at for row in history if row.event == "claim"]
        assert [round(b - a, 3) for a, b in itertools.pairwise(claims)] == [21, 21]
