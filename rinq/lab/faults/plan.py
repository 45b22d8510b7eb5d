"""A fault plan is data: which faults hit which processes, and when; a seed draws the times."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from rinq.config import (
    Expect,
    FaultsConfig,
    Range,
    Rate,
    Section,
    as_range,
    expanded,
    read_values,
    validation_sentence,
)
from rinq.display import shortened
from rinq.errors import ConfigError
from rinq.faults import POINTS, UNDER_THE_LOCK
from rinq.queue import Role
from rinq.queue.model import check_process_name

LONGEST = 3600.0  # queue seconds that a fault may last, so that every freeze is bounded
MOST_OFTEN = 1.0  # queue seconds between two faults of a recurring entry, at least
FARTHEST = 1e6  # seconds that a clock may be set


RATES = ("error_rate", "hang_rate", "crash_rate")


class Act(StrEnum):
    KILL = "kill"
    FREEZE = "freeze"
    LOCK = "lock"
    CLOCK = "clock"
    FAILPOINT = "failpoint"
    RATES = "rates"


@dataclass(frozen=True, slots=True)
class ScheduledFault:
    """One fault, with nothing left to chance.

    Args:
        at: when, in queue seconds from the beginning of the plan.
        act: kill the process ``whom`` as by ``kill -9``; freeze it for ``seconds``; have a
            program hold the write lock for ``seconds``; set queue time forward (back,
            if negative) ``by`` seconds; let ``whom`` die, or stop for ``seconds`` if they are
            above 0, at the failpoint ``point``; set the rates of faults in jobs for ``seconds``.
        rates: the error, hang and crash rate; those that the plan does not name are 0.
    """

    at: float
    act: Act
    whom: str | None = None
    seconds: float = 0.0
    by: float = 0.0
    point: str | None = None
    rates: tuple[float, float, float] | None = None

    @property
    def settings(self) -> dict[str, float]:
        """The rates as live settings."""
        return {f"faults.{k}": r for k, r in zip(RATES, self.rates or (0, 0, 0), strict=True)}


def _bounded(pair: tuple[float, float] | None) -> tuple[float, float] | None:
    if pair is not None and not 0 < pair[0] <= pair[1] <= LONGEST:
        raise ValueError("never, or for too long")
    return pair


def _not_too_often(pair: tuple[float, float] | None) -> tuple[float, float] | None:
    if pair is not None and pair[0] < MOST_OFTEN:
        raise ValueError("too often")
    return pair


def _name(name: str | None) -> str | None:
    try:
        return None if name is None else check_process_name(name)
    except ConfigError as error:
        raise ValueError(str(error)) from error


def _point(point: str | None) -> str | None:
    if point is not None and point not in POINTS:
        raise ValueError("no failpoint")
    return point


_Shift = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST, allow_inf_nan=False)]


class PlanEntry(Section):
    """One entry of a plan, as written: at a time, or recurring; to a process, or to a role."""

    do: Annotated[Act, Field(strict=False), Expect(f"one of {', '.join(Act)}")]
    at: Annotated[
        Range | None, Expect("a number of seconds from 0 up, or a pair [least, most]")
    ] = None
    every: Annotated[
        Range | None,
        AfterValidator(_not_too_often),
        Expect(f"a number of seconds from {MOST_OFTEN:g} up, or a pair [least, most]"),
    ] = None
    whom: Annotated[
        str | None, AfterValidator(_name), Expect(f"the name of a process, or {', '.join(Role)}")
    ] = None
    seconds: Annotated[
        Range | None,
        AfterValidator(_bounded),
        Expect(f"a number of seconds above 0, at most {LONGEST:g}, or a pair [least, most]"),
    ] = None
    by: Annotated[
        Annotated[tuple[_Shift, _Shift], BeforeValidator(as_range)] | None,
        Expect(f"seconds forward or back, at most {FARTHEST:g}, or a pair [least, most]"),
    ] = None
    point: Annotated[str | None, AfterValidator(_point), Expect(f"one of {', '.join(POINTS)}")] = (
        None
    )
    error_rate: Annotated[Rate | None, Expect("a share of attempts from 0 to 1")] = None
    hang_rate: Annotated[Rate | None, Expect("a share of attempts from 0 to 1")] = None
    crash_rate: Annotated[Rate | None, Expect("a share of attempts from 0 to 1")] = None

    def scheduled_faults(
        self, rng: random.Random, names: Sequence[str], until: float
    ) -> Iterator[ScheduledFault]:
        """The faults of this entry before ``until``, in order."""
        at = rng.uniform(*(self.at or self.every or (0.0, 0.0)))
        while at < until:
            fault = self._drawn(at, rng, names)
            if fault is not None:
                yield fault
            if self.every is None:
                return
            at += rng.uniform(*self.every)

    def _drawn(self, at: float, rng: random.Random, names: Sequence[str]) -> ScheduledFault | None:
        seconds, by = (rng.uniform(*pair or (0.0, 0.0)) for pair in (self.seconds, self.by))
        drawn = rng.random()
        whom = self.whom
        if whom in set(Role) and whom not in names:
            of_role = sorted(name for name in names if name.startswith(f"{whom}-"))
            if not of_role:
                return None
            whom = of_role[int(drawn * len(of_role))]
        rates = (self.error_rate or 0.0, self.hang_rate or 0.0, self.crash_rate or 0.0)
        given = rates if self.do is Act.RATES else None
        return ScheduledFault(at, self.do, whom, seconds, by, self.point, given)


NEEDS: Mapping[Act, tuple[str, ...]] = {
    Act.KILL: ("whom",),
    Act.FREEZE: ("whom", "seconds"),
    Act.LOCK: ("seconds",),
    Act.CLOCK: ("by",),
    Act.FAILPOINT: ("whom", "point"),
    Act.RATES: ("seconds",),
}
"""The keys that an act needs beside its time."""
MAY: Mapping[Act, tuple[str, ...]] = {Act.FAILPOINT: ("seconds",), Act.RATES: RATES}
"""The keys that an act may have as well."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Which faults hit which processes, and when, in queue seconds from the beginning of the plan.

    As YAML, a list of entries. Each has a time, ``at`` (once) or ``every`` (again and again,
    this long after the fault before), and ``do``, one of ``Act``; a pair ``[least, most]``
    is drawn anew for each fault; a role as ``whom`` means one of its processes, drawn::

        - {at: 30, do: kill, whom: consumer-1}
        - {every: [20, 60], do: freeze, whom: consumer, seconds: [5, 90]}
        - {at: 40, do: lock, seconds: 5}
        - {at: 50, do: clock, by: -120}
        - {at: 60, do: failpoint, whom: consumer, point: result-written, seconds: 70}
        - {at: 80, do: rates, error_rate: 0.3, seconds: 100}

    >>> import random
    >>> from rinq.lab.faults.plan import FaultPlan
    >>> plan = FaultPlan.parse(
    ...     [
    ...         {"at": 30, "do": "kill", "whom": "consumer-1"},
    ...         {"every": [20, 60], "do": "freeze", "whom": "consumer", "seconds": [5, 90]},
    ...     ]
    ... )
    >>> names = ["consumer-1", "consumer-2"]
    >>> for fault in plan.scheduled_faults(random.Random(1), names, until=120):
    ...     print(f"{fault.at:.0f} s: {fault.act} {fault.whom}")
    30 s: kill consumer-1
    55 s: freeze consumer-1
    103 s: freeze consumer-1
    """

    entries: tuple[PlanEntry, ...] = ()

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a plan from a YAML file. Raises: ConfigError, naming the file and the key."""
        file = expanded(path).absolute()
        values = read_values(file)
        return cls.parse([] if values is None else values, source=str(file))

    @classmethod
    def parse(cls, values: object, *, source: str = "plan") -> Self:
        """Check a list of entries. Raises: ConfigError, naming ``source``, entry and key."""
        if not isinstance(values, list | tuple):
            raise ConfigError(f"{source}: expected a list of entries such as '- at: 30'.")
        return cls(
            tuple(_entry(value, f"{source}: entry {n}") for n, value in enumerate(values, start=1))
        )

    def dump(self) -> list[dict[str, Any]]:
        """The plan as plain data, which ``parse`` reads and YAML can hold."""
        return [
            {
                key: _plain(value)
                for key, value in entry.model_dump(mode="json").items()
                if value is not None
            }
            for entry in self.entries
        ]

    def scheduled_faults(
        self, rng: random.Random, names: Sequence[str], until: float
    ) -> list[ScheduledFault]:
        """The faults before ``until``, by time. The same seed and names give the same list.

        A longer ``until`` adds to a list and changes nothing in it.

        Args:
            rng: drawn from once for each entry.
            names: the processes; one is of a role if it is called as the role and a dash.
                An entry for a role that has none hits nobody.
            until: queue seconds from the beginning of the plan.
        """
        found: list[ScheduledFault] = []
        for entry in self.entries:
            found += entry.scheduled_faults(random.Random(rng.getrandbits(64)), names, until)
        return sorted(found, key=lambda fault: fault.at)


def _entry(values: object, where: str) -> PlanEntry:
    """One entry, checked. Raises: ConfigError."""
    if not isinstance(values, Mapping):
        raise ConfigError(
            f"{where}: expected keys such as 'at: 30, do: kill', got {shortened(values)}."
        )
    try:
        entry = PlanEntry.model_validate({str(key): value for key, value in values.items()})
    except ValidationError as error:
        sentence = validation_sentence(PlanEntry, error.errors()[0])
        raise ConfigError(f"{where}, {sentence}") from error
    _check_keys(entry, where)
    return entry


def _check_keys(entry: PlanEntry, where: str) -> None:
    """Raises: ConfigError: a key is missing, or means nothing here."""
    act = entry.do
    if (entry.at is None) == (entry.every is None):
        raise ConfigError(f"{where}: expected either at or every.")
    given = {key for key, value in entry if value is not None} - {"do", "at", "every"}
    for key in NEEDS[act]:
        if key not in given:
            raise ConfigError(f"{where}: {act} needs {key}.")
    allowed = (*NEEDS[act], *MAY.get(act, ()))
    for key in sorted(given.difference(allowed)):
        raise ConfigError(f"{where}, {key}: {act} takes none, only {', '.join(allowed)}.")
    if entry.point in UNDER_THE_LOCK and entry.seconds is not None:
        raise ConfigError(
            f"{where}, seconds: nobody is stopped at {entry.point}, holding the write lock.",
            advice="To have the lock held, write 'do: lock'.",
        )
    try:
        FaultsConfig(**{key: getattr(entry, key) or 0.0 for key in RATES})
    except ValidationError as error:
        raise ConfigError(f"{where}: expected rates whose sum is at most 1.") from error


def _plain(value: object) -> object:
    """A pair of two equal numbers becomes that number; a tuple becomes a list."""
    if isinstance(value, list | tuple):
        return value[0] if value[0] == value[1] else list(value)
    return value
