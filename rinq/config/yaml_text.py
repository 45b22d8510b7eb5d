"""Reading values from YAML: a file, or the text of one change."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import yaml

from rinq.errors import ConfigError


class _NotYAML(ValueError):
    """The text is no YAML; says where, if that is known."""


def read_values(file: Path) -> object:
    """What a YAML file says. Raises: ConfigError, one line that names the file."""
    try:
        return _parse(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: no such file.{_nearest_file(file)}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}.") from error
    except _NotYAML as error:
        raise ConfigError(f"{file}: this is not YAML{error}.") from error


def read_change(text: str) -> tuple[str, Any]:
    """A text ``KEY=VALUE`` as its key and value, read as YAML. Raises: ConfigError.

    >>> read_change("consumers=3"), read_change("consumer.interval = [1, 2]")
    (('consumers', 3), ('consumer.interval', [1, 2]))
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals:
        raise ConfigError(f"{text!r}: expected KEY=VALUE, such as speed=20.")
    try:
        return key, _parse(value)
    except _NotYAML as error:
        raise ConfigError(f"{key}: {value!r} is no value.") from error


def _parse(text: str) -> object:
    """The text's value. Raises: _NotYAML."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # such as the date 2024-99-99
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise _NotYAML("" if line is None else f" (line {line + 1})") from error


def _nearest_file(file: Path) -> str:
    try:
        there = [p.name for p in file.parent.iterdir() if re.search(r"\.ya?ml$", p.name)]
    except OSError:
        return f" There is no folder {file.parent}." if not file.parent.exists() else ""
    near = difflib.get_close_matches(file.name, there, 1, 0.3) or there[:1]
    return f" Did you mean {file.parent / near[0]}?" if near else ""
