"""What queueing theory says of a fleet: how many consumers it takes, and how long jobs wait.

Jobs arrive at ``arrival_rate`` λ (jobs per second), ``consumers`` c work in parallel, oldest
job first, and each is held for a random service time of mean E[S] by every job. All times are
queue seconds. Waiting is from the arrival (submit or redrive) to the first claim, the system time
from the arrival to settled, the backlog counts the unprocessed jobs: what textbooks write Wq, W
and Lq, and L for backlog and jobs in service together. ``rinq.metrics.measure`` measures the same.
All means are those of the steady state; where there is none, since jobs arrive faster than they
can be served, they are infinite: the backlog grows without end.

The formulas know no failures: each job is claimed once, so that its waiting is its whole time
unprocessed. With retries, the measured backlog is λ times the time unprocessed, and more than λWq.

A rinq consumer rests for ``consumer.interval`` after each job, and after each poll that finds the
queue empty. So M/M/c, in which an idle server takes a job the moment it arrives, holds for an
interval of 0 only. See ``polling`` for what holds otherwise.

Sources: [S] Shortle, Thompson, Gross, Harris, Fundamentals of Queueing Theory, 5th ed. 2018;
[K] Kleinrock, Queueing Systems, vol. 1, 1975; [A] Allen, Probability, Statistics, and Queueing
Theory, 2nd ed. 1990; [T] Takagi, Queueing Analysis, vol. 1: Vacation and Priority Systems,
1991; [D] Doshi, A note on stochastic decomposition in a GI/G/1 queue with vacations or set-up
times, J. Appl. Prob. 22, 1985.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from rinq.config import Config
from rinq.distributions import Times
from rinq.errors import ConfigError

ROUNDING = 1e-12  # a load that is a whole number but for rounding counts as that number


class RandomTime(Protocol):
    """What these formulas need of a random time; ``rinq.distributions.Times`` has it."""

    @property
    def mean(self) -> float:
        """Seconds, from 0 up."""

    @property
    def variance(self) -> float:
        """Square seconds."""


@dataclass(frozen=True, slots=True)
class Moments:
    """A random time of which no more is known: mean and variance, as in ``RandomTime``."""

    mean: float
    variance: float


def scv(time: RandomTime) -> float:
    """The squared coefficient of variation, variance / mean²: 0 constant, 1 exponential.

    >>> from rinq.distributions import Times
    >>> scv(Times.parse(10)), scv(Times.parse("exponential(10)"))
    (0.0, 1.0)
    """
    return time.variance / time.mean**2 if time.mean else 0.0


def residual(time: RandomTime) -> float:
    """The mean rest of it at a random moment, E[X²] / 2E[X]: the inspection paradox.

    Half the mean for a constant time, all of it for an exponential one ([K] sec. 5.2).

    >>> from rinq.distributions import Times
    >>> residual(Times.parse(10)), residual(Times.parse("exponential(10)"))
    (5.0, 10.0)
    """
    return time.mean * (1 + scv(time)) / 2


def utilisation(arrival_rate: float, mean_service: float, consumers: int = 1) -> float:
    """rho = λE[S]/c, the share of time that a consumer is busy; stable below 1 ([S] sec. 1.5).

    Raises:
        ConfigError: a rate or time below 0, no consumer: here and wherever this is used.

    A job each 5 s, 11 s of work each, three consumers:

    >>> round(utilisation(1 / 5, 11, consumers=3), 3)
    0.733
    """
    _check("arrival_rate", arrival_rate)
    _check("mean_service", mean_service)
    _check_number("consumers", consumers)
    return arrival_rate * mean_service / consumers


def least_consumers(arrival_rate: float, mean_service: float) -> int:
    """The least c with λE[S]/c < 1, so that a backlog shrinks: floor(λE[S]) + 1.

    At exactly 1 a backlog does not shrink, and with any randomness it grows ([S] sec. 1.5).

    >>> least_consumers(1 / 5, 11)  # 2.2 would be busy without a pause
    3
    """
    return math.floor(utilisation(arrival_rate, mean_service) * (1 + ROUNDING)) + 1


@dataclass(frozen=True, slots=True)
class Prediction:
    """A fleet in its steady state; infinite times and numbers where it has none.

    Args:
        arrival_rate: λ, jobs per second.
        consumers: c.
        mean_work: E[S], mean seconds from claim to settled.
        utilisation: rho; for ``polling`` the interval after a job counts as busy.
        waiting: Wq, mean seconds from arrival to first claim.

    >>> found = mmc(arrival_rate=1, mean_work=1, consumers=2)
    >>> round(found.waiting, 3), round(found.system, 3), round(found.in_system, 3)
    (0.333, 1.333, 1.333)
    """

    arrival_rate: float
    consumers: int
    mean_work: float
    utilisation: float
    waiting: float

    @property
    def system(self) -> float:
        """W, mean seconds from arrival to settled."""
        return self.waiting + self.mean_work

    @property
    def backlog(self) -> float:
        """Lq, mean number of unprocessed jobs: by Little's law λWq."""
        return self.arrival_rate * self.waiting

    @property
    def in_system(self) -> float:
        """L, mean number of jobs unprocessed or processing: by Little's law λW."""
        return self.arrival_rate * self.system


@dataclass(frozen=True, slots=True)
class MMc(Prediction):
    """M/M/c: Poisson arrivals, exponential work, no interval.

    Args:
        p_wait: the share of jobs that find every consumer busy.
        For the others see ``Prediction``.

    >>> found = mmc(arrival_rate=1, mean_work=1, consumers=2)
    >>> round(found.waits_longer_than(1), 3), round(found.percentile(0.95), 2)
    (0.123, 1.9)
    """

    p_wait: float

    def waits_longer_than(self, seconds: float) -> float:
        """P(waiting > t) = C e^-(cμ-λ)t, the share of jobs ([S] sec. 3.3)."""
        _check("seconds", seconds)
        if not 0 < self.p_wait < 1:
            return self.p_wait
        return self.p_wait * math.exp(-seconds / self._decay)

    def percentile(self, share: float) -> float:
        """The seconds within which this share of jobs, from 0 to below 1, is claimed."""
        if not 0 <= share < 1:
            raise ConfigError(f"share: expected a number from 0 to below 1, got {share:g}.")
        if self.utilisation >= 1:
            return math.inf
        return self._decay * max(0.0, math.log(self.p_wait / (1 - share))) if self.p_wait else 0.0

    @property
    def _decay(self) -> float:
        """1/(cμ-λ): the mean wait of those that wait."""
        return self.mean_work / self.consumers / (1 - self.utilisation)


def erlang_c(load: float, consumers: int) -> float:
    """The probability C(c, a) that a job of M/M/c must wait; a = λE[S] is the load in erlangs.

    By Erlang's B recursion B(k) = aB(k-1) / (k + aB(k-1)), B(0) = 1, which neither overflows
    nor cancels, and C = B / (1 - rho(1 - B)) ([S] sec. 3.3 and 3.6). From rho = 1 on it is 1.

    >>> round(erlang_c(load=1, consumers=2), 6)  # a third of the jobs must wait
    0.333333
    """
    rho = utilisation(load, 1, consumers)
    if rho >= 1:
        return 1.0
    blocked = 1.0
    for k in range(1, consumers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked / (1 - rho * (1 - blocked))


def mmc(arrival_rate: float, mean_work: float, consumers: int) -> MMc:
    """The exact M/M/c queue: Wq = C(c, a) / (cμ - λ) with μ = 1/E[S] ([S] sec. 3.3).

    >>> round(mmc(arrival_rate=1, mean_work=1, consumers=2).waiting, 3)
    0.333
    >>> mmc(arrival_rate=2, mean_work=1, consumers=2).waiting  # as many as can be served: too many
    inf
    """
    rho = utilisation(arrival_rate, mean_work, consumers)
    p_wait = erlang_c(arrival_rate * mean_work, consumers)
    waiting = p_wait * mean_work / consumers / (1 - rho) if rho < 1 else math.inf
    return MMc(arrival_rate, consumers, mean_work, rho, waiting, p_wait)


def allen_cunneen(
    arrival_rate: float, work: RandomTime, consumers: int, arrival_scv: float = 1.0
) -> Prediction:
    """G/G/c, approximately: Wq = Wq(M/M/c) · (ca² + cs²)/2 ([A] ch. 5).

    Exact for M/M/c, and with Poisson arrivals and c = 1 (Pollaczek-Khinchine); with constant
    arrivals and c = 1 it is Kingman's upper bound ([S] sec. 8.1). Otherwise good near rho = 1; at
    light loads, or with ca² far from 1, it can be wrong by half and more. It gives means only,
    and knows nothing of correlation between arrivals.

    Args:
        arrival_scv: ca², of the times between arrivals: 1 Poisson, 0 constant.

    Constant work halves the waiting of exponential work (Pollaczek-Khinchine):

    >>> allen_cunneen(0.5, Moments(mean=1, variance=0), consumers=1).waiting
    0.5
    >>> mmc(0.5, mean_work=1, consumers=1).waiting
    1.0
    """
    _check("arrival_scv", arrival_scv)
    exact = mmc(arrival_rate, work.mean, consumers)
    spread = (arrival_scv + scv(work)) / 2
    waiting = exact.waiting * spread if exact.utilisation < 1 else math.inf
    return Prediction(arrival_rate, consumers, work.mean, exact.utilisation, waiting)


def poll_wait(interval: Times, consumers: int) -> float:
    """Mean seconds until the first of c idle consumers polls, each at a moment of its own.

    For one it is ``residual``. Of several it is the least of their residual times R, whose mean is
    the integral of P(R > t)^c ([K] sec. 5.2). If the interval is exponential, so is R; if it is
    uniform from a to b, with m = (a+b)/2, P(R > t) is 1 - t/m up to a, then (b-t)²/2m(b-a).

    Raises:
        ConfigError: several consumers, and an interval of another law.

    >>> from rinq.distributions import Times
    >>> [round(poll_wait(Times.parse([7, 15]), consumers), 2) for consumers in (1, 3)]
    [5.74, 2.76]
    """
    _check_number("consumers", consumers)
    mean = interval.mean
    if consumers == 1 or not mean:
        return residual(interval)
    if interval.law == "exponential":
        return mean / consumers
    if interval.law not in ("constant", "uniform"):
        raise ConfigError(
            f"interval: there is no formula for {interval} and several consumers.",
            advice="Take a constant, uniform or exponential one, or simulate.",
        )
    width = interval.parameters[-1] - interval.parameters[0]
    half = width / 2 / mean  # P(R > a)
    until_least = mean / (consumers + 1) * (1 - half ** (consumers + 1))
    return until_least + width / (2 * consumers + 1) * half**consumers


def holding_time(work: RandomTime, interval: RandomTime) -> Moments:
    """B, how long a job holds its consumer: its work and the interval after it.

    So one consumer can do 1/E[B] jobs per second, and ``least_consumers(λ, E[B])`` are needed.
    With the default config, 7-15 s a job and a job each 5 s, that is 11/5 = 2.2, so three.

    >>> from rinq.distributions import Times
    >>> holding_time(Times.parse("exponential(4)"), Times.parse([7, 15])).mean
    15.0
    """
    return Moments(work.mean + interval.mean, work.variance + interval.variance)


def polling(
    arrival_rate: float,
    work: RandomTime,
    interval: Times,
    consumers: int,
    arrival_scv: float = 1.0,
) -> Prediction:
    """Consumers as rinq has them: each rests ``interval`` after a job and after an empty poll.

    Stability, rho = λE[B]/c < 1 with B the ``holding_time``, is exact; so is Little's law (see
    ``rinq.lab.little``). A poll that finds nothing costs one more interval, a vacation V; a job
    that arrives meanwhile waits for its end. Waiting is taken as Allen-Cunneen's for the service
    time B, plus ``poll_wait``.

    One consumer is a queue with multiple vacations, and waits with and without vacations
    differ by exactly the residual vacation E[V²]/2E[V], whatever the distributions, if times
    between arrivals are independent ([D]; for M/G/1 also [T] ch. 2). So at c = 1 this is exact
    for Poisson arrivals, and an upper bound for constant ones. For more consumers there is no
    closed form and this is a rough guide, mostly too low, since polls are not evenly spread:
    it is right as λ → 0, 5% low for three consumers of the default config, and in trials up to a
    half low for eight. With a work time of 0 the polls do not depend on the jobs, and ``poll_wait``
    alone is a lower bound at every c.

    >>> from rinq.distributions import Times
    >>> found = polling(1 / 5, work=Times.parse([3, 8]), interval=Times.parse([1, 3]), consumers=2)
    >>> round(found.utilisation, 2), round(found.waiting, 2)
    (0.75, 5.71)
    """
    held = allen_cunneen(arrival_rate, holding_time(work, interval), consumers, arrival_scv)
    waiting = held.waiting + poll_wait(interval, consumers)
    return Prediction(arrival_rate, consumers, work.mean, held.utilisation, waiting)


def predict(config: Config, *, consumers: int, producers: int = 1) -> Prediction:
    """``polling`` with the times of a config.

    What is not in the config counts as 0 s: the handler itself, the database, failures.

    >>> from rinq.config import Config
    >>> round(predict(Config(), consumers=3).waiting, 1), predict(Config(), consumers=2).waiting
    (2.9, inf)
    """
    _check_number("producers", producers)
    between = config.producer.interval
    if not between.mean:
        raise ConfigError("producer.interval: expected a mean above 0, got 0.")
    arrival_rate = producers / between.mean
    work, interval = config.consumer.work_time, config.consumer.interval
    return polling(arrival_rate, work, interval, consumers, arrival_scv=scv(between))


def _check(name: str, value: float) -> None:
    """A number that must be finite and at least 0. Raises: ConfigError."""
    if not 0 <= value < math.inf:
        raise ConfigError(f"{name}: expected a number from 0 up, got {value:g}.")


def _check_number(name: str, value: int) -> None:
    """A whole number from 1 up. Raises: ConfigError."""
    if value < 1 or value % 1:
        raise ConfigError(f"{name}: expected a whole number from 1 up, got {value}.")
