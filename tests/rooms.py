"""The rooms of the package, as a picture and a table drawn from the code's own imports.

``python tests/rooms.py`` prints them; with ``--write``, into CONTRIBUTING.md.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "CONTRIBUTING.md"
DRAWN = re.compile(r"```mermaid\nflowchart.*?```\n\n(?:\|[^\n]*\n)+", re.DOTALL)


def draw():
    """A mermaid block of rooms and arrows, and a table of what is in each."""
    *rooms, ground = _layers()
    home = {room: room for [room] in rooms} | dict.fromkeys(ground, "ground")
    arrows = {room: set() for room in home.values()}
    graph = grimp.build_graph("rinq", cache_dir=None)
    for module in graph.modules - {"rinq"}:
        room = home[module.split(".")[1]]
        for imported in graph.find_modules_directly_imported_by(module):
            arrows[room] |= {home[imported.split(".")[1]]} - {room}

    def reaches(room, target):
        return target in arrows[room] or any(reaches(below, target) for below in arrows[room])

    lines = ["```mermaid", "flowchart TD"]
    for room, below in arrows.items():
        shown = [it for it in sorted(below) if not any(reaches(other, it) for other in below)]
        lines += [f"    {room} --> {it}" for it in shown] or [f"    {room}"]
    lines += ["```", "", "| room | what is in it |", "|---|---|"]
    lines += [f"| `{room}/` | {_sentence(f'{room}/__init__.py')} |" for [room] in rooms]
    lines += [f"| ground: `{file}` | {_sentence(file)} |" for file in map(_path, ground)]
    return "\n".join(lines) + "\n"


def _layers():
    """The rooms from the top down, as pyproject.toml has them; the ground's files come last."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    return [layer.split(" : ") for layer in settings["contracts"][0]["layers"]]


def _path(name):
    """A file of the ground, or a folder."""
    return f"{name}.py" if (ROOT / "rinq" / f"{name}.py").exists() else f"{name}/__init__.py"


def _sentence(file):
    text = ast.get_docstring(ast.parse((ROOT / "rinq" / file).read_text("utf-8")))
    return text.partition("\n")[0].partition(". ")[0].removesuffix(".").replace("``", "`") + "."


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(DRAWN.sub(lambda _: draw(), PAGE.read_text("utf-8")), "utf-8")
    else:
        sys.stdout.write(draw())
