"""Utilisation: a row of cells for each process."""

from __future__ import annotations

import numpy as np
import pytest
import stories
from drawn import bars, texts

from rinq.charts import drawing, lanes
from rinq.charts.palette import FILL, LIGHT
from rinq.charts.view import View
from rinq.metrics import attempt_work as attempts
from rinq.queue import Status

VIEW = View(100.0, 60.0)
ROWS = [(70.0, 1, "claim", 1, "a"), (81.0, 1, "complete", 1, "a")]


def test_utilisation_fills_each_cell_from_below():
    made = attempts.attempts(stories.transitions(ROWS))
    work = attempts.work(made, np.linspace(40, 100, lanes.CELLS + 1))
    ax = drawing.new_figure(LIGHT, lanes.size(["a", "b"]), lanes.BOX).axes[0]
    lanes.utilisation(ax, work, ["a", "b"], VIEW)
    assert len(bars(ax, LIGHT["empty"])) == 2 * lanes.CELLS
    filled = sorted(bars(ax, FILL[Status.PROCESSING]))
    heights = [(up - low) / lanes.CELL for _, _, low, up in filled]
    assert heights == pytest.approx([1, 1, 1, 2 / 3], abs=1e-5)
    assert [(left + right) / 2 for left, right, *_ in filled] == [-28.5, -25.5, -22.5, -19.5]
    assert all(low == 2.5 - lanes.CELL / 2 for _, _, low, _ in filled)
    assert {"18%", "0%"} <= set(texts(ax))
    assert ax.get_label() == "Utilisation, last 60 s: a 18%, b 0%."


def test_utilisation_of_nobody_says_so():
    ax = drawing.new_figure(LIGHT, lanes.size([]), lanes.BOX).axes[0]
    nothing = attempts.attempts(stories.transitions([]))
    lanes.utilisation(ax, attempts.work(nothing, [0.0, 1.0]), [], VIEW)
    assert "No process has worked yet." in texts(ax)
