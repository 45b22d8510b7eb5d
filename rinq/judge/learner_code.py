"""Lines of the learner's code: halting a call before one, and naming the one at which it failed.

An interleaving is tried on purpose, not by luck: a call is halted before its k-th step. A step
is a line of Python that is about to run, outside the standard library; and on one line each
call into C after the first, so that two statements on one line can be separated. The place of
a halt is the line of the method that was called, not of a helper in it.
"""

from __future__ import annotations

import linecache
import sys
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Self

ErrorReport = dict[str, str]

_STANDARD = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})
_INSTALLED = ("site-packages", "dist-packages")
_OURS = str(Path(__file__).with_name("worker.py")), __file__
LENGTH = 300  # characters of a message that are kept


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
        self._new_line = False  # no call into C yet on this line

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
            self._new_line = True
            self._step(frame)
        return self._trace

    def _profile(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "c_call" or is_library(frame.f_code.co_filename):
            return
        if frame.f_globals.get("__name__") == __name__:
            return
        if not self._new_line:
            self._step(frame)
        self._new_line = False

    def _step(self, frame: FrameType) -> None:
        self.count += 1
        if self.count == self._halt_at:
            outer = frame
            while outer.f_back is not None and outer.f_back is not self._caller:
                outer = outer.f_back
            self._halt(outer.f_code.co_filename, outer.f_lineno)


def short_place(file: str, line: int) -> str:
    """``file.py:12``: a path would differ from machine to machine."""
    return f"{Path(file).name}:{line}"


def _place_and_code(file: str, line: int) -> tuple[str, str]:
    linecache.checkcache(file)  # it may have been written anew
    return short_place(file, line), linecache.getline(file, line).strip()


def report_error(error: BaseException, called: Any = None) -> ErrorReport:
    """An exception as ``kind``, ``text``, ``where`` (file:line of the learner's code) and ``code``.

    ``where`` is the innermost line outside the standard library; of a syntax error its own;
    where the call did not even begin, the definition of what was ``called``.
    """
    where = code = ""
    if isinstance(error, SyntaxError) and error.filename:
        where, code = _place_and_code(error.filename, error.lineno or 0)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if where or is_library(frame.filename) or frame.filename in _OURS:
            continue
        where, code = _place_and_code(frame.filename, frame.lineno or 0)
    definition = getattr(called, "__code__", None)
    if not where and definition is not None:
        where, code = _place_and_code(definition.co_filename, definition.co_firstlineno)
    text = str(error).partition("\n")[0][:LENGTH]
    if isinstance(error, SyntaxError):
        text = error.msg
    return {"kind": type(error).__name__, "text": text, "where": where, "code": code}


def error_text(error: ErrorReport) -> str:
    """``raises ValueError: no at my_queue.py:34 (the line)``."""
    text = f"raises {error['kind']}: {error['text']}".rstrip(": ")
    return text + at_line(error["where"], error["code"])


def at_line(where: str, code: str) -> str:
    return f" at {where} ({code})" if where else ""


def find_hang(dump: str) -> tuple[str, str]:
    """The place and the code where a call hung, from what ``faulthandler`` wrote."""
    for entry in dump.splitlines():
        file, _, rest = entry.strip().removeprefix('File "').partition('", line ')
        number = rest.partition(" ")[0]
        if number.isdigit() and not is_library(file) and file not in _OURS:
            return _place_and_code(file, int(number))
    return "", ""
