"""What a class must offer to be judged, and a file to begin with.

The class is opened on the path of a database file, which is not there at first, by
several processes at once. ``claim`` returns an object of any kind that has a ``name``;
the very same object is handed to ``complete`` or ``fail``, in the same process. A stale
claim may be refused by raising anything, or by silence. A verb that raises
``NotImplementedError``, or is missing, is not judged.
"""

from __future__ import annotations

import keyword
import sys
from pathlib import Path
from typing import Any, Protocol

from rinq.errors import CannotJudge, FileInTheWay


class Named(Protocol):
    @property
    def name(self) -> str: ...


class JudgedQueue(Protocol):
    """The verbs. A queue may also have ``close()``."""

    def __init__(self, path: str) -> None: ...

    def submit(self, name: str) -> object:
        """Add a job: 10 characters of ``[A-Za-z0-9_-]``. Returning means that it is stored."""

    def claim(self, process: str, lease: float) -> Named | None:
        """Take the job that has waited longest, for ``lease`` seconds; None if none waits."""

    def complete(self, claim: Any) -> object:
        """The work is done: the job never comes back."""

    def fail(self, claim: Any, error: str, n_tries: int) -> object:
        """The work ended in ``error``: the job waits again, or is given up at the last try."""

    def reassign(self, process: str) -> object:
        """Take back every claim whose lease is over; nothing to do where ``claim`` does that."""


VERBS = ("submit", "claim", "complete", "fail", "reassign")
NEEDED = ("submit", "claim")


def new_queue(file: Path) -> None:
    """Write the queue to begin with: it runs, and breaks several rules.

    Raises: CannotJudge (no name for a module), FileInTheWay.
    """
    check_module_name(file.stem)
    template = Path(__file__).with_name("gallery").joinpath("naive_queue.py").read_text("utf-8")
    try:
        with file.open("x", encoding="utf-8") as made:
            made.write(template)
    except FileExistsError as error:
        raise FileInTheWay(str(file)) from error
    except OSError as error:
        raise CannotJudge(f"{file}: {error.strerror}") from error


def check_module_name(name: str) -> None:
    """Raises: CannotJudge, where Python could not import a file of this name."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise CannotJudge(
            f"{name!r:.60} cannot be the name of a module",
            advice="Use letters, digits and _, as in my_queue.py.",
        )
    if name in sys.stdlib_module_names:
        raise CannotJudge(
            f"{name} is the name of one of Python's own modules",
            advice="Give your file another name, such as my_queue.py.",
        )
