"""The style sheet, which shares a page with everything else that is shown there."""

from __future__ import annotations

import re

from rinq.charts.palette import DARK
from rinq.room.style import style_sheet


def test_the_style_touches_nothing_outside_of_the_room():
    css = re.sub(r"/\*.*?\*/", "", style_sheet(), flags=re.DOTALL)
    css = re.sub(r"@container rinq [^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}", r"\1", css)
    selectors = re.findall(r"([^{}]+)\{[^{}]*\}", css)
    assert len(selectors) > 40
    for selector in ",".join(selectors).split(","):
        assert re.match(r'\s*(\[data-jp-theme-light="false"\] )?\.rinq\b', selector), selector


def test_every_colour_that_the_style_uses_is_declared():
    css = style_sheet()
    assert set(re.findall(r"var\((--q-[\w-]+)", css)) <= set(re.findall(r"(--q-[\w-]+):", css))


def test_the_arrow_of_a_chooser_has_the_colour_of_text_where_the_theme_is_dark():
    assert f"stroke='%23{DARK['text'].removeprefix('#')}'" in style_sheet()
