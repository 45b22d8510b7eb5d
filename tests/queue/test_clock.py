"""Queue time: it advances at its speed, never jumps and never runs backwards (rule 7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rinq.queue.clock import Moment, StoredClock

speeds = st.floats(0.001, 1000)
times = st.floats(0, 4e9)
moments = times.map(Moment)


def test_at_speed_one_queue_time_is_unix_time():
    assert StoredClock(1, 1000, 1000).reckon(Moment(1234.5)) == 1234.5


@pytest.mark.parametrize(("speed", "later"), [(0.5, 1005), (1, 1010), (20, 1200)])
def test_queue_time_advances_speed_times_as_fast(speed, later):
    assert StoredClock(speed, 50, 1000).reckon(Moment(60)) == later


def test_queue_time_is_never_below_the_last_recorded_time():
    clock = StoredClock(1, 1000, 1000)
    assert clock.reckon(Moment(900), floor=950) == 950
    assert clock.reckon(Moment(960), floor=950) == 960


@given(speeds, speeds, times, moments)
def test_a_change_of_speed_makes_no_jump(before, after, base, moment):
    clock = StoredClock(before, base, base)
    assert clock.rebased(after, moment).reckon(moment) == clock.reckon(moment)


@given(speeds, speeds, times, moments, st.floats(0, 1e6))
def test_after_a_change_of_speed_time_goes_on_at_the_new_one(before, after, base, moment, seconds):
    changed = StoredClock(before, base, base).rebased(after, moment)
    passed = changed.reckon(Moment(moment.real + seconds)) - changed.reckon(moment)
    assert passed == pytest.approx(seconds * after, rel=1e-6, abs=1e-2)


@given(speeds, speeds, times, moments, times)
def test_a_change_of_speed_begins_at_the_recorded_time_if_that_is_later(a, b, base, moment, floor):
    changed = StoredClock(a, base, base).rebased(b, moment, floor)
    assert changed.reckon(moment) >= floor
    assert changed.speed == b


@given(speeds, times, st.floats(0, 1e6), st.floats(-1e6, 1e6))
def test_within_one_boot_setting_the_wall_clock_moves_nothing(speed, since_boot, seconds, step):
    clock = StoredClock.started(speed, Moment(1e9, "boot", since_boot))
    later = since_boot + seconds
    still, moved = Moment(1e9 + seconds, "boot", later), Moment(1e9 + seconds + step, "boot", later)
    assert clock.reckon(moved) == clock.reckon(still)
    assert clock.wall_step(moved) == pytest.approx(step, abs=1e-3)


def test_after_another_boot_it_goes_on_by_the_wall_clock():
    clock = StoredClock.started(2, Moment(1000, "boot", 500))
    assert clock.reckon(Moment(1060, "another", 5)) == 1120
