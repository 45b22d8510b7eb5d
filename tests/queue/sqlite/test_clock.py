"""Queue time against the clocks of the system: the wall clock is set, the system is rebooted."""

from __future__ import annotations

import pytest
from conftest import FakeTime
from hypothesis import given
from hypothesis import strategies as st

from rinq import audit
from rinq.queue import PersistentQSQLite

A, B = "abcdefghij", "klmnopqrst"
steps = st.lists(
    st.tuples(st.floats(0, 100), st.sampled_from([-3600.0, 3600.0, 86400.0])), max_size=10
)


@pytest.fixture
def system():
    """A system that tells the time since boot."""
    return FakeTime(boot_id="boot-1")


@pytest.fixture
def queue(tmp_path, system):
    with PersistentQSQLite(tmp_path / "rinq.db", moment=system) as opened:
        yield opened


def events(queue):
    return [(event.event, event.detail) for event in queue.registry.process_events()]


@pytest.mark.parametrize("step", [3600, -3600])
def test_a_step_of_the_wall_clock_neither_lapses_a_lease_nor_stops_time(queue, system, step):
    queue.submit(A)
    claim = queue.claim("c1", 60)
    system.wall += step
    system.now += 59
    assert queue.reassign("m1") == []
    system.now += 2
    assert [job.name for job in queue.reassign("m1")] == [A]
    assert queue.clock.now() == pytest.approx(queue.job(A).at)
    system.now += 10
    assert queue.clock.now() == queue.job(A).at + 10
    assert claim.attempt == 1


def test_a_clock_that_was_ahead_and_is_right_again_stops_nobody(queue, system):
    queue.submit(A)
    system.wall, system.now = 3600, system.now + 3
    queue.claim("c1", 60)
    system.wall = 0
    system.now += 61
    assert queue.reassign("m1"), "the lease lapsed by queue time, which went on"


def test_a_step_is_recorded_and_told_once_whoever_sees_it(queue, system):
    system.wall += 3600
    with PersistentQSQLite(queue._db.path, moment=system) as another:
        (sentence,) = queue.clock.correct()
        assert another.clock.correct() == queue.clock.correct() == []
    assert sentence == "The wall clock was set by +3600.0 s; queue time does not follow it."
    system.wall -= 3600
    queue.clock.correct()
    assert events(queue) == [("wall clock", "+3600.0 s"), ("wall clock", "-3600.0 s")]


def test_what_clock_synchronisation_does_is_no_step(queue, system):
    system.wall += 0.9
    assert queue.clock.correct() == []


@given(steps)
def test_no_series_of_steps_moves_queue_time(steps):
    system = FakeTime(boot_id="boot-1")
    with PersistentQSQLite(":memory:", moment=system, speed=3) as queue:
        began, passed = queue.clock.now(), 0.0
        for seconds, step in steps:
            system.now += seconds
            system.wall += step
            passed += 3 * seconds
            queue.clock.correct()
            assert queue.clock.now() == pytest.approx(began + passed, abs=1e-3)


def test_after_a_reboot_queue_time_goes_on_by_the_wall_clock_and_says_so(queue, system):
    queue.submit(A)
    began = queue.clock.now()
    system.boot_id, system.wall, system.now = "boot-2", system.now + 100 - 5, 5
    assert queue.clock.now() == pytest.approx(began + 100)
    (sentence,) = queue.clock.correct()
    assert "started anew" in sentence
    assert events(queue) == [("reboot", "+100.0 s")]
    system.wall += 3600
    assert queue.clock.now() == pytest.approx(began + 100)


def test_a_reboot_into_the_past_does_not_stop_time(queue, system):
    system.now += 500
    queue.submit(A)
    recorded = queue.clock.now()
    system.boot_id, system.wall, system.now = "boot-2", system.now - 10_000 - 5, 5
    queue.clock.correct()
    assert [event for event, _ in events(queue)] == ["reboot"]
    system.now += 10
    assert queue.clock.now() == pytest.approx(recorded + 10)


@pytest.mark.parametrize("boot_id", [None, "boot-1"])
def test_an_entry_in_the_future_does_not_stop_time(tmp_path, boot_id):
    system = FakeTime(boot_id=boot_id)
    with PersistentQSQLite(tmp_path / "rinq.db", moment=system) as queue:
        queue._db.run(f"INSERT INTO jobs (name, at) VALUES ('{A}', 2e9)")
        (sentence,) = queue.clock.correct()
        assert "behind the last entry, and goes on from there" in sentence
        system.now += 10
        assert queue.clock.now() == pytest.approx(2e9 + 10)
        assert queue.clock.correct() == []


def test_without_a_time_since_boot_a_wall_clock_set_back_does_not_stop_time(tmp_path):
    system = FakeTime()
    with PersistentQSQLite(tmp_path / "rinq.db", moment=system) as queue:
        system.now += 500
        queue.submit(A)
        recorded = queue.clock.now()
        system.wall -= 3600
        queue.clock.correct()
        system.now += 10
        assert queue.clock.now() == pytest.approx(recorded + 10)
        assert events(queue) == [("clock behind", "3600.0 s")]
        queue.submit(B)
        assert audit(queue)


def test_a_migrated_clock_takes_up_the_time_since_boot(queue, system):
    queue._db.run("UPDATE clock SET base_boot = NULL, boot_id = NULL")
    queue.clock.correct()
    before = queue.clock.now()
    system.wall += 3600
    assert queue.clock.now() == before
