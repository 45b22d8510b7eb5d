"""The widgets that the panel is made of.

None of the fields lets the kernel echo a value. An echo is sent on the channel that the value
came by, and moves what follows away from the channel of the buttons: a press could then
overtake what was typed before it.
"""

from __future__ import annotations

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


def html_box(classes: str) -> w.HTML:
    """An empty piece of HTML with these CSS classes."""
    return w.HTML(_dom_classes=classes.split())


def button(text: str, tooltip: str = "", classes: str = "") -> w.Button:
    return w.Button(description=text, tooltip=tooltip, _dom_classes=classes.split())


def set_class(widget: w.DOMWidget, css_class: str, on: object) -> None:
    """Give the widget this CSS class, or take it away."""
    (widget.add_class if on else widget.remove_class)(css_class)


def disable_with_reason(button: w.Button, reason: str, tooltip: str) -> None:
    """Draw a button as disabled, with the reason as its tooltip; '' as enabled.

    It can be pressed all the same, and then answers with the reason: no button is dead.
    """
    set_class(button, "rinq-muted", reason)
    button.tooltip = reason or tooltip
