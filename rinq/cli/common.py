"""What the commands share: the app, their options, and how they print."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from rinq.config import Config
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
Names = Annotated[list[str] | None, typer.Argument(help="Their names.")]


def existing(config: Config) -> PersistentQ:
    """The queue, for commands that only read: none is made. Raises: DatabaseError."""
    if not config.database.exists():
        raise DatabaseError(
            f"there is none yet at {config.database}",
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


def show(
    rows: list[dict[str, Any]], as_json: bool, empty: str = "", columns: Sequence[str] = ()
) -> None:
    """All rows as JSON, or these columns of them as a table."""
    if as_json or not rows:
        print(json.dumps(rows) if as_json else empty)
        return
    columns = columns or list(rows[0])
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        number = isinstance(rows[0][column], int | float)
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    Console(soft_wrap=True, highlight=False, markup=False).print(table)
