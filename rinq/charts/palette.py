"""One colour and one pattern per status everywhere, and the inks of the two themes.

A fill (Okabe-Ito) is the same in both themes. An ink is the same hue moved until text
and lines reach a contrast of 4.5:1 on the theme's surface: areas use fills; lines,
labels and outlines use inks. A hatch keeps two fills apart where they meet, in grey too.
"""

from __future__ import annotations

from collections.abc import Mapping

from rinq.queue import Status

FILL: Mapping[Status, str] = {
    Status.UNPROCESSED: "#56B4E9",
    Status.PROCESSING: "#E69F00",
    Status.PROCESSED: "#009E73",
    Status.FAILED: "#D55E00",
    Status.CLEANED: "#CC79A7",
}
HATCH: Mapping[Status, str] = {
    Status.UNPROCESSED: "",
    Status.PROCESSING: "////",
    Status.PROCESSED: "",
    Status.FAILED: "xxxx",
    Status.CLEANED: "..",
}
HATCH_INK = "#1a1a1a"
HATCH_WIDTH = 0.7  # px

Inks = Mapping[str, str]
"""A colour for each status, and for ``text``, ``muted`` (text of less weight), ``surface``,
``line`` (borders), ``grid``, ``unused`` (an edge never taken) and ``empty`` (what is to fill)."""

LIGHT: Inks = {
    Status.UNPROCESSED: "#1676ac",
    Status.PROCESSING: "#946700",
    Status.PROCESSED: "#007f5d",
    Status.FAILED: "#b65000",
    Status.CLEANED: "#b64584",
    "text": "#1f1f1f",
    "muted": "#616161",
    "surface": "#ffffff",
    "line": "#dcdcdc",
    "grid": "#e3e3e3",
    "unused": "#bdbdbd",
    "empty": "#f2f2f2",
}
DARK: Inks = {
    Status.UNPROCESSED: "#56B4E9",
    Status.PROCESSING: "#E69F00",
    Status.PROCESSED: "#2cb891",
    Status.FAILED: "#ea7a2a",
    Status.CLEANED: "#d58fb5",
    "text": "#e6e6e6",
    "muted": "#a8a8a8",
    "surface": "#1b1b1b",
    "line": "#383838",
    "grid": "#3a3a3a",
    "unused": "#5a5a5a",
    "empty": "#2a2a2a",
}
SENTINEL: Inks = {str(ink): f"#fe{i:02x}9d" for i, ink in enumerate(LIGHT)}
"""Colours that stand for inks in a drawing, until ``variable(ink)`` replaces them."""


def variable(ink: str) -> str:
    """The CSS variable of an ink."""
    return f"--q-{ink}"


def css(inks: Inks) -> str:
    """The inks as declarations of CSS variables."""
    return ";".join(f"{variable(ink)}:{colour}" for ink, colour in inks.items())
