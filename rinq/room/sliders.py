"""The card "While it runs": sliders that show and change the live settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets as w

from rinq.config import Config
from rinq.distributions import Times
from rinq.room.inputs import LogSlider, Slider


@dataclass(frozen=True)
class Knob:
    """A slider: its label, the setting's key, its range and step, and what one unit is worth."""

    label: str
    key: str
    tooltip: str
    least: float
    most: float
    step: float
    unit: str = " s"
    worth: float = 1.0


KNOBS = (
    Knob("Speed", "speed", "Queue seconds that pass in one real second", 1, 100, 0, ""),
    Knob("Errors", "faults.error_rate", "Attempts whose handler raises", 0, 100, 1, "%", 0.01),
    Knob("Hangs", "faults.hang_rate", "Attempts that never return", 0, 100, 1, "%", 0.01),
    Knob("Crashes", "faults.crash_rate", "Attempts that kill their consumer", 0, 100, 1, "%", 0.01),
    Knob("Producer waits", "producer.interval", "Seconds between two files", 0, 30, 0.1),
    Knob("Cleaner waits", "cleaner.interval", "Seconds between two cleanings", 0.5, 120, 0.5),
    Knob("Lease", "manager.timeout", "Seconds that a claim may hold a job", 1, 300, 1),
)


class Sliders:
    """All sliders under one root.

    Args:
        change: called with a knob and its new setting when a slider was let go.
    """

    def __init__(self, change: Callable[[Knob, float], None]) -> None:
        self._change = change
        self._following = False
        self._shown: dict[str, float] = {}
        self.sliders: dict[str, w.FloatSlider] = {}
        lines = []
        for knob in KNOBS:
            slider = self.sliders[knob.key] = _slider(knob)
            label = f"{knob.label} <small>{knob.unit}</small>"
            slider.observe(lambda event, knob=knob: self._moved(knob, event["new"]), "value")
            lines.append(w.Box([w.HTML(label), slider], _dom_classes=["rinq-knob"]))
        note = w.HTML("<small>Running processes follow within a second.</small>")
        self.root = w.VBox([w.HTML("<b>While it runs</b>"), *lines, note])
        self.root.add_class("rinq-card").add_class("rinq-knobs")

    def follow(self, config: Config, speed: float) -> None:
        """Show the settings as they stand, whoever changed them."""
        for knob in KNOBS:
            section, _, name = knob.key.partition(".")
            value = _number(getattr(getattr(config, section), name)) if name else speed
            if self._shown.get(knob.key) != value:
                self._show(knob, value)

    def forget(self, key: str) -> None:
        """The change was refused: let the next ``follow`` show what stands."""
        self._shown.pop(key, None)

    def _show(self, knob: Knob, value: float) -> None:
        slider, self._following = self.sliders[knob.key], True
        try:
            self._shown[knob.key] = value
            place = round(value / knob.worth, 6)
            if knob.key == "speed":
                slider.min, slider.max = min(slider.min, _log(place)), max(slider.max, _log(place))
            else:
                slider.min, slider.max = min(slider.min, place), max(slider.max, place)
            slider.value = place
        finally:
            self._following = False

    def _moved(self, knob: Knob, place: float) -> None:
        value = float(f"{place:.3g}") if knob.key == "speed" else round(place * knob.worth, 6)
        if not self._following and self._shown.get(knob.key) != value:
            self._shown[knob.key] = value
            self._change(knob, value)


def _number(value: float | Times) -> float:
    """Of times that are drawn, the mean."""
    return value.mean if isinstance(value, Times) else value


def told(knob: Knob, value: float) -> str:
    """Speed 20 · Errors 30% · Lease 60 s."""
    return f"{knob.label} {value / knob.worth:g}{knob.unit}"


def _slider(knob: Knob) -> w.FloatSlider:
    shared: dict[str, Any] = {"tooltip": knob.tooltip, "continuous_update": False}
    if knob.key == "speed":
        log = {"min": _log(knob.least), "max": _log(knob.most), "step": 0.01}
        return LogSlider(value=1.0, base=10, readout_format=".1f", **log, **shared)
    form = ".0f" if knob.step == 1 else ".1f"
    span = {"min": knob.least, "max": knob.most, "step": knob.step}
    return Slider(value=knob.least, readout_format=form, **span, **shared)


def _log(value: float) -> float:
    return math.log10(value)
