"""A fault plan on real processes: each fault acts, leaves its marks, and is undone on every way."""

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
def inject(fleet):
    """An injector for these entries, with seed 1."""

    def prepare(*entries, until=LONG):
        return FaultPlanRunner(fleet, FaultPlan.parse(entries), seed=1, until=until)

    return prepare


@pytest.fixture
def state(fleet):
    return lambda name: next(p.state for p in fleet.processes() if p.name == name)


@pytest.fixture
def marks(queue):
    """Whom and what the marks tell, in order."""
    return lambda: [(mark.process, mark.event) for mark in queue.registry.process_events()]


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
    inject, fleet, queue, submit, start_long_work, state, marks, processed, is_consistent
):
    submit()
    start_long_work("victim")
    inject({"at": 1, "do": "kill", "whom": "victim"}).run()
    assert state("victim") is State.KILLED
    assert marks() == [("victim", "kill")]
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
    inject,
    fleet,
    queue,
    submit,
    start_long_work,
    state,
    marks,
    processed,
    eventually,
    is_consistent,
):
    submit()
    start_long_work("zombie")
    with inject({"at": 0, "do": "freeze", "whom": "zombie", "seconds": 250}) as injector:
        eventually(lambda: state("zombie") is State.FROZEN)
        for role, name in (("manager", "manager"), ("consumer", "prompt")):
            fleet.start(role, name)
        processed(NAME)
        assert state("zombie") is State.FROZEN
        eventually(lambda: not injector.is_alive)
    assert state("zombie") is State.RUNNING
    assert marks() == [("zombie", "freeze"), ("zombie", "thaw")]
    assert events(queue)[-1] == ("complete", "prompt")
    frozen, thawed = (mark.at for mark in queue.registry.process_events())
    assert thawed - frozen > 100
    assert is_consistent()


def test_a_consumer_stopped_with_its_result_written_is_refused_when_it_is_late(
    inject, fleet, queue, submit, marks, processed, eventually, is_consistent
):
    """The zombie: it comes back with the work done, and finds the job taken."""
    for role, name in (("consumer", "zombie"), ("manager", "manager")):
        fleet.start(role, name)
    stop = {"at": 0, "do": "failpoint", "whom": "zombie", "point": "result-written"}
    with inject(stop | {"seconds": 200}) as injector:
        asyncio.run(injector.armed("zombie"))
        submit()
        eventually(lambda: ("zombie", "freeze") in marks())
        fleet.start("consumer", "prompt")
        processed(NAME)
        eventually(lambda: ("refused", "zombie") in events(queue))
    assert events(queue)[-2:] == [("complete", "prompt"), ("refused", "zombie")]
    assert marks() == [("zombie", "failpoint"), ("zombie", "freeze"), ("zombie", "thaw")]
    assert is_consistent()


def test_a_consumer_dies_between_move_and_publication_and_the_cleaner_publishes(
    run, inject, fleet, queue, submit, state, marks, eventually, is_consistent
):
    fleet.start("consumer", "victim")
    with inject({"at": 0, "do": "failpoint", "whom": "victim", "point": "completed"}) as injector:
        asyncio.run(injector.armed("victim"))
        submit()
        asyncio.run(injector.over())
    assert state("victim") is State.CRASHED
    assert marks() == [("victim", "failpoint"), ("victim", "kill")]
    result = run.files.folder / f"{NAME}.processed"
    assert not result.exists()
    fleet.start("cleaner")
    eventually(result.exists)
    assert is_consistent()


def test_while_a_program_holds_the_lock_nobody_writes(run, inject, marks, eventually):
    with inject({"at": 1, "do": "lock", "seconds": 100}) as injector:
        eventually(lambda: not can_write(run))
        assert marks() == [(None, "lock")]
        eventually(lambda: not injector.is_alive)
    assert can_write(run)
    assert marks() == [(None, "lock"), (None, "unlock")]


def test_what_is_due_while_the_lock_is_held_comes_after_it(inject, fleet, state, marks):
    fleet.start("manager", "mine")
    inject(
        {"at": 0, "do": "lock", "seconds": 20},
        {"at": 1, "do": "freeze", "whom": "mine", "seconds": 5},
    ).run()
    assert marks() == [(None, "lock"), (None, "unlock"), ("mine", "freeze"), ("mine", "thaw")]
    assert state("mine") is State.RUNNING


def test_of_two_faults_that_end_at_once_the_lock_is_let_go_first(inject, marks):
    """Else the other's mark would wait for it in vain."""
    inject(
        {"at": 0, "do": "rates", "error_rate": 0.5, "seconds": 20},
        {"at": 2, "do": "lock", "seconds": 20},
    ).run()
    assert [event for _, event in marks()] == ["rates", "lock", "unlock", "rates-over"]


def test_with_the_clock_set_forward_and_back_no_job_is_lost(
    inject, fleet, queue, submit, start_long_work, marks, processed, eventually, is_consistent
):
    queue.clock.set_speed(1)
    submit()
    start_long_work("slow")
    inject({"at": 0, "do": "clock", "by": 200}).run()
    fleet.start("manager", "manager")
    eventually(lambda: ("reassign", "manager") in events(queue))
    claimed, taken_back = (queue.history.of(NAME)[n].at for n in (1, 2))
    assert taken_back - claimed > 200
    queue.clock.set_speed(50)
    inject({"at": 0, "do": "clock", "by": -200}).run()
    submit(OTHER)
    fleet.start("consumer", "prompt")
    processed(NAME, OTHER)
    assert marks() == [(None, "clock"), (None, "clock")]
    times = [row.at for row in queue.history.transitions()]
    assert times == sorted(times)
    assert is_consistent()


def test_rates_are_set_and_put_back(inject, queue, marks, eventually):
    queue.settings.change({"faults.hang_rate": 0.5})
    rates = {"at": 0, "do": "rates", "error_rate": 0.25, "seconds": 50}
    with inject(rates) as injector:
        eventually(lambda: queue.settings.read().get("faults.error_rate"))
        assert queue.settings.read() == {
            "faults.error_rate": 0.25,
            "faults.hang_rate": 0.0,
            "faults.crash_rate": 0.0,
        }
        eventually(lambda: not injector.is_alive)
    assert queue.settings.read() == {"faults.hang_rate": 0.5}
    assert [(mark.event, mark.detail) for mark in queue.registry.process_events()] == [
        ("rates", "error_rate=0.25"),
        ("rates-over", "hang_rate=0.5"),
    ]


def test_a_second_freeze_can_prolong_the_first_and_never_shortens_it(
    inject, fleet, queue, state, marks
):
    fleet.start("manager", "mine")
    freeze = {"do": "freeze", "whom": "mine"}
    inject(
        freeze | {"at": 0, "seconds": 20},
        freeze | {"at": 10, "seconds": 40},
        freeze | {"at": 20, "seconds": 5},
    ).run()
    assert marks() == [("mine", "freeze"), ("mine", "thaw")]
    frozen, thawed = (mark.at for mark in queue.registry.process_events())
    assert thawed - frozen > 35
    assert state("mine") is State.RUNNING


def test_a_process_killed_while_it_is_frozen_is_not_thawed(inject, fleet, state, marks):
    fleet.start("manager", "mine")
    inject(
        {"at": 0, "do": "freeze", "whom": "mine", "seconds": 30},
        {"at": 10, "do": "kill", "whom": "mine"},
    ).run()
    assert marks() == [("mine", "freeze"), ("mine", "kill")]
    assert state("mine") is State.KILLED


def test_a_target_that_has_ended_is_missed_and_the_plan_goes_on(inject, fleet, marks):
    fleet.start("manager", "mine")
    injector = inject(
        {"at": 0, "do": "kill", "whom": "mine"},
        {"at": 1, "do": "freeze", "whom": "mine", "seconds": 5},
        {"at": 2, "do": "kill", "whom": "nobody"},
        {"at": 3, "do": "clock", "by": 1},
    )
    injector.run()
    assert [strike.at for strike, error in injector.missed] == [1, 2]
    assert all(isinstance(error, NotRunning) for _, error in injector.missed)
    assert marks() == [("mine", "kill"), (None, "clock")]


def test_waiting_for_what_does_not_come_ends_in_time(inject):
    with inject({"at": 1000, "do": "clock", "by": 1}) as injector:
        for wait in (injector.over(timeout=0.1), injector.armed("nobody", timeout=0.1)):
            with pytest.raises(TimeoutError, match="1 strikes to come"):
                asyncio.run(wait)


def test_the_same_seed_strikes_the_same(fleet):
    plan = FaultPlan.parse([{"every": [1, 9], "do": "kill", "whom": "consumer"}])
    names = ["consumer-1", "consumer-2"]
    one, same, other = (
        FaultPlanRunner(fleet, plan, seed=seed, until=300, names=names).strikes
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
def is_struck(run, queue, state, marks, eventually):
    """Waits until all of it acts."""

    def wait():
        eventually(lambda: (None, "lock") in marks())
        eventually(lambda: not can_write(run))
        return state("frozen") is State.FROZEN and queue.settings.read()

    return wait


@pytest.fixture
def is_undone(run, fleet, queue, eventually):
    """Whether nothing that the plan did acts any more."""

    def look():
        eventually(lambda: can_write(run))  # but for a moment in which a Manager writes
        rows = {process.name: process for process in fleet.processes()}
        incarnations = [rows[name].row.incarnation for name in ("armed", "frozen")]
        return (
            {process.state for process in rows.values()} == {State.RUNNING}
            and incarnations == [3, 1]  # started with the failpoint, and again without
            and queue.settings.read() == {}
        )

    return look


def test_after_an_exception_nothing_is_left_frozen_locked_or_armed(
    two, inject, is_struck, is_undone
):
    class Trouble(Exception):
        pass

    def meet_trouble():
        with inject(*EVERYTHING):
            assert is_struck()
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
    two, run, is_struck, is_undone
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
        assert is_struck()
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=30)
    finally:
        program.kill()
        program.communicate()
    assert "KeyboardInterrupt" in said
    assert is_undone()
    Fleet(run.config).stop_all()


def test_an_error_in_the_plans_thread_is_raised_by_the_with_statement(
    inject, fleet, state, monkeypatch
):
    fleet.start("manager", "mine")
    entries = ({"at": 0, "do": "freeze", "whom": "mine", "seconds": 90}, {"at": 9, "do": "clock"})
    injector = inject(entries[0], entries[1] | {"by": 1})
    monkeypatch.setattr(injector, "_pending", [*injector._pending, None])
    with pytest.raises(AttributeError), injector:
        injector._thread.join()
    assert state("mine") is State.RUNNING


# All at once


def test_a_storm_of_faults_breaks_no_rule(
    inject, fleet, queue, submit, processed, eventually, is_consistent
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
    injector = inject(*plan, until=200)
    injector.run()
    assert {strike.act for strike in injector.strikes} == set(Act)
    fleet.stop("producer-1")
    fleet.start("consumer", "fresh")
    queue.settings.change({"consumer.interval": 0})
    eventually(lambda: not queue.jobs(Status.UNPROCESSED) + queue.jobs(Status.PROCESSING))
    assert is_consistent()
