"""Numbers as they are written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rinq.charts import amounts


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0"),
        (9412, "9,412"),
        (9999, "9,999"),
        (12_400, "12.4k"),
        (99_949, "99.9k"),
        (99_960, "100k"),
        (102_300, "102k"),
        (999_499, "999k"),
        (999_999, "1.00M"),
        (1_250_000, "1.25M"),
    ],
)
def test_counts_are_short(n, text):
    assert amounts.count(n) == text


@pytest.mark.parametrize(("n", "text"), [(15, "+15"), (-3, "\N{MINUS SIGN}3"), (0, "±0")])
def test_changes_carry_their_sign(n, text):
    assert amounts.change(n) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "0.5 s"),
        (12.3, "12 s"),
        (60, "60 s"),
        (61, "1m 01s"),
        (1200, "20 min"),
        (3600, "1 h"),
        (8040, "2h 14m"),
    ],
)
def test_durations_are_short(seconds, text):
    assert amounts.duration(seconds) == text


@pytest.mark.parametrize(("part", "text"), [(0.274, "27%"), (0, "0%"), (math.nan, "\N{EN DASH}")])
def test_shares_are_whole_percent_and_a_share_of_nothing_is_a_dash(part, text):
    assert amounts.share(part) == text


@given(st.integers(0, 10**7))
def test_an_axis_reaches_the_top_in_at_most_four_whole_steps(top):
    ticks = amounts.ticks(top)
    assert ticks[0] == 0
    assert ticks[-1] >= top
    assert 2 <= len(ticks) <= 5
    assert all(tick == int(tick) for tick in ticks)
    assert len(ticks) == 2 or ticks[-2] < top


@pytest.mark.parametrize(
    ("per_second", "text"),
    [
        (0, "0/s"),
        (0.27, "0.27/s"),
        (38.61, "38.6/s"),
        (338.4, "338/s"),
        (4321, "4,321/s"),
        (0.05, "3.0/min"),
        (0.0005, "1.8/h"),
    ],
)
def test_rates_are_per_second_and_slow_ones_per_minute_or_hour(per_second, text):
    assert amounts.rate(per_second) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0"), (0.25, "0.25"), (0.1 * 3, "0.3"), (5000, "5,000"), (25_000, "25k"), (10**6, "1M")],
)
def test_an_axis_has_round_numbers(n, text):
    assert amounts.tick(n) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.417, "0.42 s"), (12.34, "12.3 s"), (125, "2m 05s"), (math.nan, "\N{EN DASH}")],
)
def test_measured_times_are_precise_where_they_are_short(seconds, text):
    assert amounts.measured(seconds) == text


@given(st.floats(1e-6, 1e6))
def test_an_axis_of_rates_reaches_the_top_in_few_even_steps(top):
    ticks = amounts.ticks(top, most=3, whole=False)
    assert ticks[-1] >= top * (1 - 1e-9)
    assert 2 <= len(ticks) <= 4
    assert len(ticks) == 2 or ticks[-2] < top
