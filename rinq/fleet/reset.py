"""Removing a queue with all that rinq made for it, and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rinq.config import Config
from rinq.errors import CorruptDatabase, FilesUnavailable, FleetError
from rinq.files import STATE_FOLDER, Files
from rinq.files.disk import DiskStore
from rinq.files.mark import MARK, read_mark
from rinq.fleet.fleet import Fleet
from rinq.queue import ARCHIVE, open_queue
from rinq.queue.liveness import ALIVE
from rinq.queue.model import is_job_name

COMPANIONS = ("", "-wal", "-shm", ".version-[0-9]*", ARCHIVE, ARCHIVE + "-*", ".lock-*")
"""What stands beside the database: SQLite's own files, and the copies that migrations made."""

GONE = "If it is gone for good, take it off the list: rinq forget NAME."


@dataclass(frozen=True)
class ResetPlan:
    """What a reset removes: processes that are stopped, jobs with their files, and paths.

    ``files_stay`` is why the files are left where they are; empty where they go too.
    """

    running: tuple[str, ...]
    jobs: tuple[str, ...]
    paths: tuple[Path, ...]
    files_stay: str = ""

    def __str__(self) -> str:
        parts = [f"stops {', '.join(self.running)}"] if self.running else []
        files = (
            f"but not their files ({self.files_stay})" if self.files_stay else "with their files"
        )
        parts += [f"removes {len(self.jobs):,} jobs {files}", *map(str, self.paths)]
        return ", ".join(parts) + "."

    def __bool__(self) -> bool:
        return bool(self.running or self.jobs or self.paths)


def plan_reset(config: Config) -> ResetPlan:
    """What ``reset`` would remove; nothing is changed.

    Raises:
        ForeignDatabase: the database is another program's.
        Unavailable: it cannot be read just now.
    """
    running: list[str] = []
    jobs: list[str] = []
    identity = files_stay = ""
    if config.database.exists():
        with contextlib.suppress(CorruptDatabase), open_queue(config) as queue:
            running = [it.name for it in Fleet(config).processes() if it.alive]
            identity = queue.identity
            jobs = [job.name for job in queue.jobs() if is_job_name(job.name)]
            jobs += queue.archive.names()
            try:
                if jobs:
                    Files.of(config, queue).check()
            except FilesUnavailable as error:
                files_stay = error.detail
    found = (config.database.parent.glob(config.database.name + end) for end in COMPANIONS)
    paths = [path for group in found for path in sorted(group) if path.is_file()]
    state = config.primary_path / STATE_FOLDER
    if state.is_dir() and not state.is_symlink() and not _is_anothers(config, identity):
        paths.append(state)
    return ResetPlan(tuple(running), tuple(jobs), tuple(paths), files_stay)


def _is_anothers(config: Config, identity: str) -> bool:
    """Whether the folder has the mark of another queue, or one that cannot be read."""
    if config.database.parent == config.primary_path:
        return False
    try:
        return read_mark(DiskStore(config.primary_path, durable=False)) not in ("", identity)
    except (OSError, FilesUnavailable):
        return True


def reset(config: Config) -> ResetPlan:
    """Stop every process of the queue, then remove its jobs' files, its logs and its database.

    The folder itself goes if nothing else is in it. A file that rinq did not make stays, and
    no symbolic link is followed.

    Raises:
        FleetError: a process could not be stopped, such as one of another host. Nothing
            was removed.
        FilesUnavailable: a file cannot be deleted.
        For the others see ``plan_reset``.
    """
    plan = plan_reset(config)
    if plan.running:
        ends = Fleet(config).stop_all()
        left = [name for name, end in ends.items() if end in ALIVE]
        if left:
            raise FleetError(f"{', '.join(left)} could not be stopped", advice=GONE)
    jobs = plan_reset(config).jobs  # also those that were submitted meanwhile
    if jobs and not plan.files_stay:
        with open_queue(config) as queue:
            Files.of(config, queue).erase(jobs)
    state = config.primary_path / STATE_FOLDER
    made = [folder for folder in (state / "logs", state / "results") if not folder.is_symlink()]
    made = made if state in plan.paths else []
    made_files = [file for folder in made for file in _ours(folder)]
    made_files += [config.primary_path / MARK] if state in plan.paths else []
    try:
        for path in (*made_files, *plan.paths):
            if path.is_file() or path.is_symlink():
                path.unlink(missing_ok=True)
    except OSError as error:
        raise FilesUnavailable(f"{path}: {error.strerror}") from error
    is_ours = made or config.database.parent == config.primary_path
    for folder in (*made, state, config.primary_path):
        if is_ours and folder != config.folder:
            with contextlib.suppress(OSError):  # something else is in it
                folder.rmdir()
    return plan


def _ours(folder: Path) -> Iterator[Path]:
    """The logs or results in a folder, by their names."""
    for path in folder.glob("*"):
        if path.suffix == ".log" or (is_job_name(path.stem) and path.suffix[1:].isdigit()):
            yield path
