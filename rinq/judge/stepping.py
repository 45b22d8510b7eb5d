"""Halting a call at its k-th step: how an interleaving is tried on purpose, not by luck.

A step is a line of Python that is about to run, outside the standard library; and on one
line each call into C after the first, so that two statements on one line can be parted.
Where it is, is told by the line of the method that was called, not of a helper in it.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

_STANDARD = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})
_INSTALLED = ("site-packages", "dist-packages")


def is_library(file: str) -> bool:
    """Whether this file is Python's own: not the learner's code, nor a package that it uses."""
    if file.startswith("<"):
        return True
    return file.startswith(_STANDARD) and not any(part in file for part in _INSTALLED)


class Steps:
    """Counts the steps of one call made inside ``with``; ``halt(file, line)`` before the k-th."""

    def __init__(self, halt_at: int, halt: Callable[[str, int], None]) -> None:
        self.count = 0
        self._halt_at = halt_at
        self._halt = halt
        self._caller: FrameType | None = None
        self._fresh = False  # no call into C yet on this line

    def __enter__(self) -> Self:
        self._caller = sys._getframe(1)  # noqa: SLF001 (inspect is slow to load)
        sys.settrace(self._trace)
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if is_library(frame.f_code.co_filename) or frame.f_globals.get("__name__") == __name__:
            return None
        if event == "line":
            self._fresh = True
            self._step(frame)
        return self._trace

    def _profile(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "c_call" or is_library(frame.f_code.co_filename):
            return
        if frame.f_globals.get("__name__") == __name__:
            return
        if not self._fresh:
            self._step(frame)
        self._fresh = False

    def _step(self, frame: FrameType) -> None:
        self.count += 1
        if self.count == self._halt_at:
            outer = frame
            while outer.f_back is not None and outer.f_back is not self._caller:
                outer = outer.f_back
            self._halt(outer.f_code.co_filename, outer.f_lineno)
