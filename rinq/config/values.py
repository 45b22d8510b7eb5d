"""What a value in a YAML file may be: types that pydantic checks, each with what it expects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)

from rinq.distributions import LAWS, Backoff, Times

_HANDLER = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

LONGEST_PATH, LONGEST_NAME = 1000, 255  # bytes, of a path and of each part of it


class Section(BaseModel):
    """Checked, immutable values under known keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Expect(str):
    """What a value must be, in the words of an error message; metadata of a type."""

    __slots__ = ()


def as_range(value: object) -> tuple[float, float]:
    """A pair ``[least, most]``; a number n means the range from n to n.

    Raises:
        ValueError: it is neither, or the first is above the second.

    >>> as_range(5), as_range([1, 2.5])
    ((5.0, 5.0), (1.0, 2.5))
    """
    pair: list[Any] = list(value) if isinstance(value, list | tuple) else [value, value]
    if not all(type(number) in (int, float) for number in pair):
        raise ValueError("not numbers")
    try:
        least, most = (float(number) for number in pair)
    except OverflowError as error:
        raise ValueError("out of range") from error
    if least > most:
        raise ValueError("the first is above the second")
    return least, most


def expanded(path: Path | str) -> Path:
    """The path with ``~`` as the user's home; as it stands where there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _path(text: str) -> str:
    longest = max((len(part.encode()) for part in Path(text).parts), default=0)
    if not text or "\0" in text or len(text.encode()) > LONGEST_PATH or longest > LONGEST_NAME:
        raise ValueError("no system takes it")
    return text


def _handler(name: str) -> str:
    if not _HANDLER.fullmatch(name) or name.startswith("__main__:"):
        raise ValueError("not importable by another process")
    return name


_NUMBER = Field(ge=0, le=1e9, allow_inf_nan=False)
Seconds = Annotated[float, _NUMBER, Expect("a number of seconds from 0 up")]
SomeSeconds = Annotated[
    float, Field(gt=0, le=1e9, allow_inf_nan=False), Expect("a number of seconds above 0")
]
DrawnTimes = Annotated[
    Times,
    Expect(
        "a number of seconds from 0 up, a pair [least, most], or a law such as exponential(5); "
        f"laws: {', '.join(LAWS)}"
    ),
    BeforeValidator(Times.parse),
    PlainSerializer(lambda times: times.plain),
]
RetryWait = Annotated[
    Times | Backoff,
    Expect(
        "a number of seconds from 0 up, a pair [least, most], a law such as exponential(5), or "
        "backoff(first, factor, longest)"
    ),
    BeforeValidator(Backoff.parse_or_times),
    PlainSerializer(lambda wait: wait.plain),
]
Range = Annotated[
    tuple[Annotated[float, _NUMBER], Annotated[float, _NUMBER]], BeforeValidator(as_range)
]
Count = Annotated[int, Field(ge=1, le=10**9), Expect("a whole number from 1 up")]
Rate = Annotated[
    float, Field(ge=0, le=1, allow_inf_nan=False), Expect("a share of attempts from 0 to 1")
]
Speed = Annotated[
    float, Field(gt=0, le=1000, allow_inf_nan=False), Expect("a number above 0, at most 1000")
]
Seed = Annotated[
    Annotated[int, Field(gt=-(10**18), lt=10**18)] | None,
    Expect("a whole number of at most 18 digits, or null"),
]
PathText = Annotated[Annotated[str, AfterValidator(_path)] | None, Expect("a path")]
Durability = Annotated[Literal["full", "normal"], Expect("full or normal")]
Switch = Annotated[bool, Expect("on or off")]
HandlerName = Annotated[
    str,
    AfterValidator(_handler),
    Expect(
        "module:function, in a module that a process can import "
        "(not a notebook cell: write it to a file with %%writefile)"
    ),
]
