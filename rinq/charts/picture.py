"""A figure as a picture: SVG for the live panel, PNG for a saved cell, each with its alternative
text.

The alternative text of a figure is made of the labels of its Axes (``axes.get_label()``), in
which each chart says in a sentence what it shows.
"""

from __future__ import annotations

import html
import io
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import imsave
from matplotlib.textpath import text_to_path

from rinq.charts.drawing import FONT
from rinq.charts.palette import SENTINEL, variable

SHARP = 2  # pixels of a PNG per pixel on the page
COLUMNS = 2  # of a snapshot
HEAD = 32  # px, the line of text above its columns

# matplotlib's one style rule would apply to every svg of the page: it is set on our element instead
_STYLE = '<defs>\n  <style type="text/css">*{stroke-linejoin: round; stroke-linecap: butt}</style>'
_INHERITED = "stroke-linejoin:round;stroke-linecap:butt"
_FONT = re.compile(r"""(style="font[^"]*?)'[^;"]*""")
_GROUP_ID = re.compile(r'<g id="[^"]*"')
_INK = re.compile("|".join(SENTINEL.values()))
_VARIABLE = {colour: f"var({variable(ink)})" for ink, colour in SENTINEL.items()}


def alternative_text(figure: Figure) -> str:
    """What the figure shows, in sentences."""
    return " ".join(label for axes in figure.axes if (label := str(axes.get_label())))


def svg(figure: Figure, salt: str) -> str:
    """The figure, drawn in ``palette.SENTINEL``, as one ``<svg>`` element as wide as its place.

    It has the page's font and colours, which it takes from CSS variables.

    Args:
        salt: makes its inner ids differ from those of every other drawing on the page.
    """
    file = io.StringIO()
    figure.dpi = 72
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        renderer: Any = _Renderer(figure.bbox.width, figure.bbox.height, file)  # type: ignore[no-untyped-call]
        figure.draw(renderer)
        renderer.finalize()
    text = file.getvalue()
    view, label = re.search(r'viewBox="[^"]*"', text), html.escape(alternative_text(figure))
    _, _, body = text.partition("</metadata>")
    body = _GROUP_ID.sub("<g", body.replace(_STYLE, "<defs>"))
    body = _FONT.sub(r"\1var(--q-font)", body)
    body = _INK.sub(lambda found: _VARIABLE[found[0]], body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{view[0] if view else ""} role="img" aria-label="{label}" '
        f'style="{_INHERITED}">{body}'
    )


class _Renderer(RendererSVG):
    """Remembers the size of each text: measuring texts is most of the work on a chart."""

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
    ) -> tuple[float, float, float]:
        return _text_size(s, prop, ismath)


@lru_cache(2048)
def _text_size(text: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
    size: tuple[float, float, float] = text_to_path.get_text_width_height_descent(
        text, prop, ismath
    )
    return size


class Picture:
    """A figure as PNG in a notebook's cell, which stays when the notebook is saved.

    ``png`` are its bytes, ``alt_text`` says what it shows.

    Args:
        name: what stands for it as text; the same from run to run, as the alternative text is not.
        widest: px on the page.
    """

    def __init__(self, figure: Figure, name: str, *, widest: float = math.inf) -> None:
        self.alt_text = alternative_text(figure)
        self._name = name
        self._width = min(widest, figure.get_figwidth() * figure.dpi)
        file = io.BytesIO()
        description = {"Description": self.alt_text}
        FigureCanvasAgg(figure).figure.savefig(
            file, format="png", dpi=SHARP * figure.dpi, metadata=description
        )
        self.png = file.getvalue()

    def __repr__(self) -> str:
        return f"<{self._name}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"image/png": self.png, "text/plain": repr(self)}
        return data, {"image/png": {"width": round(self._width)}}


def snapshot_png(figures: Sequence[Figure], line: str) -> bytes:
    """A PNG of these figures, which are of one size, in two columns under a line of text."""
    wide, _ = figures[0].get_size_inches()
    head = Figure((COLUMNS * wide, HEAD / figures[0].dpi), dpi=figures[0].dpi)
    head.text(8 / wide / head.dpi / COLUMNS, 0.5, line, fontsize=FONT, va="center")
    images = []
    for figure in (head, *figures):
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
        images.append(np.asarray(canvas.buffer_rgba()))  # type: ignore[no-untyped-call]
    rows = [np.hstack(images[i : i + COLUMNS]) for i in range(1, len(images), COLUMNS)]
    file = io.BytesIO()
    imsave(file, np.ascontiguousarray(np.vstack([images[0], *rows])), format="png")
    return file.getvalue()
