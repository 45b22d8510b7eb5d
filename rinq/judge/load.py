"""Finding the learner's class, and saying where in the learner's code an error arose."""

from __future__ import annotations

import importlib.util
import linecache
import sys
import traceback
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

from rinq.judge.stepping import is_library

Report = dict[str, str]
_OURS = str(Path(__file__).parent / "worker.py"), __file__
LENGTH = 300  # characters of a message that are kept


class _FromSource(SourceFileLoader):
    """Never an older version of a file that was rewritten within the second."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def load(target: str) -> Any:
    """The class that ``module:Class`` names. Raises: whatever importing it raises."""
    module, _, name = target.partition(":")
    spec = importlib.util.find_spec(module)
    if spec is not None and type(spec.loader) is SourceFileLoader and module not in sys.modules:
        spec.loader = _FromSource(module, spec.loader.path)
        sys.modules[module] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[module])
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not isinstance(found, type):
        raise TypeError(f"{name} is not a class")
    return found


def describe(error: BaseException, called: Any = None) -> Report:
    """An exception as ``kind``, ``text``, ``where`` (file:line of the learner's code) and ``code``.

    ``where`` is the innermost line outside the standard library; of a syntax error its own;
    where the call did not even begin, the definition of what was ``called``.
    """
    where = code = ""
    if isinstance(error, SyntaxError) and error.filename:
        where, code = _place(error.filename, error.lineno or 0)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if where or is_library(frame.filename) or frame.filename in _OURS:
            continue
        where, code = _place(frame.filename, frame.lineno or 0)
    made = getattr(called, "__code__", None)
    if not where and made is not None:
        where, code = _place(made.co_filename, made.co_firstlineno)
    text = str(error).partition("\n")[0][:LENGTH]
    if isinstance(error, SyntaxError):
        text = error.msg
    kind = type(error).__name__
    return {"kind": kind, "text": text, "where": where, "code": code}


def _place(file: str, line: int) -> tuple[str, str]:
    linecache.checkcache(file)  # it may have been written anew
    return place(file, line), linecache.getline(file, line).strip()


def place(file: str, line: int) -> str:
    """``file.py:12``: a path would differ from machine to machine."""
    return f"{Path(file).name}:{line}"


def said(error: dict[str, str]) -> str:
    """What an error of the learner's code was, with its line."""
    text = f"raises {error['kind']}: {error['text']}".rstrip(": ")
    return text + at(error["where"], error["code"])


def at(where: str, code: str) -> str:
    return f" at {where} ({code})" if where else ""


def find_hang(dump: str) -> tuple[str, str]:
    """The place and the code where a call hung, from what ``faulthandler`` wrote."""
    for entry in dump.splitlines():
        file, _, rest = entry.strip().removeprefix('File "').partition('", line ')
        number = rest.partition(" ")[0]
        if number.isdigit() and not is_library(file) and file not in _OURS:
            return _place(file, int(number))
    return "", ""


def add_paths(paths: list[str]) -> None:
    """Behind Python's own, which no ``random.py`` of a learner must replace; before what else
    is installed."""
    standard = [i for i, path in enumerate(sys.path) if is_library(path)]
    place = max(standard, default=-1) + 1
    sys.path[place:place] = [path for path in paths if path not in sys.path[:place]]
