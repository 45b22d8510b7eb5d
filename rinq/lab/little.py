"""Little's law, L = λW, on measured data.

The mean number of jobs that are there is their arrival rate times the mean time that each is
there: for the jobs in the system, and for those unprocessed alone. It needs no steady state and no
distribution, only a window with exact ends. Sources: Little, Little's Law as Viewed on Its 50th
Anniversary, Oper. Res. 59, 2011, theorem LL.2; Shortle, Thompson, Gross, Harris, Fundamentals
of Queueing Theory, 5th ed. 2018, sec. 1.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rinq.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Little:
    """L, λ and W, as measured in a window of time.

    Args:
        seconds: the window's length.
        arrivals: how many jobs came in it.
        arrival_rate: λ, arrivals per second.
        in_system: L, the number of jobs that are there, averaged over the window.
        time: W, mean seconds that the arrivals were there, up to the window's end.
        carried: jobs that were there already when it began.
    """

    seconds: float
    arrivals: int
    arrival_rate: float
    in_system: float
    time: float
    carried: int

    @property
    def gap(self) -> float:
        """L - λW: 0 but for rounding, if the window began with nobody there."""
        return self.in_system - self.arrival_rate * self.time if self.arrivals else self.in_system


def little(
    came: Iterable[float], left: Iterable[float | None], *, start: float, end: float
) -> Little:
    """Measure L, λ and W, from when each job came and left.

    The window is from ``start`` to just before ``end``. L is the area under the number of jobs
    there, which is the time that they all spent in the window, divided by the window. W is over
    the jobs that came in the window, and counts one that is still there at ``end`` with its
    time so far. Then L = λW exactly if nobody was there at ``start``, at any load, stable or
    not; else they differ by what the ``carried`` jobs spent.

    Args:
        came, left: queue seconds, one each per arrival (submit or redrive); None or NaN where it
            has not left. From arrived to settled (see ``metrics.job_times``) the law gives L and
            W; from arrived to the first claim it gives Wq, and Lq if no job is retried.

    Raises:
        ConfigError: there is no window, or a job that left before it came.
    """
    if not -math.inf < start < end < math.inf:
        raise ConfigError(f"window: expected start before end, got {start:g} and {end:g}.")
    spent: list[float] = []  # seconds in the window, by those that came in it …
    inherited: list[float] = []  # … and by those that were there
    for arrival, departure in zip(came, left, strict=True):
        gone = math.inf if departure is None or math.isnan(departure) else departure
        if not arrival <= gone:
            raise ConfigError(f"left: a job came at {arrival:g} and left before, at {gone:g}.")
        if start <= arrival < end:
            spent.append(min(gone, end) - arrival)
        elif arrival < start < gone:
            inherited.append(min(gone, end) - start)
    seconds = end - start
    return Little(
        seconds=seconds,
        arrivals=len(spent),
        arrival_rate=len(spent) / seconds,
        in_system=math.fsum(spent + inherited) / seconds,
        time=math.fsum(spent) / len(spent) if spent else math.nan,
        carried=len(inherited),
    )
