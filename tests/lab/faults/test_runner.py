"""A fault plan on real processes: each fault acts, is recorded, and is undone on every way out."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import Any

import pytest

from rinq import Fleet, Run, audit
from rinq.errors import NotRunning, Unavailable
from rinq.lab.faults.plan import Act, FaultPlan
from rinq.lab.faults.runner import FaultPlanRunner
from rinq.queue import Status, open_queue
from rinq.queue.liveness import State

NAME, OTHER = "abcdefghij", "zyxwvutsrq"
VALUES: dict[str, Any] = {
    "general": {"speed": 50, "durability": "normal", "seed": 7},
    "consumer": {"interval": 1, "n_time": 9999},
    "manager": {"interval": 5},
}
LONG = 3600


@pytest.fixture
def run():
    with Run(VALUES) as opened:
        yield opened


@pytest.fixture
def queue(run):
    return run.queue


@pytest.fixture
def fleet(run):
    return run.fleet


@pytest.fixture
def submit(run):
    def submit_one(name=NAME):
        run.files.create(name, b"some text")
        return run.queue.submit(name, "somebody")

    return submit_one


@pytest.fixture
def plan_runner(fleet):
    """The runner of a plan of these entries, with seed 1."""

    def prepare(*entries, until=LONG):
        return FaultPlanRunner(fleet, FaultPlan.parse(entries), seed=1, until=until)

    return prepare


@pytest.fixture
def state(fleet):
    return lambda name: next(p.state for p in fleet.processes() if p.name == name)


@pytest.fixture
def recorded(queue):
    """The process events: which process, which event, in order."""
    return lambda: [(event.process, event.event) for event in queue.registry.process_events()]


@pytest.fixture
def processed(queue, eventually):
    """Waits until these jobs are processed."""

    def wait(*names):
        eventually(lambda: all(queue.job(name).status is Status.PROCESSED for name in names))

    return wait


@pytest.fixture
def is_consistent(run):
    """Stops everything and compares rows, history and files."""

    def compare():
        run.fleet.stop_all()
        return audit(run.queue, run.files).at_rest

    return compare


def can_write(run):
    with open_queue(run.config) as other:
        other._db.wait = 0  # type: ignore[attr-defined]
        try:
            other.settings.change({})
        except Unavailable:
            return False
        return True


def events(queue, name=NAME):
    return [(row.event, row.actor) for row in queue.history.of(name)]


@pytest.fixture
def start_long_work(fleet, queue, eventually):
    """Starts a consumer that has only just begun when the others are done."""

    def start(name):
        queue.settings.change({"consumer.work_time": 5000})
        fleet.start("consumer", name)
        eventually(lambda: queue.job(NAME).process == name)
        eventually(lambda: any("claimed" in line for line in fleet.tail(name)))
        queue.settings.change({"consumer.work_time": None})

    return start


# Each fault


def test_a_killed_consumer_loses_no_job(
    plan_runner, fleet, queue, submit, start_long_work, state, recorded, processed, is_consistent
):
    submit()
    start_long_work("victim")
    plan_runner({"at": 1, "do": "kill", "whom": "victim"}).run()
    assert state("victim") is State.KILLED
    assert recorded() == [("victim", "kill")]
    for role in ("manager", "consumer"):
        fleet.start(role)
    processed(NAME)
    assert [event for event, _ in events(queue)] == [
        "submit",
        "claim",
        "reassign",
        "claim",
        "complete",
    ]
    assert is_consistent()


def test_a_consumer_frozen_past_its_lease_is_thawed_and_changes_nothing(
    plan_runner,
    fleet,
    queue,
    submit,
    start_long_work,
    state,
    recorded,
    processed,
    eventually,
    is_consistent,
):
    submit()
    start_long_work("zombie")
    with plan_runner({"at": 0, "do": "freeze", "whom": "zombie", "seconds": 250}) as runner:
        eventually(lambda: state("zombie") is State.FROZEN)
        for role, name in (("manager", "manager"), ("consumer", "prompt")):
            fleet.start(role, name)
        processed(NAME)
        assert state("zombie") is State.FROZEN
        eventually(lambda: not runner.is_alive)
    assert state("zombie") is State.RUNNING
    assert recorded() == [("zombie", "freeze"), ("zombie", "thaw")]
    assert events(queue)[-1] == ("complete", "prompt")
    frozen, thawed = (event.at for event in queue.registry.process_events())
    assert thawed - frozen > 100
    assert is_consistent()


def test_a_consumer_stopped_with_its_result_written_is_refused_when_it_is_late(
    plan_runner, fleet, queue, submit, recorded, processed, eventually, is_consistent
):
    """The zombie: it comes back with the work done, and finds the job taken."""
    for role, name in (("consumer", "zombie"), ("manager", "manager")):
        fleet.start(role, name)
    stop = {"at": 0, "do": "failpoint", "whom": "zombie", "point": "result-written"}
    with plan_runner(stop | {"seconds": 200}) as runner:
        asyncio.run(runner.armed("zombie"))
        submit()
        eventually(lambda: ("zombie", "freeze") in recorded())
        fleet.start("consumer", "prompt")
        processed(NAME)
        eventually(lambda: ("refused", "zombie") in events(queue))
    assert events(queue)[-2:] == [("complete", "prompt"), ("refused", "zombie")]
    assert recorded() == [("zombie", "failpoint"), ("zombie", "freeze"), ("zombie", "thaw")]
    assert is_consistent()


def test_a_consumer_dies_between_move_and_publication_and_the_cleaner_publishes(
    run, plan_runner, fleet, queue, submit, state, recorded, eventually, is_consistent
):
    fleet.start("consumer", "victim")
    with plan_runner(
        {"at": 0, "do": "failpoint", "whom": "victim", "point": "completed"}
    ) as runner:
        asyncio.run(runner.armed("victim"))
        submit()
        asyncio.run(runner.over())
    assert state("victim") is State.CRASHED
    assert recorded() == [("victim", "failpoint"), ("victim", "kill")]
    result = run.files.folder / f"{NAME}.processed"
    assert not result.exists()
    fleet.start("cleaner")
    eventually(result.exists)
    assert is_consistent()


def test_while_a_program_holds_the_lock_nobody_writes(run, plan_runner, recorded, eventually):
    with plan_runner({"at": 1, "do": "lock", "seconds": 100}) as runner:
        eventually(lambda: not can_write(run))
        assert recorded() == [(None, "lock")]
        eventually(lambda: not runner.is_alive)
    assert can_write(run)
    assert recorded() == [(None, "lock"), (None, "unlock")]


def test_what_is_due_while_the_lock_is_held_comes_after_it(plan_runner, fleet, state, recorded):
    fleet.start("manager", "mine")
    plan_runner(
        {"at": 0, "do": "lock", "seconds": 20},
        {"at": 1, "do": "freeze", "whom": "mine", "seconds": 5},
    ).run()
    assert recorded() == [(None, "lock"), (None, "unlock"), ("mine", "freeze"), ("mine", "thaw")]
    assert state("mine") is State.RUNNING


def test_of_two_faults_that_end_at_once_the_lock_is_released_first(plan_runner, recorded):
    """Else the other's event would wait for it in vain."""
    plan_runner(
        {"at": 0, "do": "rates", "error_rate": 0.5, "seconds": 20},
        {"at": 2, "do": "lock", "seconds": 20},
    ).run()
    assert [event for _, event in recorded()] == ["rates", "lock", "unlock", "rates-over"]


def test_with_the_clock_set_forward_and_back_no_job_is_lost(
    plan_runner,
    fleet,
    queue,
    submit,
    start_long_work,
    recorded,
    processed,
    eventually,
    is_consistent,
):
    queue.clock.set_speed(1)
    submit()
    start_long_work("slow")
    plan_runner({"at": 0, "do": "clock", "by": 200}).run()
    fleet.start("manager", "manager")
    eventually(lambda: ("reassign", "manager") in events(queue))
    claimed, taken_back = (queue.history.of(NAME)[n].at for n in (1, 2))
    assert taken_back - claimed > 200
    queue.clock.set_speed(50)
    plan_runner({"at": 0, "do": "clock", "by": -200}).run()
    submit(OTHER)
    fleet.start("consumer", "prompt")
    processed(NAME, OTHER)
    assert recorded() == [(None, "clock"), (None, "clock")]
    times = [row.at for row in queue.history.transitions()]
    assert times == sorted(times)
    assert is_consistent()


def test_rates_are_set_and_restored(plan_runner, queue, recorded, eventually):
    queue.settings.change({"faults.hang_rate": 0.5})
    rates = {"at": 0, "do": "rates", "error_rate": 0.25, "seconds": 50}
    with plan_runner(rates) as runner:
        eventually(lambda: queue.settings.read().get("faults.error_rate"))
        assert queue.settings.read() == {
            "faults.error_rate": 0.25,
            "faults.hang_rate": 0.0,
            "faults.crash_rate": 0.0,
        }
        eventually(lambda: not runner.is_alive)
    assert queue.settings.read() == {"faults.hang_rate": 0.5}
    assert [(event.event, event.detail) for event in queue.registry.process_events()] == [
        ("rates", "error_rate=0.25"),
        ("rates-over", "hang_rate=0.5"),
    ]


def test_a_second_freeze_can_prolong_the_first_and_never_shortens_it(
    plan_runner, fleet, queue, state, recorded
):
    fleet.start("manager", "mine")
    freeze = {"do": "freeze", "whom": "mine"}
    plan_runner(
        freeze | {"at": 0, "seconds": 20},
        freeze | {"at": 10, "seconds": 40},
        freeze | {"at": 20, "seconds": 5},
    ).run()
    assert recorded() == [("mine", "freeze"), ("mine", "thaw")]
    frozen, thawed = (event.at for event in queue.registry.process_events())
    assert thawed - frozen > 35
    assert state("mine") is State.RUNNING


def test_a_process_killed_while_it_is_frozen_is_not_thawed(plan_runner, fleet, state, recorded):
    fleet.start("manager", "mine")
    plan_runner(
        {"at": 0, "do": "freeze", "whom": "mine", "seconds": 30},
        {"at": 10, "do": "kill", "whom": "mine"},
    ).run()
    assert recorded() == [("mine", "freeze"), ("mine", "kill")]
    assert state("mine") is State.KILLED


def test_a_fault_on_a_process_that_has_ended_is_missed_and_the_plan_continues(
    plan_runner, fleet, recorded
):
    fleet.start("manager", "mine")
    runner = plan_runner(
        {"at": 0, "do": "kill", "whom": "mine"},
        {"at": 1, "do": "freeze", "whom": "mine", "seconds": 5},
        {"at": 2, "do": "kill", "whom": "nobody"},
        {"at": 3, "do": "clock", "by": 1},
    )
    runner.run()
    assert [fault.at for fault, error in runner.missed] == [1, 2]
    assert all(isinstance(error, NotRunning) for _, error in runner.missed)
    assert recorded() == [("mine", "kill"), (None, "clock")]


def test_waiting_for_what_does_not_come_ends_in_time(plan_runner):
    with plan_runner({"at": 1000, "do": "clock", "by": 1}) as runner:
        for wait in (runner.over(timeout=0.1), runner.armed("nobody", timeout=0.1)):
            with pytest.raises(TimeoutError, match="1 faults to come"):
                asyncio.run(wait)


def test_the_same_seed_gives_the_same_faults(fleet):
    plan = FaultPlan.parse([{"every": [1, 9], "do": "kill", "whom": "consumer"}])
    names = ["consumer-1", "consumer-2"]
    one, same, other = (
        FaultPlanRunner(fleet, plan, seed=seed, until=300, names=names).scheduled_faults
        for seed in (1, 1, 2)
    )
    assert one == same != other


# The way out

EVERYTHING = (
    {"at": 0, "do": "failpoint", "whom": "armed", "point": "lapsed", "seconds": 9},
    {"at": 0, "do": "freeze", "whom": "frozen", "seconds": LONG},
    {"at": 0, "do": "rates", "error_rate": 0.5, "seconds": LONG},
    {"at": 0, "do": "lock", "seconds": LONG},
)


@pytest.fixture
def two(fleet):
    for name in ("armed", "frozen"):
        fleet.start("manager", name)


@pytest.fixture
def is_everything_acting(run, queue, state, recorded, eventually):
    """Waits until all of it acts."""

    def wait():
        eventually(lambda: (None, "lock") in recorded())
        eventually(lambda: not can_write(run))
        return state("frozen") is State.FROZEN and queue.settings.read()

    return wait


@pytest.fixture
def is_undone(run, fleet, queue, eventually):
    """Whether nothing that the plan did is still acting."""

    def check():
        eventually(lambda: can_write(run))  # but for a moment in which a Manager writes
        rows = {process.name: process for process in fleet.processes()}
        incarnations = [rows[name].row.incarnation for name in ("armed", "frozen")]
        return (
            {process.state for process in rows.values()} == {State.RUNNING}
            and incarnations == [3, 1]  # started with the failpoint, and again without
            and queue.settings.read() == {}
        )

    return check


def test_after_an_exception_nothing_is_left_frozen_locked_or_armed(
    two, plan_runner, is_everything_acting, is_undone
):
    class Trouble(Exception):
        pass

    def meet_trouble():
        with plan_runner(*EVERYTHING):
            assert is_everything_acting()
            raise Trouble

    with pytest.raises(Trouble):
        meet_trouble()
    assert is_undone()


PROGRAM = """
import sys
from rinq import Config, Fleet
from rinq.lab.faults.runner import FaultPlanRunner
from rinq.lab.faults.plan import FaultPlan

fleet = Fleet(Config.load(sys.argv[1]), keep=True)
FaultPlanRunner(fleet, FaultPlan.load(sys.argv[2]), seed=1, until=3600).run()
"""


def test_after_an_interruption_nothing_is_left_frozen_locked_or_armed(
    two, run, is_everything_acting, is_undone
):
    plan = run.folder / "plan.yaml"
    plan.write_text(str(FaultPlan.parse(EVERYTHING).dump()))
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(run.config.file), str(plan)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert is_everything_acting()
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=30)
    finally:
        program.kill()
        program.communicate()
    assert "KeyboardInterrupt" in said
    assert is_undone()
    Fleet(run.config).stop_all()


def test_an_error_in_the_thread_of_the_plan_is_raised_by_the_with_statement(
    plan_runner, fleet, state, monkeypatch
):
    fleet.start("manager", "mine")
    entries = ({"at": 0, "do": "freeze", "whom": "mine", "seconds": 90}, {"at": 9, "do": "clock"})
    runner = plan_runner(entries[0], entries[1] | {"by": 1})
    monkeypatch.setattr(runner, "_pending", [*runner._pending, None])
    with pytest.raises(AttributeError), runner:
        runner._thread.join()
    assert state("mine") is State.RUNNING


# All at once


def test_a_storm_of_faults_breaks_no_rule(
    plan_runner, fleet, queue, submit, processed, eventually, is_consistent
):
    for role, name in (
        ("producer", "producer-1"),
        ("consumer", "consumer-1"),
        ("consumer", "consumer-2"),
        ("manager", "manager-1"),
        ("cleaner", "cleaner-1"),
    ):
        fleet.start(role, name)
    plan = (
        {"every": [10, 60], "do": "freeze", "whom": "consumer", "seconds": [5, 120]},
        {"every": [20, 60], "do": "freeze", "whom": "manager", "seconds": [5, 20]},
        {"every": [20, 90], "do": "lock", "seconds": [1, 20]},
        {"every": [30, 90], "do": "clock", "by": [-60, 60]},
        {"at": [0, 50], "do": "rates", "error_rate": 0.3, "seconds": 100},
        {"at": 60, "do": "failpoint", "whom": "consumer", "point": "result-written", "seconds": 90},
        {"at": [100, 150], "do": "kill", "whom": "consumer"},
    )
    runner = plan_runner(*plan, until=200)
    runner.run()
    assert {fault.act for fault in runner.scheduled_faults} == set(Act)
    fleet.stop("producer-1")
    fleet.start("consumer", "fresh")
    queue.settings.change({"consumer.interval": 0})
    eventually(lambda: not queue.jobs(Status.UNPROCESSED) + queue.jobs(Status.PROCESSING))
    assert is_consistent()
