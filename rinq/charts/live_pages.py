"""The charts of a page as SVG, drawn again and again for one place on the screen."""

from __future__ import annotations

import uuid

from matplotlib.figure import Figure

from rinq.charts import drawing, picture
from rinq.charts.pages import PAGES
from rinq.charts.palette import SENTINEL
from rinq.charts.snapshot import Snapshot


class LivePages:
    """Draws one page at a time. Its figures are kept: clearing one takes half as long as making
    it anew."""

    def __init__(self) -> None:
        self._salt = uuid.uuid4().hex
        self._figures: dict[str, Figure] = {}

    def draw(self, page: str, snapshot: Snapshot) -> list[str]:
        """The charts of a page (a key of ``PAGES``), in order, each as one ``<svg>``."""
        drawn = []
        for chart in PAGES[page]:
            if chart.name in self._figures:
                figure = self._figures[chart.name]
                drawing.clear(figure)
                chart.draw(figure, snapshot, snapshot.view(SENTINEL))
            else:
                figure = self._figures[chart.name] = chart.figure(snapshot, SENTINEL)
            drawn.append(picture.svg(figure, chart.name + self._salt))
        return drawn
