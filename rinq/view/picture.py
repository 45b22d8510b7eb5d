"""A chart as a picture in a notebook's cell, which stays when the notebook is saved."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg

from rinq.errors import ConfigError
from rinq.queue import PersistentQ
from rinq.view.history import History
from rinq.view.pages import PAGES, Chart, Pages, look
from rinq.view.palette import LIGHT
from rinq.view.svg import finding

SHARP = 2  # pixels of the picture per pixel on the page

CHARTS = {chart.name: chart for page in PAGES.values() for chart in page}


class Picture:
    """A drawn chart. ``finding`` is what it shows, as a sentence; ``png`` the picture's bytes."""

    def __init__(self, chart: Chart, queue: PersistentQ, window: float | None) -> None:
        figure = Pages(LIGHT).figure(chart, look(queue, History(), window))
        self.name = chart.name
        self.finding = finding(figure)
        self._width = figure.get_figwidth() * figure.dpi
        file = io.BytesIO()
        FigureCanvasAgg(figure).figure.savefig(
            file, format="png", dpi=SHARP * figure.dpi, metadata={"Description": self.finding}
        )
        self.png = file.getvalue()

    def __repr__(self) -> str:
        return f"<chart: {self.name}>"  # the finding differs from run to run

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"image/png": self.png, "text/plain": repr(self)}
        return data, {"image/png": {"width": round(self._width)}}


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
