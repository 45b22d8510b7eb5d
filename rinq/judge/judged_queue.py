"""The queue that is judged: what its class must offer, how it is named, a file to begin with.

The class is opened on the path of a database file, which does not exist at first, by
several processes at once. ``claim`` returns an object of any kind that has a ``name``;
the very same object is given to ``complete`` or ``fail``, in the same process. A stale
claim may be refused by raising anything, or by silence. A verb that raises
``NotImplementedError``, or is missing, is not judged.
"""

from __future__ import annotations

import keyword
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rinq.errors import CannotJudge, FileInTheWay
from rinq.judge.learner_code import ErrorReport, error_text

VERBS = ("submit", "claim", "complete", "fail", "reassign")
NEEDED = ("submit", "claim")
WRITE_A_FILE = "Write it into a file with %%writefile my_queue.py, and judge 'my_queue:MyQueue'."


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


@dataclass(frozen=True)
class Target:
    """A class as ``module:Class``. Workers search for the module in ``paths``, in this order."""

    name: str
    paths: list[str]

    @property
    def module(self) -> str:
        return self.name.partition(":")[0]

    def cannot_load(self, error: ErrorReport) -> CannotJudge:
        """Why a worker could not load it, with the line of the learner's code."""
        module, _, name = self.name.partition(":")
        if error["kind"] == "ModuleNotFoundError" and f"'{module}'" in error["text"]:
            here = f"there is no module {module} in {Path.cwd()}"
            return CannotJudge(here, advice=f"Make one: rinq new-queue {module}.py")
        if error["kind"] == "AttributeError" and not error["where"]:
            return CannotJudge(f"{module} has no class {name}")
        return CannotJudge(f"importing {module} {error_text(error)}")


def find_target(queue: type | str) -> Target:
    """The target that a class, or its name as ``module:Class``, means.

    Raises:
        CannotJudge: it is no such name, or a class that no other process can import.
    """
    paths = [str(Path.cwd()), *(path for path in sys.path if path)]
    if isinstance(queue, str):
        module, _, name = queue.partition(":")
        if module.endswith(".py"):
            stem = Path(module).stem
            advice = f"Name it as {stem}:{name or 'MyQueue'}, in the folder of {Path(module).name}."
            raise CannotJudge(f"{queue!r:.80} is a file", advice=advice)
        if not module or not name:
            raise CannotJudge(f"{queue!r:.80}", advice="Name it as module:Class.")
        if "." not in module:
            check_module_name(module)
        return Target(queue, paths)
    if not isinstance(queue, type):
        raise CannotJudge(f"{queue!r:.60} is no class", advice="Give the class, or module:Class.")
    if queue.__module__ == "__main__" or "<locals>" in queue.__qualname__:
        where = "in a notebook or script" if queue.__module__ == "__main__" else "in a function"
        raise CannotJudge(
            f"{queue.__qualname__} is defined {where}, where no other process can import it",
            advice=WRITE_A_FILE,
        )
    return Target(f"{queue.__module__}:{queue.__qualname__}", paths)


def new_queue(file: Path) -> None:
    """Write the queue to begin with: it runs, and breaks several rules.

    Raises: CannotJudge (no name for a module), FileInTheWay.
    """
    check_module_name(file.stem)
    template = Path(__file__).with_name("gallery").joinpath("naive_queue.py").read_text("utf-8")
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(template)
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
