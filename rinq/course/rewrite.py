"""The cell magic ``%%rewrite FILE``: a method in a cell takes its place in a class in a file.

After ``%load_ext rinq.course.rewrite``, so that a lesson need not repeat the whole class.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

INDENT = " " * 4


def rewrite(text: str, cell: str) -> str:
    """A module's text with what the cell defines in the place of what has the same name.

    A function is a method of the module's last class. What the module has not yet is added: a
    method at the end of the class, a class before it, anything else after the imports.

    Raises: SyntaxError, of the cell; ValueError: the module has no class.
    """
    cell = textwrap.dedent(cell)
    for new in ast.parse(cell).body:
        text = _put(text, new, cell.splitlines()[_lines(new)])
    return text


def load_ipython_extension(shell: InteractiveShell) -> None:
    def magic(line: str, cell: str) -> None:
        sys.stdout.write(_rewrite_file(Path(line.strip()), cell) + "\n")

    shell.magics_manager.register_function(magic, "cell", "rewrite")


def _rewrite_file(file: Path, cell: str) -> str:
    """Do it, and say what was done. Raises: UsageError."""
    if not file.is_file():
        raise UsageError(f"There is no {file}: run the cell that begins with %%writefile {file}.")
    known = file.read_text("utf-8")
    try:
        text = rewrite(known, cell)
        names = [_name(it) for it in ast.parse(textwrap.dedent(cell)).body]
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise UsageError(f"Line {error.lineno} of the cell, {line!r}: {error.msg}.") from None
    except ValueError as error:
        raise UsageError(f"{file}: {error}.") from None
    if text == known:
        return "not attempted"
    file.write_text(text, "utf-8")
    return f"rewritten in {file}: {', '.join(names)}"


def _put(text: str, new: ast.stmt, source: Sequence[str]) -> str:
    module = ast.parse(text).body
    classes = [it for it in module if isinstance(it, ast.ClassDef)]
    if not classes:
        raise ValueError("it has no class")
    lines = text.splitlines()
    method = isinstance(new, ast.FunctionDef)
    if method:
        source = textwrap.indent("\n".join(source), INDENT).splitlines()
    for old in classes[-1].body if method else module:
        if _name(old) == _name(new):
            lines[_lines(old)] = source
            break
    else:
        at, before, after = _place(module, classes, new)
        lines[at:at] = [""] * before + list(source) + [""] * after
    return "\n".join(lines) + "\n"


def _place(
    module: list[ast.stmt], classes: list[ast.ClassDef], new: ast.stmt
) -> tuple[int, int, int]:
    """Where something new belongs: a line, and how many empty ones before and after."""
    if isinstance(new, ast.FunctionDef):
        return classes[-1].end_lineno or 0, 1, 0
    if isinstance(new, ast.ClassDef):
        return _lines(classes[-1]).start, 0, 2
    imports = [it.end_lineno or 0 for it in module if isinstance(it, ast.Import | ast.ImportFrom)]
    return max(imports, default=0), 0 if isinstance(new, ast.Import | ast.ImportFrom) else 1, 0


def _lines(node: ast.stmt) -> slice:
    """Its lines, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(it.lineno for it in decorators)])
    return slice(first - 1, node.end_lineno)


def _name(node: ast.stmt) -> str:
    """What makes two statements the same: the name that they define, or else all of them."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ast.unparse(node)
