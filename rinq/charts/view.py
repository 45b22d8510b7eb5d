"""The span of time that a chart shows, and its colours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rinq.charts import amounts
from rinq.charts.palette import LIGHT, Inks


@dataclass(frozen=True)
class View:
    """The last ``window`` queue seconds before ``now``, drawn in ``inks``.

    ``whole_run`` says that the window begins with the queue's first entry: its time axis then
    counts from there, and its buckets begin there.
    """

    now: float
    window: float
    whole_run: bool = False
    inks: Inks = field(default_factory=lambda: LIGHT)

    @property
    def start(self) -> float:
        return self.now - self.window

    @property
    def last(self) -> str:
        """As text: last 60 s."""
        return f"last {amounts.duration(self.window)}"

    def x(self, at: pd.Series[float]) -> pd.Series[float]:
        """Where queue times lie on the time axis: seconds before now, cut off at its ends."""
        return (at - self.now).clip(-self.window, 0)

    def step_edges(self, steps: int) -> NDArray[np.float64]:
        """Edges of about so many steps of an area (queue seconds). As the window moves on, only the
        first and the last edge move."""
        step = self.window / steps
        inner = step * np.arange(np.floor(self.start / step) + 1, np.ceil(self.now / step))
        return np.concatenate(([self.start], inner, [self.now]))

    def bucket_edges(self, buckets: int) -> NDArray[np.float64]:
        """Edges of so many buckets, the last just after now (queue seconds).

        The buckets of a whole run divide it evenly. In a moving window
        they stand still, so that the first and the last one may be partial.
        """
        end = np.nextafter(self.now, np.inf)
        if self.whole_run:
            return np.linspace(self.start, end, buckets + 1)
        width = self.window / buckets
        inner = width * (np.floor(self.start / width) + 1 + np.arange(buckets + 1))
        return np.concatenate(([self.start], inner[inner < self.now], [end]))
