"""A fleet and a queue in a folder of their own, for a lesson or an experiment."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rinq.config import Config, dump_values
from rinq.files import Files
from rinq.fleet.fleet import Fleet
from rinq.queue import SETTLED, PersistentQ, Status, open_queue
from rinq.queue.liveness import is_running, this_process
from rinq.regular import read_regular

PREFIX = "rinq-"
OWNER = ".owner"  # pid and start time of the program that made the folder
OWNER_BYTES = 100  # of that file, at most
POLL = 0.1  # real seconds between two reads of the counts


class Run(contextlib.AbstractContextManager["Run"]):
    """A temporary folder with a config file, a queue and a fleet in it.

    Closing it, or the end of the program, stops its processes and deletes the folder.

    Args:
        values: sections as in ``config.yaml``; ``general.primary_path`` is ``jobs``
            in the folder unless given.
        restart: start crashed processes again.

    Raises:
        ConfigError.
    """

    def __init__(
        self, values: Mapping[str, Mapping[str, Any]] | None = None, *, restart: bool = False
    ) -> None:
        sections = {name: dict(section) for name, section in (values or {}).items()}
        sections.setdefault("general", {}).setdefault("primary_path", "jobs")
        Config.parse(sections)
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        pid, started, _ = this_process()
        (self.folder / OWNER).write_text(f"{pid} {started}", "utf-8")
        file = self.folder / "config.yaml"
        file.write_text(dump_values(sections), "utf-8")
        self.config = Config.load(file)
        self.queue = open_queue(self.config)
        self.files = Files.of(self.config, self.queue)
        self.fleet = Fleet(self.config, restart=restart)
        self._finalizer = weakref.finalize(self, _end, self.fleet, self.queue, self.folder)

    async def settled(
        self,
        n: int | None = None,
        *,
        timeout: float = 60.0,  # noqa: ASYNC109
    ) -> dict[Status, int]:
        """Wait until ``n`` jobs are processed, failed or cleaned; without ``n``, until all are.

        Other cells, widgets and callbacks go on meanwhile.

        Returns:
            The number of jobs in each status.

        Raises:
            TimeoutError: after ``timeout`` real seconds, saying how far it came.
        """
        deadline = time.monotonic() + timeout
        while True:
            counts = self.queue.counts()
            done = sum(counts[status] for status in SETTLED)
            if done >= (sum(counts.values()) if n is None else n):
                return counts
            if time.monotonic() > deadline:
                raise TimeoutError(f"{done} jobs settled in {timeout:g} s; {dict(counts)}")
            await asyncio.sleep(POLL)

    def close(self) -> None:
        """Stop the processes and delete the folder."""
        self._finalizer()

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "Run()"


def _end(fleet: Fleet, queue: PersistentQ, folder: Path) -> None:
    try:
        fleet.close()
    finally:
        queue.close()
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Delete the folders of runs whose program is gone: a killed kernel cleans up nothing."""
    for owner in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{OWNER}"):
        with contextlib.suppress(OSError, ValueError):
            pid, started = read_regular(owner, OWNER_BYTES).split()
            if not is_running(int(pid), float(started)):
                shutil.rmtree(owner.parent, ignore_errors=True)
