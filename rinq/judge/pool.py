"""The workers of one property: made ready ahead, used again, and all ended at the end."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from rinq.errors import CannotJudge
from rinq.judge.client import Client, ProcessExit
from rinq.judge.load import at
from rinq.judge.protocol import NEEDED, VERBS
from rinq.judge.target import Target

PRINTED = 10  # lines of the learner's output that are kept


class Pool:
    """Workers that have loaded the class; ``verbs`` are those that it has."""

    def __init__(self, target: Target, folder: Path, token: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.verbs: frozenset[str] = frozenset(VERBS)
        self.trials = count(1)
        self.numbers = count(1)
        self._target = target
        self._token = token
        self._idle: list[Client] = []
        self._starting: list[Client] = []
        self._all: list[Client] = []
        self._closed = False

    def prepare(self, n: int = 1) -> None:
        """Start workers that a later ``take`` need not wait for."""
        if self._closed:
            raise CannotJudge("it was interrupted", advice="")
        for _ in range(n - len(self._starting)):
            client = Client(self.folder, self._token)
            self._all.append(client)
            client.send(
                "load",
                target=self._target.name,
                paths=self._target.paths,
                verbs=VERBS,
            )
            self._starting.append(client)

    def take(self) -> Client:
        """A worker for the caller alone.

        Raises: CannotJudge, where the class cannot be loaded.
        """
        if self._idle:
            return self._idle.pop()
        self.prepare()
        client = self._starting.pop(0)
        try:
            answer = client.answer()
        except ProcessExit as death:
            how = "ends its process" if death.hang is None else f"hangs{at(*death.hang)}"
            raise CannotJudge(f"importing {self._target.module} {how}") from None
        if error := answer.get("error"):
            raise self._target.failure(error)
        self.verbs = frozenset(answer["verbs"])
        missing = [verb for verb in NEEDED if verb not in self.verbs]
        if missing:
            raise CannotJudge(f"{self._target.name} has no method {' and no '.join(missing)}")
        return client

    def give(self, client: Client) -> None:
        self._idle.append(client)

    def printed(self) -> str:
        """The last lines that the learner's code has written."""
        lines = "".join(client.printed() for client in self._all).splitlines()
        return "\n".join(lines[-PRINTED:])

    def close(self) -> None:
        self._closed = True
        for client in self._all:
            client.kill()
