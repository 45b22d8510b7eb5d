"""Queue time: it advances at its speed, never jumps and never runs backwards (rule 7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rinq.queue.clock import StoredClock

speeds = st.floats(0.001, 1000)
moments = st.floats(0, 4e9)


def test_at_speed_one_queue_time_is_unix_time():
    assert StoredClock(1, 1000, 1000).reckon(1234.5) == 1234.5


@pytest.mark.parametrize(("speed", "later"), [(0.5, 1005), (1, 1010), (20, 1200)])
def test_queue_time_advances_speed_times_as_fast(speed, later):
    assert StoredClock(speed, 50, 1000).reckon(60) == later


def test_queue_time_is_never_below_the_last_recorded_time():
    clock = StoredClock(1, 1000, 1000)
    assert clock.reckon(900, floor=950) == 950
    assert clock.reckon(960, floor=950) == 960


@given(speeds, speeds, moments, moments)
def test_a_change_of_speed_makes_no_jump(before, after, base, real):
    clock = StoredClock(before, base, base)
    assert clock.rebased(after, real).reckon(real) == clock.reckon(real)


@given(speeds, speeds, moments, moments, st.floats(0, 1e6))
def test_after_a_change_of_speed_time_goes_on_at_the_new_one(before, after, base, real, seconds):
    changed = StoredClock(before, base, base).rebased(after, real)
    passed = changed.reckon(real + seconds) - changed.reckon(real)
    assert passed == pytest.approx(seconds * after, rel=1e-6, abs=1e-2)


@given(speeds, speeds, moments, moments, moments)
def test_a_change_of_speed_begins_at_the_recorded_time_if_that_is_later(a, b, base, real, floor):
    changed = StoredClock(a, base, base).rebased(b, real, floor)
    assert changed.reckon(real) >= floor
    assert changed.speed == b
