"""Several figures as one picture, for where no widget is shown."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave

from rinq.charts.drawing import FONT

COLUMNS = 2
HEAD = 32  # px


def side_by_side(figures: Sequence[Figure], line: str) -> bytes:
    """A PNG of these figures, which are of one size, in two columns under a line of text."""
    wide, _ = figures[0].get_size_inches()
    head = Figure((COLUMNS * wide, HEAD / figures[0].dpi), dpi=figures[0].dpi)
    head.text(8 / wide / head.dpi / COLUMNS, 0.5, line, fontsize=FONT, va="center")
    drawn = []
    for figure in (head, *figures):
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
        drawn.append(np.asarray(canvas.buffer_rgba()))  # type: ignore[no-untyped-call]
    rows = [np.hstack(drawn[i : i + COLUMNS]) for i in range(1, len(drawn), COLUMNS)]
    file = io.BytesIO()
    imsave(file, np.ascontiguousarray(np.vstack([drawn[0], *rows])), format="png")
    return file.getvalue()
