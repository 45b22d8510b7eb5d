"""Clock, settings, processes and marks."""

from __future__ import annotations

import math
import re

import pytest

from rinq.errors import AlreadyRunning, ConfigError, DatabaseError, Unavailable
from rinq.queue import PersistentQSQLite
from rinq.queue.sqlite.connection import Connection

A, B = "abcdefghij", "klmnopqrst"


def dead(row):
    return False


def alive(row):
    return True


@pytest.fixture
def register(queue):
    """Register a consumer under a name; returns its incarnation."""

    def enter(name="c1", *, is_alive=dead, **values):
        given = {"pid": 11, "started": 5.0, "host": "here", "owned": True, **values}
        return queue.registry.register(name, "consumer", alive=is_alive, **given)

    return enter


@pytest.fixture
def row(queue):
    """The row of a process."""
    return lambda name="c1": {row.name: row for row in queue.registry.processes()}[name]


# Queue time (rule 7)


@pytest.mark.parametrize("speed", [0.5, 16, 512])
def test_a_change_of_speed_neither_lapses_nor_spares_a_claim(queue, clock, claim, speed):
    clock.now += 30
    queue.clock.set_speed(speed)
    assert queue.reassign("m1") == []
    clock.now += 30 / speed
    assert queue.clock.now() == queue.job(A).lease_until
    assert queue.reassign("m1") == []
    clock.now += 1 / speed
    assert len(queue.reassign("m1")) == 1


def test_queue_time_stands_still_until_a_clock_that_was_set_back_catches_up(queue, clock, claim):
    recorded = queue.clock.now()
    clock.now -= 3600
    assert queue.clock.now() == recorded
    queue.complete(claim)
    queue.submit(B)
    times = [row.at for row in queue.history.transitions()]
    assert times == sorted(times)
    clock.now += 3600 + 5
    assert queue.clock.now() == recorded + 5


def test_a_change_of_speed_while_the_clock_is_set_back_makes_no_jump(queue, clock, claim):
    recorded = queue.clock.now()
    clock.now -= 3600
    queue.clock.set_speed(10)
    assert queue.clock.now() == recorded
    clock.now += 1
    assert queue.clock.now() == recorded + 10


def test_a_new_queue_begins_at_unix_time(queue, clock):
    assert queue.clock.now() == clock.now
    assert queue.clock.speed == 1


@pytest.mark.parametrize("speed", [0, -1, math.inf, math.nan])
def test_a_speed_that_is_none_is_refused(queue, speed):
    with pytest.raises(ConfigError, match="speed"):
        queue.clock.set_speed(speed)
    assert queue.clock.speed == 1


def test_the_speed_is_kept_for_whoever_opens_the_queue(queue, clock):
    queue.clock.set_speed(20)
    clock.now += 3
    with PersistentQSQLite(queue._db.path, moment=clock) as another:
        assert another.clock.speed == 20
        assert another.clock.now() == queue.clock.now() == clock.now + 57


def test_a_clock_set_forward_lets_leases_lapse_early(queue, clock, claim):
    before = queue.clock.now()
    queue.clock.shift(61)
    assert queue.clock.now() == before + 61
    assert [job.name for job in queue.reassign("m1")] == [A]
    clock.now += 5
    assert queue.clock.now() == before + 66


def test_after_a_clock_set_back_nothing_runs_backwards_and_no_lease_lapses(queue, clock, claim):
    recorded = queue.clock.now()
    clock.now += 30
    queue.clock.shift(-50)
    assert queue.clock.now() == recorded
    clock.now += 30
    assert queue.clock.now() == recorded + 30
    assert queue.reassign("m1") == []
    queue.complete(claim)
    times = [row.at for row in queue.history.transitions()]
    assert times == sorted(times)


def test_a_shift_is_in_queue_seconds_at_every_speed_and_leaves_a_mark(queue, clock):
    queue.clock.set_speed(20)
    before = queue.clock.now()
    queue.clock.shift(90)
    queue.clock.shift(-0.5)
    assert queue.clock.now() == before + 89.5
    marks = [
        (mark.at - before, mark.process, mark.event, mark.detail)
        for mark in queue.registry.process_events()
    ]
    assert marks == [(90, None, "clock", "+90 s"), (89.5, None, "clock", "-0.5 s")]


@pytest.mark.parametrize("seconds", [math.inf, math.nan])
def test_a_shift_that_is_no_number_is_refused(queue, seconds):
    with pytest.raises(ConfigError, match="clock"):
        queue.clock.shift(seconds)
    assert queue.registry.process_events() == []


# Settings


def test_settings_are_kept_until_they_are_removed(queue):
    queue.settings.change({"paused": True, "faults.error_rate": 0.5, "consumer.interval": [1, 2]})
    with PersistentQSQLite(queue._db.path) as another:
        assert another.settings.read() == {
            "paused": True,
            "faults.error_rate": 0.5,
            "consumer.interval": [1, 2],
        }
    queue.settings.change({"paused": None, "faults.error_rate": 0.25, "manager.timeout": None})
    assert queue.settings.read() == {"faults.error_rate": 0.25, "consumer.interval": [1, 2]}


def test_settings_are_changed_all_or_none(queue):
    queue.settings.change({"paused": True})
    with pytest.raises(ConfigError):
        queue.settings.change({"paused": False, "manager.timeout": 5, "odd": object()})
    assert queue.settings.read() == {"paused": True}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"manager.timeout": 0}, "manager.timeout: expected a number of seconds above 0, got 0"),
        ({"manager.timeout": -5}, "manager.timeout: expected"),
        ({"consumer.interval": "x"}, "consumer.interval: expected"),
        ({"faults.error_rate": float("nan")}, "faults.error_rate: expected"),
        ({"faults.hang_rate": 0.6}, "expected rates whose sum is at most 1"),
        ({"manager.timeouts": 5}, "manager.timeouts: unknown setting. Did you mean"),
        ({"consumer.n_tries": 5}, "consumer.n_tries: this is read when a process starts"),
        ({"paused": "yes"}, "paused: expected true or false, got 'yes'"),
        ({"speed": 2}, "speed: this is no setting"),
    ],
)
def test_a_setting_is_checked_where_it_is_written(queue, changes, sentence):
    queue.settings.change({"faults.error_rate": 0.5})
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        queue.settings.change({"paused": True, **changes})
    assert queue.settings.read() == {"faults.error_rate": 0.5}


def test_a_bad_setting_written_by_hand_blocks_no_other(queue):
    queue._db.run("INSERT INTO settings VALUES ('manager.timeout', '-1')")
    queue.settings.change({"paused": True, "consumer.work_time": 3})
    queue.settings.change({"manager.timeout": None})
    assert queue.settings.read() == {"paused": True, "consumer.work_time": 3}


def test_a_setting_written_by_hand_need_not_be_json(queue):
    queue._db.run("INSERT INTO settings VALUES ('paused', 'yes'), ('manager.timeout', '30')")
    assert queue.settings.read() == {"paused": "yes", "manager.timeout": 30}


# Processes


def test_a_process_is_registered_under_its_name(clock, register, row):
    assert register(pid=77, started=4.5, host="there", owned=False) == 1
    entry = row()
    assert (entry.name, entry.role, entry.pid, entry.started) == ("c1", "consumer", 77, 4.5)
    assert (entry.host, entry.owned, entry.registered) == ("there", False, clock.now)
    assert entry.ready is entry.stop_requested is entry.ended is entry.outcome is None
    assert entry.cycle_began is entry.cycle_ended is None


def test_a_name_that_is_running_cannot_be_registered_again(register, row):
    register(pid=11)
    seen = []
    with pytest.raises(AlreadyRunning, match=r"c1 \(a consumer, pid 11\)"):
        register(pid=22, is_alive=lambda entry: seen.append(entry) or True)
    assert seen == [row()]
    assert row().pid == 11


def test_a_name_whose_process_ended_starts_again_as_the_next_incarnation(queue, register, row):
    assert register() == 1
    queue.registry.ready("c1", 1)
    queue.registry.request_stop("c1", 1)
    queue.registry.record_cycle("c1", 1, 2)
    queue.registry.ended("c1", 1, "killed")
    assert register(pid=22) == 2
    entry = row()
    assert (entry.incarnation, entry.pid) == (2, 22)
    assert entry.ready is entry.stop_requested is entry.ended is entry.outcome is None
    assert entry.cycle_began is entry.cycle_ended is None


def test_of_two_starts_at_once_one_waits_for_the_other(queue, register):
    register()
    with PersistentQSQLite(queue._db.path, wait=0.01) as another:

        def look(_):
            with pytest.raises(Unavailable):
                another.registry.register(
                    "c1", "consumer", pid=2, started=1, host="here", owned=True, alive=dead
                )
            return False

        assert register(is_alive=look) == 2


def test_other_names_are_not_asked_about(register):
    register("c1")
    assert register("c2", is_alive=alive) == 1


def test_a_stop_is_asked_of_one_incarnation(queue, clock, register, row):
    register()
    assert not queue.registry.stop_requested("c1", 1)
    queue.registry.request_stop("c1", 1)
    assert queue.registry.stop_requested("c1", 1)
    assert row().stop_requested == clock.now
    register()
    queue.registry.request_stop("c1", 1)
    assert not queue.registry.stop_requested("c1", 2)


def test_a_process_that_was_replaced_or_forgotten_should_end(queue, register):
    register()
    register()
    assert queue.registry.stop_requested("c1", 1)
    queue.registry.forget("c1", 2)
    assert queue.registry.stop_requested("c1", 2)


def test_the_first_word_on_an_end_stands(queue, clock, register, row):
    register()
    queue.registry.ready("c1", 1)
    queue.registry.ended("c1", 1, "killed")
    clock.now += 5
    queue.registry.ended("c1", 1, "crashed")
    assert (row().ready, row().ended, row().outcome) == (clock.now - 5, clock.now - 5, "killed")


def test_what_an_earlier_incarnation_says_is_not_heard(queue, register, row):
    register()
    register()
    queue.registry.ready("c1", 1)
    queue.registry.ended("c1", 1, "crashed")
    queue.registry.forget("c1", 1)
    assert row().ready is row().ended is None


def test_a_turn_is_kept_in_queue_time_and_only_for_who_is_registered(queue, register, row):
    register()
    queue.registry.record_cycle("c1", 100.5, 101.5)
    queue.registry.record_cycle("nobody", 1, 2)
    assert (row().cycle_began, row().cycle_ended) == (100.5, 101.5)
    assert [entry.name for entry in queue.registry.processes()] == ["c1"]


# Marks


def test_marks_are_kept_in_queue_time_and_read_on(queue, clock):
    queue.clock.set_speed(2)
    clock.now += 5
    queue.registry.record_event("c1", "freeze")
    queue.registry.record_event(None, "fault", "disk")
    first, second = queue.registry.process_events()
    assert (first.process, first.event, first.detail) == ("c1", "freeze", None)
    assert (second.process, second.event, second.detail) == (None, "fault", "disk")
    assert first.at == queue.clock.now() == clock.now + 5
    assert queue.registry.process_events(after=first.id) == [second]


def test_nobody_writes_during_what_is_exclusive(queue):
    with PersistentQSQLite(queue._db.path, wait=0.01) as another:
        with queue.exclusive(), pytest.raises(Unavailable):
            another.submit(A)
        another.submit(A)


def test_a_snapshot_shows_one_moment_while_others_write(queue, clock):
    queue.submit(A)
    with PersistentQSQLite(queue._db.path, moment=clock, wait=2) as another:
        with queue.snapshot():
            another.submit(B)
            another.claim("c1")
            another.registry.record_event("c1", "kill")
            another.clock.set_speed(3)
            assert [job.status for job in queue.jobs()] == ["unprocessed"]
            assert len(queue.history.transitions()) == len(list(queue.history.by_job())) == 1
            assert (queue.registry.process_events(), queue.clock.speed) == ([], 1)
        assert len(queue.history.transitions()) == 3
        assert queue.clock.speed == 3
        with queue.snapshot(), pytest.raises(DatabaseError, match="open in this thread"):
            queue.claim("c2")
        assert another.claim("c2").name == B


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda queue: queue.clock.set_speed(20), lambda queue: queue.clock.speed),
        (lambda queue: queue.clock.shift(500), lambda queue: queue.clock.now()),
        (
            lambda queue: queue.settings.change({"paused": True}),
            lambda queue: queue.settings.read(),
        ),
    ],
)
def test_a_change_that_was_not_committed_is_not_told(queue, monkeypatch, change, told):
    before = told(queue)
    run = Connection.run

    def full(self, sql, *values):
        if sql == "COMMIT":
            raise Unavailable("the disk is full")
        return run(self, sql, *values)

    with monkeypatch.context() as patched:
        patched.setattr(Connection, "run", full)
        with pytest.raises(Unavailable):
            change(queue)
    assert told(queue) == before
