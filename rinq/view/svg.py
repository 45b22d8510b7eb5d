"""A figure as SVG for a page: it follows the page's theme and font, and says what it shows."""

from __future__ import annotations

import html
import io
import re

import matplotlib as mpl
from matplotlib.figure import Figure

from rinq.view.palette import SENTINEL, variable

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


def themed(figure: Figure, salt: str) -> str:
    """The figure, drawn in ``palette.SENTINEL``, as one ``<svg>`` element as wide as its place.

    Args:
        salt: sets its inner ids apart from those of every other drawing on the page.
    """
    drawn = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(drawn, format="svg")
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
