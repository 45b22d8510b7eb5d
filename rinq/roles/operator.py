"""What a person does to the queue: submit a file, redrive a failed job, change a setting."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

from rinq.config import Config
from rinq.errors import FileInTheWay, NameUsed, UnreadableFile
from rinq.faults import failpoint
from rinq.files import MAX_BYTES, Files
from rinq.queue import Job, PersistentQ
from rinq.roles.interface import draw_name

OPERATOR = "operator"


def submit_file(queue: PersistentQ, files: Files, source: Path, rng: random.Random) -> Job:
    """Copy a file into ``primary_path`` under a fresh name, and submit that name.

    Raises:
        UnreadableFile: ``source`` cannot be read, is empty, or is larger than 64 MiB.
        FilesUnavailable, Unavailable: nothing was submitted.
    """
    try:
        if source.stat().st_size > MAX_BYTES:
            raise UnreadableFile(f"{source} has over {MAX_BYTES:,} bytes")
        content = source.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{source}: {error.strerror}") from error
    if not content:
        raise UnreadableFile(f"{source} is empty")
    while True:
        name = draw_name(rng)
        try:
            files.create(name, content)
        except FileInTheWay:
            continue
        try:
            return queue.submit(name, OPERATOR)
        except NameUsed:
            files.discard(name)


def redrive(queue: PersistentQ, files: Files, name: str) -> tuple[Job, list[str]]:
    """Put a failed job back, and its file. Returns the row and what was in the way.

    Raises:
        UnknownJob, IllegalMove: nothing was moved.
    """
    queue.redrive(name, OPERATOR)
    failpoint("redriven")
    with queue.hold(name) as job:
        return job, files.follow(job)


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
