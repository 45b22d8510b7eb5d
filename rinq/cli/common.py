"""What the commands share: the app, their options, and how they print."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from rinq.config import Config
from rinq.display import cut, printable
from rinq.errors import DatabaseError
from rinq.queue import PersistentQ, open_queue

app = typer.Typer(
    help="A durable job queue and its four roles. 'rinq lab' opens the control room.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
ConfigPath = Annotated[
    Path | None,
    typer.Option("--config", help="Config file; else config.yaml here, if there is one."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Every = Annotated[bool, typer.Option("--all", help="All of them.")]
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SAMPLE = 1000  # rows whose widths are those of all
Names = Annotated[list[str] | None, typer.Argument(help="Their names.")]


def existing(config: Config) -> PersistentQ:
    """The queue, for commands that only read: none is made. Raises: DatabaseError."""
    if not config.database.exists():
        raise DatabaseError(
            f"there is none yet at {cut(config.database)}",
            advice="Start a role or submit a file first.",
        )
    return open_queue(config)


def one_of(names: list[str] | None, every: bool) -> None:
    """Check that either names or ``--all`` were given. Raises: BadParameter."""
    if bool(names) == every:
        raise typer.BadParameter("Give names, or --all.")


def seconds(text: str) -> float:
    """A time such as 90s, 45m, 12h or 7d, in seconds. Raises: BadParameter."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhd])", text)
    if found is None:
        raise typer.BadParameter(f"{text!r:.60} is not a time such as 90s, 45m, 12h or 7d.")
    return float(found[1]) * UNITS[found[2]]


def print_lines(text: str) -> None:
    """Print a text that may hold what others wrote."""
    print("\n".join(map(printable, text.split("\n"))), flush=True)


def show(
    rows: Iterable[Mapping[str, Any]], as_json: bool, empty: str = "", columns: Sequence[str] = ()
) -> None:
    """Print all rows as JSON, or these columns of them as a table, one after the other."""
    if as_json:
        between = "["
        for row in rows:
            print(between, json.dumps(row), sep="", end="")
            between = ", "
        print("[]" if between == "[" else "]")
        return
    rows = iter(rows)
    first = list(itertools.islice(rows, SAMPLE))
    if not first:
        print(empty)
        return
    columns = columns or list(first[0])
    widths = {
        name: max(len(_cell(row[name])) for row in [{name: name}, *first]) for name in columns
    }
    right = {name for name in columns if isinstance(first[0][name], int | float)}

    def line(row: Mapping[str, Any]) -> str:
        cells = (
            _cell(row[name]).rjust(width) if name in right else _cell(row[name]).ljust(width)
            for name, width in widths.items()
        )
        return "  ".join(cells).rstrip()

    typer.secho(line({name: name for name in columns}), bold=True)
    for row in itertools.chain(first, rows):
        print(line(row))


def _cell(value: object) -> str:
    return "" if value is None else printable(str(value))
