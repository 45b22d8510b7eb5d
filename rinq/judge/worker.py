"""The program of a worker: it calls the learner's queue as the judge commands, in JSON lines.

Commands are read from what was standard input, answers written to what was standard output;
the learner's code finds an empty input and an output file in their place. When the judge
is gone the commands end, and so does this process.

Shared with the judge is a byte that counts the commands executed, so that a worker whose answer
is still on its way is not taken for one that waits for a lock.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib.util
import json
import mmap
import os
import sys
import time
from importlib.machinery import SourceFileLoader
from itertools import count
from types import CodeType
from typing import IO, Any, NoReturn

from rinq.judge.learner_code import Steps, is_library, report_error, short_place

LARGEST = 64_000_000  # bytes of a file: of a database, and of endless output
Message = dict[str, Any]


class _FromSource(SourceFileLoader):
    """Never an older version of a file that was rewritten within the second."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def load(target: str) -> Any:
    """The class that ``module:Class`` names. Raises: whatever importing it raises."""
    module, _, name = target.partition(":")
    spec = importlib.util.find_spec(module)
    if spec is not None and type(spec.loader) is SourceFileLoader and module not in sys.modules:
        spec.loader = _FromSource(module, spec.loader.path)
        sys.modules[module] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[module])
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not isinstance(found, type):
        raise TypeError(f"{name} is not a class")
    return found


def add_paths(paths: list[str]) -> None:
    """Search these after Python's own modules, which no ``random.py`` of a learner must replace,
    and before installed packages."""
    standard = [i for i, path in enumerate(sys.path) if is_library(path)]
    end = max(standard, default=-1) + 1
    sys.path[end:end] = [path for path in paths if path not in sys.path[:end]]


class Worker:
    """Queues and claims stay here; the judge knows them by numbers."""

    def __init__(
        self, commands: IO[str], answers: IO[str], hangs: IO[str], executed: mmap.mmap
    ) -> None:
        self._commands = commands
        self._answers = answers
        self._hangs = hangs
        self._executed = executed
        self._pid = os.getpid()
        self._class: Any = None
        self._queues: dict[int, Any] = {}
        self._claims: dict[tuple[int, int], Any] = {}  # by queue and number
        self._numbers = count()
        self._called: Any = None

    def serve(self) -> NoReturn:
        while True:
            command = self._receive()
            answer = self._execute(command)
            self._executed[0] = (self._executed[0] + 1) % 256
            self._send(answer)

    def _execute(self, command: Message) -> Message:
        self._called = None
        faulthandler.dump_traceback_later(command["limit"], exit=True, file=self._hangs)
        try:
            return getattr(self, f"do_{command['do']}")(command) or {}
        except BaseException as error:
            return {"error": report_error(error, self._called)}
        finally:
            if os.getpid() != self._pid:
                os._exit(0)  # a child that the learner's code forked, and let come back here
            faulthandler.cancel_dump_traceback_later()

    def do_load(self, command: Message) -> Message:
        add_paths(command["paths"])
        self._class = load(command["target"])
        verbs = [verb for verb in command["verbs"] if callable(getattr(self._class, verb, None))]
        return {"verbs": verbs}

    def do_open(self, command: Message) -> None:
        self._called = self._class.__init__
        self._queues[command["queue"]] = self._class(command["path"])

    def do_call(self, command: Message) -> Message:
        """One verb; ``halt_at`` counts its steps and halts before that one (0: before none)."""
        arguments = command["arguments"]
        if command["claim"] is not None:
            arguments = [self._claims[command["queue"], command["claim"]], *arguments]
        method = self._called = getattr(self._queues[command["queue"]], command["verb"])
        if command["halt_at"] is None:
            return self._answer(command, method(*arguments))
        with Steps(command["halt_at"], self._halt) as steps:
            value = method(*arguments)
        return {"steps": steps.count} | self._answer(command, value)

    def do_cycle(self, command: Message) -> Message:
        """Submit these jobs, claim and complete as many, then claim ``idle`` times in vain.

        Answers the CPU seconds of the last two.
        """
        queue = self._queues[command["queue"]]
        process, names = command["process"], command["names"]
        for name in names:
            queue.submit(name)
        gc.disable()
        began = time.process_time()
        for _ in names:
            queue.complete(queue.claim(process, 600))
        worked = time.process_time()
        for _ in range(command["idle"]):
            queue.claim(process, 600)
        idled = time.process_time()
        gc.enable()
        return {"worked": worked - began, "idled": idled - worked}

    def do_close(self, command: Message) -> None:
        number = command["queue"]
        queue = self._queues.pop(number)
        for key in [key for key in self._claims if key[0] == number]:
            del self._claims[key]
        if callable(close := getattr(queue, "close", None)):
            self._called = close
            close()

    def _answer(self, command: Message, value: Any) -> Message:
        """The answer on what a verb returned: of a claim, its number and its job."""
        if command["verb"] != "claim" or value is None:
            return {"job": None}
        name = getattr(value, "name", None)
        if not isinstance(name, str):
            raise TypeError(f"claim returned {value!r:.60}, which has no name")
        number = next(self._numbers)
        self._claims[command["queue"], number] = value
        return {"claim": number, "job": name}

    def _halt(self, file: str, line: int) -> None:
        self._send({"halted": short_place(file, line)})
        self._receive()  # the command to resume

    def _receive(self) -> Message:
        line = self._commands.readline()
        if not line:
            os._exit(0)
        command: Message = json.loads(line)
        return command

    def _send(self, answer: Message) -> None:
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()


def _limit_files() -> None:
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 (not on Windows)

        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))


def main() -> NoReturn:
    _limit_files()
    commands = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    empty = os.open(os.devnull, os.O_RDONLY)
    output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(empty, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    with open(sys.argv[3], "r+b") as file:
        executed = mmap.mmap(file.fileno(), 1)
    with open(sys.argv[2], "w", encoding="utf-8") as hangs:
        Worker(commands, answers, hangs, executed).serve()


if __name__ == "__main__":
    main()
