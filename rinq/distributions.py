"""How long something takes, drawn anew each time: a number, a range, or a named law."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HARDLY_EVER = 0.001  # the share of an unbounded time that exceeds its ``most``
LONGEST = 1e9  # seconds
MOST_STAGES = 1000
MOST_SCV = 100


@dataclass(frozen=True, slots=True)
class Times:
    """A random time in seconds, independent of the others.

    Args:
        law: its name in ``LAWS``.
        parameters: what that law takes.

    >>> import random
    >>> from rinq.distributions import Times
    >>> work = Times.parse([3, 8])
    >>> work.mean, round(work.variance, 2), round(work.draw(random.Random(1)), 2)
    (5.5, 2.08, 3.67)
    >>> Times.parse("exponential(4)").variance
    16.0
    """

    law: str
    parameters: tuple[float, ...]

    @classmethod
    def parse(cls, value: object) -> Times:
        """``5`` is always 5 s, ``[3, 8]`` uniform, ``exponential(4)`` a law with its parameters.

        Raises:
            ValueError: it is none of these, or out of range.
        """
        if isinstance(value, Times):
            return value
        given: list[Any]
        if isinstance(value, str):
            law, given = _call(value)
            if law not in LAWS:
                raise ValueError("no such law")
        else:
            given = list(value) if isinstance(value, list | tuple) else [value]
            law = "uniform" if isinstance(value, list | tuple) else "constant"
            if not all(type(number) in (int, float) for number in given):
                raise ValueError("not numbers")
        if not all(0 <= number <= LONGEST for number in given):
            raise ValueError("out of range")
        numbers = [float(number) for number in given]
        times = cls(law, tuple(numbers))
        if len(numbers) != LAWS[law].takes or not LAWS[law].allows(*numbers):
            raise ValueError("not what this law takes")
        if law == "uniform" and numbers[0] == numbers[1]:
            return cls("constant", times.parameters[:1])
        return times

    @property
    def plain(self) -> float | list[float] | str:
        """What ``parse`` reads and YAML and JSON can hold."""
        if self.law == "constant":
            return self.parameters[0]
        return list(self.parameters) if self.law == "uniform" else str(self)

    def draw(self, rng: random.Random) -> float:
        """One such time, seconds."""
        return LAWS[self.law].draw(rng, *self.parameters)

    @property
    def mean(self) -> float:
        """Seconds."""
        return LAWS[self.law].moments(*self.parameters)[0]

    @property
    def variance(self) -> float:
        """Square seconds."""
        return LAWS[self.law].moments(*self.parameters)[1]

    @property
    def most(self) -> float:
        """The longest, seconds; where there is none, what one in a thousand exceeds, at most."""
        if self.law in ("constant", "uniform"):
            return self.parameters[-1]
        # Cantelli's inequality: P(X - mean >= t) <= variance / (variance + t^2)
        return self.mean + math.sqrt(self.variance * (1 / HARDLY_EVER - 1))

    def __str__(self) -> str:
        return f"{self.law}({', '.join(f'{number:g}' for number in self.parameters)})"


@dataclass(frozen=True, slots=True)
class Backoff:
    """A wait that grows with each failed try, and is drawn from its upper half.

    After try number k it is between half and all of ``first * factor ** (k - 1)`` seconds, or
    of ``longest``, whichever is less. So jobs that failed together do not come back together
    ("equal jitter": Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).

    Args:
        first: seconds, above 0.
        factor: from 1 up.
        longest: seconds, not below ``first``.

    >>> from rinq.distributions import Backoff
    >>> [str(Backoff(1, 2, 60).after(tries)) for tries in (1, 2, 3, 100)]
    ['uniform(0.5, 1)', 'uniform(1, 2)', 'uniform(2, 4)', 'uniform(30, 60)']
    """

    first: float
    factor: float
    longest: float

    @classmethod
    def parse_or_times(cls, value: object) -> Backoff | Times:
        """``backoff(1, 2, 60)``, or what ``Times.parse`` takes. Raises: ValueError."""
        if isinstance(value, Backoff):
            return value
        if not isinstance(value, str) or not value.strip().startswith("backoff"):
            return Times.parse(value)
        first, factor, longest = _call(value)[1]
        if not (0 < first <= longest <= LONGEST and 1 <= factor <= LONGEST):
            raise ValueError("out of range")
        return cls(first, factor, longest)

    def after(self, tries: int) -> Times:
        """The wait after try number ``tries``, counted from 1."""
        grown = math.log(self.first) + (tries - 1) * math.log(self.factor)
        whole = self.longest if grown >= math.log(self.longest) else math.exp(grown)
        return Times("uniform", (whole / 2, whole))

    @property
    def plain(self) -> str:
        return f"backoff({self.first:g}, {self.factor:g}, {self.longest:g})"


@dataclass(frozen=True, slots=True)
class Law:
    """How a kind of time is drawn.

    Args:
        takes: the number of its parameters.
        allows: whether these parameters, each from 0 up, are possible.
        draw: a time, from a generator and the parameters.
        moments: mean and variance.
    """

    takes: int
    allows: Callable[..., bool]
    draw: Callable[..., float]
    moments: Callable[..., tuple[float, float]]


def _call(text: str) -> tuple[str, list[float]]:
    """A text such as ``uniform(3, 8)``, as name and numbers. Raises: ValueError."""
    name, _, inside = (part.strip() for part in text.partition("("))
    if not inside.endswith(")") or "_" in inside:
        raise ValueError("no numbers in brackets")
    return name, [float(part) for part in inside[:-1].split(",")]


def _exponential(rng: random.Random, mean: float) -> float:
    return -mean * math.log(1.0 - rng.random())


def _erlang(rng: random.Random, stages: float, mean: float) -> float:
    return sum(_exponential(rng, mean / stages) for _ in range(int(stages)))


def _lognormal(rng: random.Random, mean: float, scv: float) -> float:
    spread = math.log(1 + scv)
    return mean * math.exp(rng.gauss(0.0, math.sqrt(spread)) - spread / 2)


LAWS: dict[str, Law] = {
    "constant": Law(1, lambda _: True, lambda _, x: x, lambda x: (x, 0.0)),
    "uniform": Law(
        2,
        lambda a, b: a <= b,
        lambda rng, a, b: rng.uniform(a, b),
        lambda a, b: ((a + b) / 2, (b - a) ** 2 / 12),
    ),
    "exponential": Law(1, lambda _: True, _exponential, lambda mean: (mean, mean**2)),
    "erlang": Law(
        2,
        lambda k, _: 1 <= k <= MOST_STAGES and k == int(k),
        _erlang,
        lambda k, mean: (mean, mean**2 / k),
    ),
    "lognormal": Law(
        2, lambda _mean, scv: scv <= MOST_SCV, _lognormal, lambda mean, scv: (mean, scv * mean**2)
    ),
}
"""constant(s); uniform(least, most); exponential(mean); erlang(stages, mean), whose squared
coefficient of variation is 1/stages; lognormal(mean, squared coefficient of variation)."""
