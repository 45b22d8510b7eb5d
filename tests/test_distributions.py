"""Times that are drawn: numbers, ranges and named laws."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rinq.distributions import LAWS, Times

SAMPLES = ["constant(4)", "uniform(3, 8)", "exponential(4)", "erlang(3, 6)", "lognormal(5, 0.5)"]
number = st.floats(0, 1e6)


@pytest.mark.parametrize(
    ("given_as", "law", "parameters"),
    [
        (5, "constant", (5,)),
        ([3, 8], "uniform", (3, 8)),
        ([3, 3], "constant", (3,)),
        ("uniform(3, 8)", "uniform", (3, 8)),
        (" exponential ( 2.5 ) ", "exponential", (2.5,)),
        ("erlang(4, 2)", "erlang", (4, 2)),
    ],
)
def test_a_number_a_range_and_a_law_are_times(given_as, law, parameters):
    assert Times.parse(given_as) == Times(law, parameters)


@pytest.mark.parametrize(
    "given_as",
    [
        -1,
        True,
        None,
        [5, 3],
        [1],
        [1, 2, 3],
        math.inf,
        math.nan,
        "5",
        "exponential",
        "exponential()",
        "exponential(a)",
        "exponential(nan)",
        "exponential(-1)",
        "exponential(1, 2)",
        "erlang(1.5, 2)",
        "erlang(0, 2)",
        "lognormal(1, 1000)",
        "__import__(1)",
        "uniform(8, 3)",
        [True, 2],
        10**400,
        [1, 10**400],
        "exponential(1_0)",
        "exponential(5",
        "exponential((5))",
        "exponential(5)(5)",
    ],
)
def test_anything_else_is_none(given_as):
    with pytest.raises(ValueError, match=r"law|number|range|could not convert"):
        Times.parse(given_as)


@pytest.mark.parametrize("text", SAMPLES)
def test_draws_have_the_mean_and_the_variance_that_are_told(text):
    times, rng = Times.parse(text), random.Random(1)
    draws = [times.draw(rng) for _ in range(20_000)]
    assert min(draws) >= 0
    assert statistics.fmean(draws) == pytest.approx(times.mean, rel=0.03)
    assert statistics.pvariance(draws) == pytest.approx(times.variance, rel=0.1)
    assert sum(draw > times.most for draw in draws) <= 0.001 * len(draws)


@pytest.mark.parametrize("text", SAMPLES)
def test_the_same_generator_draws_the_same_again(text):
    times = Times.parse(text)
    first, again = random.Random(7), random.Random(7)
    assert [times.draw(first) for _ in range(9)] == [times.draw(again) for _ in range(9)]


def test_every_law_is_drawn_in_these_tests():
    assert {Times.parse(text).law for text in SAMPLES} == set(LAWS)


@given(number, number)
def test_what_is_told_plainly_is_read_again(a, b):
    for value in (a, sorted((a, b)), f"exponential({a:g})", f"lognormal({a:g}, 2)"):
        times = Times.parse(value)
        assert Times.parse(times.plain) == times
