"""Little's law on measured data: by hand, and in every window."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rinq.errors import ConfigError
from rinq.lab.little import little


def test_the_law_on_three_jobs_by_hand():
    """From 0 to 10: there from 1 to 3, from 2 to 6, and from 5 on."""
    found = little([1, 2, 5], [3, 6, None], start=0, end=10)
    assert (found.seconds, found.arrivals, found.carried) == (10, 3, 0)
    assert (found.arrival_rate, found.in_system) == (0.3, pytest.approx(1.1))
    assert found.time == pytest.approx(11 / 3)
    assert found.gap == pytest.approx(0)


def test_jobs_carried_in_are_counted_and_make_the_gap():
    """From 4: one is there until 6 and one from 5 to 10; the first is gone before."""
    found = little([1, 2, 5, 10], [4, 6, math.nan, 11], start=4, end=10)
    assert (found.arrivals, found.carried) == (1, 1)
    assert (found.in_system, found.time) == (pytest.approx(7 / 6), 5)
    assert found.gap == pytest.approx(2 / 6)


def test_a_window_that_nobody_enters_has_no_time():
    found = little([], [], start=0, end=1)
    assert (found.arrival_rate, found.in_system, found.gap) == (0, 0, 0)
    assert math.isnan(found.time)
    assert little([0], [None], start=1, end=2).gap == 1


visits = st.lists(st.tuples(st.floats(0, 100), st.one_of(st.none(), st.floats(0, 100))))


@given(visits, st.floats(0.001, 250))
def test_l_is_lambda_w_in_every_window_that_begins_empty(visits, end):
    came = [at for at, _ in visits]
    left = [None if stay is None else at + stay for at, stay in visits]
    found = little(came, left, start=0, end=end)
    assert found.carried == 0
    assert found.gap == pytest.approx(0, abs=1e-6)


@given(visits, st.floats(1, 99), st.floats(1, 100))
def test_l_is_the_number_there_averaged_over_moments(visits, start, width):
    """L is the area of the steps between all moments at which somebody comes or leaves."""
    came = [at for at, _ in visits]
    left = [math.inf if stay is None else at + stay for at, stay in visits]
    end = start + width
    found = little(came, left, start=start, end=end)
    cuts = sorted({start, end, *(at for at in came + left if start < at < end)})
    heads = [sum(a <= at < b for a, b in zip(came, left, strict=True)) for at in cuts[:-1]]
    area = sum(n * (b - a) for n, a, b in zip(heads, cuts, cuts[1:], strict=False))
    assert found.in_system == pytest.approx(area / width)
    inherited = [min(b, end) - start for a, b in zip(came, left, strict=True) if a < start < b]
    assert found.carried == len(inherited)
    assert found.gap == pytest.approx(sum(inherited) / width, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: little([], [], start=1, end=1), "window: expected start before end"),
        (lambda: little([], [], start=0, end=math.inf), "window: expected start before end"),
        (lambda: little([2], [1], start=0, end=9), "came at 2 and left before, at 1."),
    ],
)
def test_a_wrong_time_is_named(wrong, says):
    with pytest.raises(ConfigError) as caught:
        wrong()
    assert says in str(caught.value)
