"""Which class is judged, and where the workers import it from."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from rinq.errors import CannotJudge
from rinq.judge.load import said
from rinq.judge.protocol import check_module_name

NOTEBOOK = "Write it into a file with %%writefile my_queue.py, and judge 'my_queue:MyQueue'."


@dataclass(frozen=True)
class Target:
    """A class as ``module:Class``. Workers look for the module in ``paths``, in this order."""

    name: str
    paths: list[str]

    @property
    def module(self) -> str:
        return self.name.partition(":")[0]

    def failure(self, error: dict[str, str]) -> CannotJudge:
        """Why a worker could not load it, with the line of the learner's code."""
        module, _, name = self.name.partition(":")
        if error["kind"] == "ModuleNotFoundError" and f"'{module}'" in error["text"]:
            here = f"there is no module {module} in {Path.cwd()}"
            return CannotJudge(here, advice=f"Make one: rinq new-queue {module}.py")
        if error["kind"] == "AttributeError" and not error["where"]:
            return CannotJudge(f"{module} has no class {name}")
        return CannotJudge(f"importing {module} {said(error)}")


def find(queue: type | str) -> Target:
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
            advice=NOTEBOOK,
        )
    return Target(f"{queue.__module__}:{queue.__qualname__}", paths)
