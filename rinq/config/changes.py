"""Changes of parameters while processes run, as ``rinq set`` takes them."""

from __future__ import annotations

from collections.abc import Mapping

from rinq.config.config import Config, parameters
from rinq.config.messages import nearest
from rinq.config.sections import CHANGEABLE, LIVE
from rinq.config.yaml_text import read_change
from rinq.display import cut, shortened
from rinq.errors import ConfigError


def parse_change(text: str) -> tuple[str, object | None]:
    """A text ``KEY=VALUE`` as its key and value; nothing after ``=`` means None (remove).

    Raises:
        ConfigError: the key cannot be changed while processes run, or there is no ``=``.

    >>> parse_change("faults.error_rate=0.3"), parse_change("speed=")
    (('faults.error_rate', 0.3), ('speed', None))
    """
    key, value = read_change(text)
    check_changes({key: value})
    return key, value


def check_changes(
    changes: Mapping[str, object | None], others: Mapping[str, object] | None = None
) -> None:
    """Check what is to be set while processes run, wherever it comes from.

    Args:
        changes: keys of ``CHANGEABLE`` with their values; None removes one.
        others: the settings that are in force beside them.

    Raises:
        ConfigError: a key cannot be changed while processes run, or a value is out of range,
            also together with the others.

    >>> check_changes({"manager.timeout": 0})
    Traceback (most recent call last):
    ...
    rinq.errors.ConfigError: settings: manager.timeout: expected a number of seconds above 0, got 0.
    """
    for key, value in changes.items():
        if key not in CHANGEABLE:
            if key != "general.speed" and key in (name for name, _, _ in parameters()):
                raise ConfigError(
                    f"{key}: this is read when a process starts.",
                    advice="Change it in the config file, and start the processes anew.",
                )
            raise ConfigError(f"{cut(key)}: unknown setting.{nearest(key, CHANGEABLE)}")
        if key == "paused" and not isinstance(value, bool | None):
            raise ConfigError(f"paused: expected true or false, got {shortened(value)}.")
        if key == "speed" and value is not None:
            Config.parse({"general": {"speed": value}}, source="settings")
    sections = {key.partition(".")[0] for key in changes}
    merged = {**(others or {}), **changes}
    Config().overridden(
        {
            key: value
            for key, value in merged.items()
            if key in LIVE and value is not None and key.partition(".")[0] in sections
        }
    )
