"""The card "While it runs": sliders that show and change the live settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets as w
from markupsafe import Markup

from rinq.config import Config
from rinq.distributions import Times
from rinq.room.inputs import LogSlider, Slider


@dataclass(frozen=True)
class SliderSpec:
    """A slider: its label, the setting's key, its range and step, and what one unit is worth."""

    label: str
    key: str
    tooltip: str
    minimum: float
    maximum: float
    step: float
    unit: str = " s"
    worth: float = 1.0

    def text(self, value: float) -> str:
        """A setting in words: Speed 20, Errors 30%, Lease 60 s."""
        return f"{self.label} {value / self.worth:g}{self.unit}"


SLIDERS = (
    SliderSpec("Speed", "speed", "Queue seconds that pass in one real second", 1, 100, 0, ""),
    SliderSpec(
        "Errors", "faults.error_rate", "Attempts whose handler raises", 0, 100, 1, "%", 0.01
    ),
    SliderSpec("Hangs", "faults.hang_rate", "Attempts that never return", 0, 100, 1, "%", 0.01),
    SliderSpec(
        "Crashes", "faults.crash_rate", "Attempts that kill their consumer", 0, 100, 1, "%", 0.01
    ),
    SliderSpec("Producer waits", "producer.interval", "Seconds between two files", 0, 30, 0.1),
    SliderSpec("Cleaner waits", "cleaner.interval", "Seconds between two cleanings", 0.5, 120, 0.5),
    SliderSpec("Lease", "manager.timeout", "Seconds that a claim may hold a job", 1, 300, 1),
)


class Sliders:
    """All sliders under one root."""

    def __init__(self) -> None:
        self._callback: Callable[[SliderSpec, float], None] | None = None
        self._following = False
        self._shown: dict[str, float] = {}
        self.sliders: dict[str, w.FloatSlider] = {}
        lines = []
        for spec in SLIDERS:
            slider = self.sliders[spec.key] = _slider(spec)
            label = Markup("{} <small>{}</small>").format(spec.label, spec.unit)
            slider.observe(lambda event, spec=spec: self._moved(spec, event["new"]), "value")
            lines.append(w.Box([w.HTML(label), slider], _dom_classes=["rinq-slider"]))
        note = w.HTML("<small>Running processes follow within a second.</small>")
        self.root = w.VBox([w.HTML("<b>While it runs</b>"), *lines, note])
        self.root.add_class("rinq-card").add_class("rinq-sliders")

    def on_change(self, callback: Callable[[SliderSpec, float], None]) -> None:
        """Call this with a slider and its new setting when a person has moved it."""
        self._callback = callback

    def follow(self, config: Config, speed: float) -> None:
        """Show the settings as they are, whoever changed them."""
        for spec in SLIDERS:
            section, _, name = spec.key.partition(".")
            value = _number(getattr(getattr(config, section), name)) if name else speed
            if self._shown.get(spec.key) != value:
                self._show(spec, value)

    def forget(self, key: str) -> None:
        """The change was refused: let the next ``follow`` show the setting as it is."""
        self._shown.pop(key, None)

    def _show(self, spec: SliderSpec, value: float) -> None:
        slider, self._following = self.sliders[spec.key], True
        try:
            self._shown[spec.key] = value
            position = round(value / spec.worth, 6)
            end = math.log10(position) if spec.key == "speed" else position
            slider.min, slider.max = min(slider.min, end), max(slider.max, end)
            slider.value = position
        finally:
            self._following = False

    def _moved(self, spec: SliderSpec, position: float) -> None:
        speed = spec.key == "speed"
        value = float(f"{position:.3g}") if speed else round(position * spec.worth, 6)
        if self._callback and not self._following and self._shown.get(spec.key) != value:
            self._shown[spec.key] = value
            self._callback(spec, value)


def _number(value: float | Times) -> float:
    """Of times that are drawn from a distribution, the mean."""
    return value.mean if isinstance(value, Times) else value


def _slider(spec: SliderSpec) -> w.FloatSlider:
    shared: dict[str, Any] = {"tooltip": spec.tooltip, "continuous_update": False}
    if spec.key == "speed":
        ends = {"min": math.log10(spec.minimum), "max": math.log10(spec.maximum)}
        return LogSlider(value=1.0, base=10, step=0.01, readout_format=".1f", **ends, **shared)
    form = ".0f" if spec.step == 1 else ".1f"
    span = {"min": spec.minimum, "max": spec.maximum, "step": spec.step}
    return Slider(value=spec.minimum, readout_format=form, **span, **shared)
