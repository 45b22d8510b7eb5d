"""The cell magic ``%%rewrite FILE``: replaces methods of a class in a file by those of a cell.

A lesson loads it by ``%load_ext rinq.course.rewrite``, and need not repeat the whole class.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from rinq.display import cut
from rinq.regular import read_regular

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

INDENT = " " * 4
MOST_BYTES = 2**20  # of a file
IMPORT = (ast.Import, ast.ImportFrom)


def rewrite(text: str, cell: str) -> str:
    r"""The text of a module in which each definition of the cell replaces the one of its name.

    A function replaces a method of the module's last class. What the module does not define is
    added: a method at the end of that class, a class before it, anything else after the imports.

    >>> module = "class Queue:\n    def claim(self): ..."
    >>> print(rewrite(module, "def claim(self):\n    return 3"))
    class Queue:
        def claim(self):
            return 3
    <BLANKLINE>

    Raises: SyntaxError, of the cell; ValueError: the module has no class.
    """
    cell = textwrap.dedent(cell)
    for new in ast.parse(cell).body:
        text = _insert_or_replace(text, new, cell.splitlines()[_lines(new)])
    return text


def load_ipython_extension(shell: InteractiveShell) -> None:
    def magic(line: str, cell: str) -> None:
        sys.stdout.write(_rewrite_file(Path(line.strip()), cell) + "\n")

    shell.magics_manager.register_function(magic, "cell", "rewrite")


def _rewrite_file(file: Path, cell: str) -> str:
    """Rewrite the file. Returns what was done, in words. Raises: UsageError."""
    try:
        before = read_regular(file, MOST_BYTES).decode("utf-8")
    except FileNotFoundError as error:
        advice = f"run the cell that begins with %%writefile {cut(file)}"
        raise UsageError(f"There is no {cut(file)}: {advice}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{cut(file)} is no text in UTF-8.") from error
    except OSError as error:
        raise UsageError(f"{cut(file)} cannot be read: {error.strerror}.") from error
    try:
        text = rewrite(before, cell)
        names = [_name(node) for node in ast.parse(textwrap.dedent(cell)).body]
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise UsageError(f"Line {error.lineno} of the cell, {line!r}: {error.msg}.") from None
    except ValueError as error:
        raise UsageError(f"{file}: {error}.") from None
    if text == before:
        return "not attempted"
    file.write_text(text, "utf-8")
    return f"rewritten in {file}: {', '.join(names)}"


def _insert_or_replace(text: str, new: ast.stmt, source: Sequence[str]) -> str:
    module = ast.parse(text).body
    classes = [node for node in module if isinstance(node, ast.ClassDef)]
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
        at, above, below = _position(module, classes, new)
        lines[at:at] = [""] * above + list(source) + [""] * below
    return "\n".join(lines) + "\n"


def _position(
    module: list[ast.stmt], classes: list[ast.ClassDef], new: ast.stmt
) -> tuple[int, int, int]:
    """Where a new definition goes: a line, and how many empty lines above and below it."""
    if isinstance(new, ast.FunctionDef):
        return classes[-1].end_lineno or 0, 1, 0
    if isinstance(new, ast.ClassDef):
        return _lines(classes[-1]).start, 0, 2
    imports = [node.end_lineno or 0 for node in module if isinstance(node, IMPORT)]
    return max(imports, default=0), 0 if isinstance(new, IMPORT) else 1, 0


def _lines(node: ast.stmt) -> slice:
    """The lines of a statement, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return slice(first - 1, node.end_lineno)


def _name(node: ast.stmt) -> str:
    """What two statements that define the same have in common: a name, or else all their text."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ast.unparse(node)
