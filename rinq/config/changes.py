"""Changes of parameters while processes run, as ``rinq set`` takes them."""

from __future__ import annotations

from rinq.config.config import Config, parameters
from rinq.config.messages import nearest
from rinq.config.sections import CHANGEABLE
from rinq.config.yaml_text import read_change
from rinq.errors import ConfigError


def parse_change(text: str) -> tuple[str, object | None]:
    """A text ``KEY=VALUE`` as its key and value; nothing after ``=`` means None (remove).

    Raises:
        ConfigError: the key cannot be changed while processes run, or there is no ``=``.

    >>> parse_change("faults.error_rate=0.3"), parse_change("speed=")
    (('faults.error_rate', 0.3), ('speed', None))
    """
    key, value = read_change(text)
    if key not in CHANGEABLE:
        if key != "general.speed" and key in (name for name, _, _ in parameters()):
            raise ConfigError(
                f"{key}: this is read when a process starts.",
                advice="Change it in the config file, and start the processes anew.",
            )
        raise ConfigError(f"{key}: unknown setting.{nearest(key, CHANGEABLE)}")
    if key == "paused" and not isinstance(value, bool | None):
        raise ConfigError(f"paused: expected true or false, got {value!r}.")
    if key == "speed" and value is not None:
        Config.parse({"general": {"speed": value}}, source="settings")
    return key, value
