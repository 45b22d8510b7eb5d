"""Queueing theory: against tables, hand-made formulas, limits and laws."""

from __future__ import annotations

import math
import random
from statistics import NormalDist, mean
from typing import cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rinq.config import Config
from rinq.distributions import Times
from rinq.errors import ConfigError
from rinq.lab import theory

SEED = Config()


def constant(seconds):
    return Times("constant", (seconds,))


def uniform(least, most):
    return Times("uniform", (least, most))


def exponential(mean):
    return Times("exponential", (mean,))


rates, seconds = st.floats(0.001, 100), st.floats(0.001, 100)
fleets = st.integers(1, 50)


def mmc_by_its_states(arrival_rate, mean_work, consumers, states=4000):
    """P(wait), Lq and L of M/M/c from the birth-death balance p(n+1) = p(n) λ / μ min(n+1, c)."""
    p = [1.0]
    for n in range(states):
        p.append(p[-1] * arrival_rate * mean_work / min(n + 1, consumers))
    total = math.fsum(p)
    waiting = sum(p[consumers:]) / total
    backlog = sum((n - consumers) * p[n] for n in range(consumers, len(p))) / total
    return waiting, backlog, sum(n * share for n, share in enumerate(p)) / total


def polled(rng, arrival_rate, work, interval, consumers, *, regular, jobs=60_000):
    """Mean seconds from submit to claim where each consumer polls as rinq's do."""
    arrivals, at = [], 0.0
    for _ in range(jobs):
        at += 1 / arrival_rate if regular else rng.expovariate(arrival_rate)
        arrivals.append(at)
    polls = [rng.uniform(*interval) for _ in range(consumers)]
    waits = []
    for arrival in arrivals:
        while True:
            first = min(range(consumers), key=polls.__getitem__)
            poll = polls[first]
            polls[first] += rng.uniform(*interval)
            if poll >= arrival:
                polls[first] += work
                waits.append(poll - arrival)
                break
    return mean(waits)


# Random times


@pytest.mark.parametrize(
    ("time", "scv", "residual"),
    [
        (constant(4), 0, 2),
        (exponential(4), 1, 4),
        (uniform(0, 6), 1 / 3, 2),
        (uniform(7, 15), 16 / 3 / 121, (15**3 - 7**3) / (3 * 8) / 22),
        (constant(0), 0, 0),
    ],
)
def test_a_time_has_a_spread_and_a_rest_at_a_random_moment(time, scv, residual):
    assert theory.scv(time) == pytest.approx(scv)
    assert theory.residual(time) == pytest.approx(residual)


def test_work_and_the_wait_after_it_add_up_mean_and_variance():
    both = theory.holding_time(exponential(2), uniform(7, 15))
    assert (both.mean, both.variance) == (13, pytest.approx(16 / 3 + 4))


# Utilisation and the least number of consumers


def test_the_fleet_of_the_seed_needs_three_consumers():
    """A file each 5 s, a consumer each 7-15 s: 11/5 = 2.2 consumers' worth of work."""
    arrival_rate = 1 / SEED.producer.interval.mean
    held = theory.holding_time(SEED.consumer.work_time, SEED.consumer.interval).mean
    assert theory.utilisation(arrival_rate, held) == pytest.approx(2.2)
    assert theory.least_consumers(arrival_rate, held) == 3
    stable = {c: theory.predict(SEED, consumers=c).waiting < math.inf for c in (1, 2, 3, 4)}
    assert stable == {1: False, 2: False, 3: True, 4: True}


@given(rates, seconds)
def test_the_least_number_is_stable_and_one_fewer_is_not(arrival_rate, mean):
    least = theory.least_consumers(arrival_rate, mean)
    assert theory.utilisation(arrival_rate, mean, least) < 1
    assume(least > 1)
    assert theory.utilisation(arrival_rate, mean, least - 1) >= 1 - 1e-9


def test_a_load_of_exactly_two_needs_three_also_where_it_is_rounded_down():
    assert theory.least_consumers(0.2, 10) == 3
    assert 1 / 49 * 49 < 1
    assert theory.least_consumers(1 / 49, 49) == 2
    assert theory.least_consumers(0, 10) == 1


# M/M/c


@pytest.mark.parametrize(
    ("load", "consumers", "probability"),
    [
        (0.9, 1, 0.9),  # M/M/1: rho
        (1, 2, 1 / 3),  # by hand: a²/(2-a) / (1 + a + a²/(2-a))
        (2, 3, 4 / 9),  # by hand: p0 = 1/9
        (8, 10, 0.4092),  # a table of Erlang C, like
        (5, 6, 0.5875),
        (20, 25, 0.2091),
    ],
)
def test_erlang_c_agrees_with_hand_and_table(load, consumers, probability):
    assert theory.erlang_c(load, consumers) == pytest.approx(probability, abs=5e-5)


@given(fleets, st.floats(0.01, 0.97), seconds)
def test_mmc_agrees_with_the_balance_of_its_states(consumers, rho, mean_work):
    arrival_rate = rho * consumers / mean_work
    p_wait, backlog, in_system = mmc_by_its_states(arrival_rate, mean_work, consumers)
    queue = theory.mmc(arrival_rate, mean_work, consumers)
    assert queue.p_wait == pytest.approx(p_wait, rel=1e-6)
    assert queue.backlog == pytest.approx(backlog, rel=1e-6)
    assert queue.in_system == pytest.approx(in_system, rel=1e-6)


@given(st.floats(0.01, 0.99), seconds)
def test_one_consumer_is_mm1(rho, mean_work):
    queue = theory.mmc(rho / mean_work, mean_work, 1)
    assert queue.p_wait == pytest.approx(rho)
    assert queue.in_system == pytest.approx(rho / (1 - rho))
    assert queue.system == pytest.approx(mean_work / (1 - rho))


@given(rates, seconds, fleets)
def test_one_consumer_more_never_makes_jobs_wait_longer(arrival_rate, mean_work, consumers):
    fewer, more = (theory.mmc(arrival_rate, mean_work, consumers + n) for n in (0, 1))
    assert more.waiting <= fewer.waiting
    assert more.p_wait <= fewer.p_wait


@given(rates, seconds, st.integers(1, 1000))
def test_littles_law_holds_in_every_prediction(arrival_rate, mean_work, consumers):
    queue = theory.mmc(arrival_rate, mean_work, consumers)
    assert queue.backlog == pytest.approx(arrival_rate * queue.waiting)
    assert queue.in_system - queue.backlog == pytest.approx(
        math.nan if queue.utilisation >= 1 else arrival_rate * mean_work, nan_ok=True, abs=1e-6
    )


def test_with_ever_more_consumers_nobody_waits():
    assert [theory.mmc(2, 1, c).waiting > 1e-9 for c in (3, 10, 1000)] == [True, True, False]
    assert theory.mmc(2, 1, 1000).percentile(0.999) == 0


def test_erlang_c_is_stable_for_a_thousand_consumers():
    """Against the sum of its terms in logarithms, and the limit of Halfin and Whitt."""
    load, consumers = 950.0, 1000
    terms = [n * math.log(load) - math.lgamma(n + 1) for n in range(consumers)]
    last = consumers * math.log(load) - math.lgamma(consumers + 1) - math.log(1 - 0.95)
    by_terms = 1 / (1 + math.fsum(math.exp(term - last) for term in terms))
    assert theory.erlang_c(load, consumers) == pytest.approx(by_terms, rel=1e-9)
    beta, normal = 0.05 * math.sqrt(consumers), NormalDist()
    limit = 1 / (1 + beta * normal.cdf(beta) / normal.pdf(beta))
    assert theory.erlang_c(load, consumers) == pytest.approx(limit, rel=0.05)


@given(fleets, st.floats(0.01, 0.99), seconds, st.floats(0, 0.9999))
def test_a_percentile_is_the_time_that_only_the_rest_exceeds(consumers, rho, mean_work, share):
    queue = theory.mmc(rho * consumers / mean_work, mean_work, consumers)
    within = queue.percentile(share)
    if share <= 1 - queue.p_wait:
        assert within == 0
    else:
        assert queue.waits_longer_than(within) == pytest.approx(1 - share)
    assert queue.waits_longer_than(0) == queue.p_wait


def test_the_mean_wait_is_the_area_under_its_tail():
    queue = theory.mmc(2, 1, 3)
    area = sum(queue.waits_longer_than((n + 0.5) / 100) for n in range(3000)) / 100
    assert area == pytest.approx(queue.waiting, rel=1e-4) == pytest.approx(4 / 9, rel=1e-4)


@pytest.mark.parametrize("consumers", [1, 2])
def test_a_fleet_that_is_too_small_waits_for_ever(consumers):
    queue = theory.mmc(2, 1, consumers)
    assert (queue.p_wait, queue.waits_longer_than(1e6), queue.percentile(0)) == (1, 1, math.inf)
    assert (queue.waiting, queue.system, queue.backlog, queue.in_system) == (math.inf,) * 4
    approximate = theory.allen_cunneen(2, constant(1), consumers, arrival_scv=0)
    assert approximate.waiting == math.inf


@pytest.mark.parametrize(("arrival_rate", "mean_work"), [(0, 3), (3, 0), (0, 0)])
def test_without_arrivals_or_work_nobody_waits(arrival_rate, mean_work):
    queue = theory.mmc(arrival_rate, mean_work, 2)
    assert (queue.waiting, queue.backlog, queue.p_wait) == (0, 0, 0)
    assert (queue.waits_longer_than(0), queue.percentile(0.99)) == (0, 0)


# Allen-Cunneen


@given(rates, seconds, fleets)
def test_allen_cunneen_is_exact_for_mmc(arrival_rate, mean_work, consumers):
    exact = theory.mmc(arrival_rate, mean_work, consumers)
    approximate = theory.allen_cunneen(arrival_rate, exponential(mean_work), consumers)
    assert approximate.waiting == pytest.approx(exact.waiting)


@given(st.floats(0.01, 0.99), seconds, seconds)
def test_allen_cunneen_is_pollaczek_khinchine_for_one_consumer(rho, least, width):
    """λE[S²] / 2(1 - rho), with E[S²] of a uniform time by hand."""
    most = least + width
    second_moment = (least**2 + least * most + most**2) / 3
    arrival_rate = rho / ((least + most) / 2)
    found = theory.allen_cunneen(arrival_rate, uniform(least, most), 1)
    assert found.waiting == pytest.approx(arrival_rate * second_moment / 2 / (1 - rho))
    assert found.system == pytest.approx(found.waiting + (least + most) / 2)


@pytest.mark.parametrize(
    ("load", "consumers", "backlog", "off"), [(1.8, 2, 3.8645, 0.01), (0.6, 2, 0.03316, 0.11)]
)
def test_allen_cunneen_comes_near_mdc_and_nearer_at_high_load(load, consumers, backlog, off):
    """M/D/2 by Crommelin's balance, p(n in the next service time), iterated to its limit."""
    found = theory.allen_cunneen(load, constant(1), consumers)
    assert found.backlog == pytest.approx(backlog, rel=off)


# Polling


def test_of_idle_consumers_the_first_polls_soon():
    """One: E[V²]/2E[V]. Constant: the least of c uniform residual times, b/(c+1). And by sum."""
    assert theory.poll_wait(uniform(7, 15), 1) == pytest.approx((121 + 64 / 12) / 22)
    assert theory.poll_wait(constant(12), 5) == pytest.approx(2)
    assert theory.poll_wait(constant(0), 3) == 0

    def rest(t):
        return 1 - t / 11 if t < 7 else (15 - t) ** 2 / (2 * 11 * 8)

    for c in (1, 2, 3, 8):
        by_sum = sum(rest((n + 0.5) / 1000) ** c for n in range(15_000)) / 1000
        assert theory.poll_wait(uniform(7, 15), c) == pytest.approx(by_sum, rel=1e-5)


@given(st.floats(0, 20), st.floats(0.01, 20), fleets)
def test_more_idle_consumers_poll_sooner(least, width, consumers):
    fewer, more = (theory.poll_wait(uniform(least, least + width), consumers + n) for n in (0, 1))
    assert 0 < more < fewer


def test_one_polling_consumer_is_an_mg1_queue_with_vacations():
    """λE[B²] / 2(1 - rho) + E[V²] / 2E[V], by hand and by trial."""
    arrival_rate, work, interval = 0.05, 5.0, (7, 15)
    second_moment = 16**2 + 64 / 12
    by_hand = arrival_rate * second_moment / 2 / (1 - 0.8) + (121 + 64 / 12) / 22
    found = theory.polling(arrival_rate, constant(work), uniform(*interval), 1)
    assert found.utilisation == pytest.approx(0.8)
    assert found.waiting == pytest.approx(by_hand)
    assert found.system == pytest.approx(by_hand + 5)
    tried = polled(random.Random(4), arrival_rate, work, interval, 1, regular=False)
    assert tried == pytest.approx(by_hand, rel=0.05)


def test_one_polling_consumer_with_regular_arrivals_waits_less_than_predicted():
    found = theory.polling(0.05, constant(5), uniform(7, 15), 1, arrival_scv=0)
    tried = polled(random.Random(4), 0.05, 5.0, (7, 15), 1, regular=True)
    assert theory.poll_wait(uniform(7, 15), 1) * 0.98 < tried < found.waiting


def test_the_fleet_of_the_seed_waits_about_as_predicted_and_longer_than_its_bound():
    found = theory.predict(SEED, consumers=3)
    tried = polled(random.Random(4), 0.2, 0.0, (7, 15), 3, regular=True)
    assert (found.arrival_rate, found.utilisation) == (0.2, pytest.approx(2.2 / 3))
    assert found.waiting == pytest.approx(tried, rel=0.1)
    assert theory.poll_wait(uniform(7, 15), 3) < tried


def test_without_an_interval_polling_is_allen_cunneen():
    found = theory.polling(2, exponential(1), constant(0), 3)
    assert found.waiting == pytest.approx(theory.mmc(2, 1, 3).waiting)


def test_producers_may_follow_a_law_and_several_make_more():
    config = Config.parse({"producer": {"interval": "erlang(4, 8)"}})
    by_hand = theory.polling(0.25, constant(0), uniform(7, 15), 3, arrival_scv=0.25)
    assert theory.predict(config, consumers=3, producers=2) == by_hand


def test_of_exponential_polls_the_first_comes_as_from_one_that_is_faster():
    assert theory.poll_wait(exponential(12), 1) == 12
    assert theory.poll_wait(exponential(12), 4) == 3


def test_for_other_laws_only_one_consumer_has_a_formula():
    lognormal = Times("lognormal", (4.0, 2.0))
    assert theory.poll_wait(lognormal, 1) == pytest.approx(6)
    with pytest.raises(ConfigError, match=r"no formula for lognormal\(4, 2\)"):
        theory.poll_wait(lognormal, 2)


def test_a_prediction_takes_its_numbers_from_the_config():
    config = Config.parse(
        {"producer": {"interval": 4}, "consumer": {"interval": [1, 3], "work_time": [3, 8]}}
    )
    found = theory.predict(config, consumers=5, producers=2)
    by_hand = theory.polling(0.5, uniform(3, 8), uniform(1, 3), 5, arrival_scv=0)
    assert found == by_hand
    assert found.utilisation == pytest.approx(0.5 * 7.5 / 5)


# Wrong input


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: theory.mmc(-1, 1, 1), "arrival_rate: expected a number from 0 up, got -1."),
        (lambda: theory.mmc(1, math.nan, 1), "mean_service: expected a number from 0 up, got nan."),
        (lambda: theory.mmc(1, math.inf, 1), "mean_service: expected a number from 0 up, got inf."),
        (lambda: theory.mmc(1, 1, 0), "consumers: expected a whole number from 1 up, got 0."),
        (lambda: theory.erlang_c(1, cast("int", 2.5)), "consumers: expected a whole number"),
        (lambda: theory.poll_wait(uniform(7, 15), 0), "consumers: expected a whole number"),
        (lambda: theory.predict(SEED, consumers=1, producers=0), "producers: expected a whole"),
        (lambda: theory.allen_cunneen(1, constant(1), 2, -1), "arrival_scv: expected"),
        (lambda: theory.mmc(1, 1, 2).percentile(1), "share: expected a number from 0 to below 1"),
        (lambda: theory.mmc(1, 1, 2).waits_longer_than(-1), "seconds: expected a number"),
    ],
)
def test_a_wrong_number_is_named(wrong, says):
    with pytest.raises(ConfigError) as caught:
        wrong()
    assert says in str(caught.value)


def test_a_producer_that_never_waits_has_no_rate():
    config = Config.parse({"producer": {"interval": 0}})
    with pytest.raises(ConfigError, match=r"producer\.interval: expected a mean above 0"):
        theory.predict(config, consumers=3)
