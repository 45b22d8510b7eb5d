"""The panel's style: ``room.css`` after the colours of the palette, as CSS variables."""

from __future__ import annotations

from importlib import resources

from markupsafe import Markup

from rinq.charts.palette import DARK, FILL, HATCH_INK, LIGHT, css


def style_sheet() -> str:
    """The CSS; every rule in it begins with ``.rinq``."""
    fills = ";".join(f"--q-fill-{status}:{colour}" for status, colour in FILL.items())
    return (
        f".rinq{{{css(LIGHT)};{fills};--q-hatch:{HATCH_INK}}}\n"
        f'[data-jp-theme-light="false"] .rinq{{{css(DARK)}}}\n'
        + resources.files("rinq.room").joinpath("room.css").read_text("utf-8")
    )


def style_element() -> Markup:
    """The CSS as an HTML element. Its text is ours, and would not be CSS if it were escaped."""
    return Markup("<style>" + style_sheet() + "</style>")  # noqa: S704
