"""The workers of one property: started in advance, used again, and all killed at the end."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from rinq.errors import CannotJudge
from rinq.judge.judged_queue import NEEDED, VERBS, Target
from rinq.judge.learner_code import at_line
from rinq.judge.worker_process import ProcessExit, WorkerProcess

LINES_KEPT = 10  # of the learner's output, from its end


class Pool:
    """Workers that have loaded the class, and a folder for their databases."""

    def __init__(self, target: Target, folder: Path, token: str) -> None:
        folder.mkdir()
        self.folder = folder
        self._target = target
        self._token = token
        self._trials = count(1)
        self._idle: list[WorkerProcess] = []
        self._starting: list[WorkerProcess] = []
        self._all: list[WorkerProcess] = []
        self._closed = False

    def new_folder(self) -> Path:
        """An empty folder, for one trial."""
        folder = self.folder / f"trial-{next(self._trials)}"
        folder.mkdir()
        return folder

    def prepare(self, n: int = 1) -> None:
        """Start workers, so that a later ``take`` need not wait for them."""
        if self._closed:
            raise CannotJudge("it was interrupted", advice="")
        for _ in range(n - len(self._starting)):
            worker = WorkerProcess(self.folder, self._token)
            self._all.append(worker)
            worker.send("load", target=self._target.name, paths=self._target.paths, verbs=VERBS)
            self._starting.append(worker)

    def take(self) -> WorkerProcess:
        """A worker for the caller alone.

        Raises: CannotJudge, where the class cannot be loaded.
        """
        if self._idle:
            return self._idle.pop()
        self.prepare()
        worker = self._starting.pop(0)
        try:
            answer = worker.answer()
        except ProcessExit as exited:
            how = "ends its process" if exited.hang is None else f"hangs{at_line(*exited.hang)}"
            raise CannotJudge(f"importing {self._target.module} {how}") from None
        if error := answer.get("error"):
            raise self._target.cannot_load(error)
        worker.verbs = frozenset(answer["verbs"])
        missing = [verb for verb in NEEDED if verb not in worker.verbs]
        if missing:
            raise CannotJudge(f"{self._target.name} has no method {' and no '.join(missing)}")
        return worker

    def give_back(self, worker: WorkerProcess) -> None:
        """It may be taken again."""
        self._idle.append(worker)

    def printed(self) -> str:
        """The last lines that the learner's code has written."""
        lines = "".join(worker.printed() for worker in self._all).splitlines()
        return "\n".join(lines[-LINES_KEPT:])

    def close(self) -> None:
        self._closed = True
        for worker in self._all:
            worker.kill()
