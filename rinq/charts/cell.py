"""A chart of the control room in a notebook's cell."""

from __future__ import annotations

from rinq.charts.pages import PAGES
from rinq.charts.picture import Picture
from rinq.charts.snapshot import take_snapshot
from rinq.errors import ConfigError
from rinq.metrics.live_history import LiveHistory
from rinq.queue import PersistentQ

CHARTS = {chart.name: chart for page in PAGES.values() for chart in page}


def chart(queue: PersistentQ, name: str, *, window: float | None = None) -> Picture:
    """Draw one chart of the control room.

    >>> import rinq
    >>> with rinq.simulate(hours=0.05, seed=1) as simulated:
    ...     picture = rinq.chart(simulated.queue, "jobs")
    >>> picture
    <chart: jobs>
    >>> print(picture.alt_text)
    Jobs by status, last 3 min: 1 unprocessed, 0 processing, 35 processed, 0 failed, 0 cleaned.

    Args:
        name: jobs, flow, ends, rates, attempts, utilisation, times, attempts per job.
        window: how much of the past, in queue seconds; None for the whole run.

    Raises:
        ConfigError: there is no chart of this name.
    """
    if name not in CHARTS:
        raise ConfigError(f"{name!r:.40} is no chart: {', '.join(CHARTS)}.")
    figure = CHARTS[name].figure(take_snapshot(queue, LiveHistory(), window))
    return Picture(figure, f"chart: {name}")
