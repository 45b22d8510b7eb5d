"""A chart of the control room, drawn for a notebook's cell."""

from __future__ import annotations

from rinq.charts.pages import PAGES, Chart, Pages, look
from rinq.charts.palette import LIGHT
from rinq.charts.png import Png
from rinq.charts.svg import finding
from rinq.errors import ConfigError
from rinq.metrics.live_history import LiveHistory
from rinq.queue import PersistentQ

CHARTS = {chart.name: chart for page in PAGES.values() for chart in page}


class Picture(Png):
    """A drawn chart."""

    def __init__(self, chart: Chart, queue: PersistentQ, window: float | None) -> None:
        figure = Pages(LIGHT).figure(chart, look(queue, LiveHistory(), window))
        self.name = chart.name
        super().__init__(figure, f"chart: {chart.name}", finding(figure))


def chart(queue: PersistentQ, name: str, *, window: float | None = None) -> Picture:
    """Draw one chart of the control room.

    Args:
        name: jobs, flow, ends, rates, attempts, utilisation, times, attempts per job.
        window: how much of the past, in queue seconds; None for the whole run.

    Raises:
        ConfigError: there is no such chart.
    """
    if name not in CHARTS:
        raise ConfigError(f"{name!r:.40} is no chart: {', '.join(CHARTS)}.")
    return Picture(CHARTS[name], queue, window)
