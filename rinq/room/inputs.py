"""Widgets that take what a person types or chooses.

None of them lets the kernel echo a value. An echo is sent on the channel that the value came
by, and draws what follows away from the channel of the buttons: a press could then overtake
what was typed before it.
"""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as w
import traitlets

SILENT = {"sync": True, "echo_update": False}


class NameField(w.Text):  # type: ignore[misc]
    value = traitlets.Unicode("").tag(**SILENT)


class Choice(w.Dropdown):  # type: ignore[misc]
    index = traitlets.Int(None, allow_none=True).tag(**SILENT)


class Tick(w.Checkbox):  # type: ignore[misc]
    value = traitlets.Bool(False).tag(**SILENT)


class Slider(w.FloatSlider):  # type: ignore[misc]
    value = traitlets.CFloat(0.0).tag(**SILENT)


class LogSlider(w.FloatLogSlider):  # type: ignore[misc]
    value = traitlets.CFloat(1.0).tag(**SILENT)


def html(place: str) -> w.HTML:
    """An empty piece of HTML with these classes."""
    return w.HTML(_dom_classes=place.split())


def button(text: str, press: Callable[[], None], look: str = "", tooltip: str = "") -> w.Button:
    made = w.Button(description=text, tooltip=tooltip, _dom_classes=look.split())
    made.on_click(lambda _: press())
    return made


def mark(widget: w.DOMWidget, css_class: str, on: object) -> None:
    """Let the widget have this class, or not."""
    (widget.add_class if on else widget.remove_class)(css_class)


def mute(button: w.Button, why: str, tooltip: str) -> None:
    """Draw a button that would be refused in muted ink, and say why; '' for one that would not."""
    mark(button, "rinq-muted", why)
    button.tooltip = why or tooltip
