"""The command line: parse, call, print."""

from __future__ import annotations

import io
import sys

from rinq.cli.common import app
from rinq.display import LONGEST_LINE, cut
from rinq.errors import RinqError

# The help lists the commands in this order.
# isort: off
from rinq.cli import rooms, processes, jobs, laboratory  # noqa: F401 (their commands)
# isort: on


__all__ = ["app", "main"]


def main() -> None:
    """Run a command. Exit codes: 0; 1 for a refusal or a failure, in one line; 2 for usage."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # no text is too strange to be printed
    try:
        app()
    except (RinqError, OSError) as error:  # OSError: such as a current folder that was deleted
        sys.exit(f"rinq: {cut(error, LONGEST_LINE)}")
