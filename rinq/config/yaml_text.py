"""Reading values from YAML, a file or the text of one change; and writing them.

As in YAML 1.2, numbers are decimal: ``010`` is ten, and ``0x10``, ``1_000``, ``12:30`` and
``2024-01-31`` are texts. As in YAML 1.1, ``on``, ``off``, ``yes`` and ``no`` are switches.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from rinq.display import cut, shortened
from rinq.errors import ConfigError
from rinq.regular import read_regular

MOST_BYTES = 2**17  # of a file; to read as many takes up to 5 s
_TAG = "tag:yaml.org,2002:"


class _Unreadable(ValueError):
    """The text cannot be read; says why."""


class _Refused(yaml.MarkedYAMLError):
    """Legal YAML that is not read here; says where and why."""

    def __init__(self, problem: str, node: Any) -> None:
        super().__init__(problem=problem, problem_mark=node.start_mark)


class _Loader(yaml.SafeLoader):
    """Plain values: each key once, no tags, and no aliases, which can hide a huge value."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (so it is in PyYAML)
        first: [(tag, form) for tag, form in kinds if tag in (f"{_TAG}bool", f"{_TAG}null")]
        for first, kinds in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _Refused("aliases are not read", event)
        if event.tag is not None:
            raise _Refused("tags are not read", event)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found = super().construct_mapping(node, deep)
        unseen = set(found)
        for key_node, _ in node.value:
            key = self.construct_object(key_node)
            if key not in unseen:
                raise _Refused(f"the key {shortened(key)} is there twice", key_node)
            unseen.remove(key)
        return found

    def construct_whole_number(self, node: yaml.ScalarNode) -> int:
        try:
            return int(node.value)
        except ValueError as error:
            raise _Refused("the number has too many digits", node) from error


_Loader.add_implicit_resolver(f"{_TAG}int", re.compile(r"[-+]?[0-9]+$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    f"{_TAG}float",
    re.compile(r"[-+]?((\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|\.nan$"),
    list("-+.0123456789"),
)
_Loader.add_constructor(f"{_TAG}int", _Loader.construct_whole_number)


class _Dumper(yaml.SafeDumper):
    """Writes what ``_Loader`` reads as the same values."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

    def ignore_aliases(self, _: object) -> bool:
        return True


def read_values(file: Path) -> object:
    """What a YAML file says. Raises: ConfigError, one line that names the file."""
    try:
        return _parse(read_regular(file, MOST_BYTES).decode("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{cut(file)}: no such file.{_nearest_file(file)}") from error
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is no UTF-8"
        raise ConfigError(f"{cut(file)}: cannot be read: {reason}.") from error
    except OSError as error:
        raise ConfigError(f"{cut(file)}: cannot be read: {error.strerror}.") from error
    except _Unreadable as error:
        raise ConfigError(f"{cut(file)}: {error}.") from error


def read_change(text: str) -> tuple[str, Any]:
    """A text ``KEY=VALUE`` as its key and value, read as YAML. Raises: ConfigError.

    >>> read_change("consumers=3"), read_change("consumer.interval = [1, 2]")
    (('consumers', 3), ('consumer.interval', [1, 2]))
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals:
        raise ConfigError(f"{shortened(text)}: expected KEY=VALUE, such as speed=20.")
    try:
        return key, _parse(value)
    except _Unreadable as error:
        raise ConfigError(f"{cut(key)}: {shortened(value)} is no value: {error}.") from error


def dump_values(values: object) -> str:
    """Plain values as YAML, which ``read_values`` reads as the same."""
    return yaml.dump(values, Dumper=_Dumper)


def _parse(text: str) -> object:
    """The text's value. Raises: _Unreadable."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 (it is a SafeLoader)
    except RecursionError as error:
        raise _Unreadable("it is nested too deep") from error
    except yaml.reader.ReaderError as error:
        raise _Unreadable(f"character {error.position + 1} is not allowed in YAML") from error
    except yaml.MarkedYAMLError as error:
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        reason = error.problem if isinstance(error, _Refused) else "this is not YAML"
        raise _Unreadable(f"{reason}{line}") from error


def _nearest_file(file: Path) -> str:
    try:
        there = [p.name for p in file.parent.iterdir() if re.search(r"\.ya?ml$", p.name)]
    except FileNotFoundError:
        return f" There is no folder {cut(file.parent)}."
    except OSError:
        return ""
    near = difflib.get_close_matches(file.name, there, 1, 0.3) or there[:1]
    return f" Did you mean {cut(file.parent / near[0])}?" if near else ""
