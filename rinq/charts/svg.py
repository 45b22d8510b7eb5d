"""A figure as SVG for a page: it follows the page's theme and font, and says what it shows."""

from __future__ import annotations

import html
import io
import re
from functools import lru_cache
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from rinq.charts.palette import SENTINEL, variable

# Its one rule is for every svg of the page: the same is said on ours alone.
_STYLE = '<defs>\n  <style type="text/css">*{stroke-linejoin: round; stroke-linecap: butt}</style>'
_INHERITED = "stroke-linejoin:round;stroke-linecap:butt"
_FONT = re.compile(r"""(style="font[^"]*?)'[^;"]*""")
_GROUP_ID = re.compile(r'<g id="[^"]*"')
_INK = re.compile("|".join(SENTINEL.values()))
_VARIABLE = {colour: f"var({variable(ink)})" for ink, colour in SENTINEL.items()}


def finding(figure: Figure) -> str:
    """What the figure shows, in sentences: the labels of its axes."""
    return " ".join(label for axes in figure.axes if (label := str(axes.get_label())))


class _Renderer(RendererSVG):
    """Remembers how much room a text takes: to measure it is most of the work on a chart."""

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
    ) -> tuple[float, float, float]:
        return _room(s, prop, ismath)


@lru_cache(2048)
def _room(text: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
    room: tuple[float, float, float] = text_to_path.get_text_width_height_descent(
        text, prop, ismath
    )
    return room


def themed(figure: Figure, salt: str) -> str:
    """The figure, drawn in ``palette.SENTINEL``, as one ``<svg>`` element as wide as its place.

    Args:
        salt: sets its inner ids apart from those of every other drawing on the page.
    """
    drawn = io.StringIO()
    figure.dpi = 72
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        renderer: Any = _Renderer(figure.bbox.width, figure.bbox.height, drawn)  # type: ignore[no-untyped-call]
        figure.draw(renderer)
        renderer.finalize()
    text = drawn.getvalue()
    view = re.search(r'viewBox="[^"]*"', text)
    _, _, body = text.partition("</metadata>")
    body = _GROUP_ID.sub("<g", body.replace(_STYLE, "<defs>"))
    body = _FONT.sub(r"\1var(--q-font)", body)
    body = _INK.sub(lambda found: _VARIABLE[found[0]], body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{view[0] if view else ""} role="img" aria-label="{html.escape(finding(figure))}" '
        f'style="{_INHERITED}">{body}'
    )
