"""What a person does to the queue: submit a file, redrive a failed job, change a setting."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rinq.config import Config
from rinq.errors import (
    FileInTheWay,
    FilesUnavailable,
    RinqError,
    Unavailable,
    UnknownJob,
    UnreadableFile,
)
from rinq.faults import failpoint
from rinq.files import MAX_BYTES, Files
from rinq.queue import Job, PersistentQ
from rinq.regular import read_regular
from rinq.roles.interface import draw_name

OPERATOR = "operator"


def submit_files(
    queue: PersistentQ,
    files: Files,
    sources: Sequence[Path],
    rng: random.Random,
    *,
    delay: float = 0.0,
) -> list[str]:
    """Copy files into ``primary_path``, each under a fresh name, and submit all names or none.

    They may be claimed in ``delay`` queue seconds.

    Returns:
        The names of the jobs, in the order of ``sources``.

    Raises:
        UnreadableFile: one cannot be read, is no regular file, is empty, or is larger than
            64 MiB. Nothing was submitted.
        FilesUnavailable, Unavailable: nothing was submitted, as far as can be told.
    """
    contents = [_content(source) for source in sources]
    made: list[str] = []
    try:
        made.extend(_create(queue, files, content, rng) for content in contents)
        queue.submit_many(made, OPERATOR, delay=delay)
    except RinqError:
        if not discard_unless_submitted(queue, files, made):
            raise
    return made


def _content(source: Path) -> bytes:
    try:
        content = read_regular(source, MAX_BYTES)
    except OSError as error:
        raise UnreadableFile(f"{str(source)!r:.200}: {error.strerror}") from error
    if not content:
        raise UnreadableFile(f"{str(source)!r:.200} is empty")
    return content


def _create(queue: PersistentQ, files: Files, content: bytes, rng: random.Random) -> str:
    """Make a file under a name that neither a job nor a file has. Returns the name."""
    while True:
        name = draw_name(rng)
        with contextlib.suppress(FileInTheWay):
            try:
                queue.job(name)
            except UnknownJob:
                files.create(name, content)
                return name


def discard_unless_submitted(queue: PersistentQ, files: Files, made: list[str]) -> bool:
    """Delete the files of a batch that was not submitted. Returns whether it was, after all.

    A commit may have been made though its answer was lost. If that is unknown the files stay.
    """
    try:
        queue.job(made[0])
    except (UnknownJob, IndexError):
        for name in made:
            with contextlib.suppress(FilesUnavailable):
                files.discard(name)
    except Unavailable:
        return False
    else:
        return True
    return False


def redrive(queue: PersistentQ, files: Files, name: str) -> tuple[Job, list[str]]:
    """Put a failed job back, and its file. Returns the row and what was in the way.

    Raises:
        UnknownJob, IllegalMove: nothing was moved.
        FilesUnavailable: likewise; or the file follows later, at the job's next attempt.
    """
    files.check()
    queue.redrive(name, OPERATOR)
    failpoint("redriven")
    return _follow(queue, files, name)


def cancel(queue: PersistentQ, files: Files, name: str, reason: str) -> tuple[Job, list[str]]:
    """Give up a job that is not settled. Returns the row and what was in the way of its file.

    Whoever works on it drops the work within a second.

    Raises:
        UnknownJob, IllegalMove: nothing was moved.
    """
    queue.cancel(name, OPERATOR, reason)
    failpoint("cancelled")
    return _follow(queue, files, name)


def _follow(queue: PersistentQ, files: Files, name: str) -> tuple[Job, list[str]]:
    with queue.hold(name) as job:
        return job, files.follow(job)


def prune(
    queue: PersistentQ, files: Files, older_than: float, target: Path | None
) -> Iterator[int]:
    """Take out the jobs that were processed or cleaned so many queue seconds ago, or longer.

    Their result files stay where they are. A job whose files do not agree with its row yet
    stays too. Yields how many jobs each step took.

    Args:
        target: the archive that they go to, with their history; None drops them.

    Raises:
        UsedArchive: nothing was moved. FilesUnavailable.
    """
    spare = {name for name, _ in files.half_done()}
    return queue.archive.prune(queue.clock.now() - older_than, target, spare=spare)


def change_settings(
    queue: PersistentQ, config: Config, changes: Mapping[str, object | None]
) -> None:
    """Set live parameters, ``paused`` and ``speed``; None goes back to the config's value.

    Raises:
        ConfigError: a value is out of range, also together with the others; nothing is set.
    """
    settings = {**queue.settings.read(), **changes}
    config.overridden(
        {
            key: value
            for key, value in settings.items()
            if value is not None and key not in ("speed", "paused")
        }
    )
    queue.settings.change({key: value for key, value in changes.items() if key != "speed"})
    if "speed" in changes:
        speed = changes["speed"]
        queue.clock.set_speed(config.general.speed if speed is None else float(str(speed)))
