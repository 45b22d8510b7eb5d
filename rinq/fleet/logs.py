"""The log of each background process: one file, bounded in size."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from rinq.config import Config
from rinq.display import printable
from rinq.errors import FilesUnavailable
from rinq.files import STATE_FOLDER
from rinq.queue.model import check_process_name
from rinq.regular import open_regular

MOST_BYTES = 2**20
KEPT_BYTES = 2**18


def log_path(config: Config, name: str) -> Path:
    """Where the process of this name writes its log. Raises: ConfigError."""
    return config.primary_path / STATE_FOLDER / "logs" / f"{check_process_name(name)}.log"


def open_log(path: Path, mode: str) -> IO[bytes]:
    """Open a log, made with its folder where it is missing, but never through a link.

    Args:
        mode: ``rb``, ``ab`` or ``r+b``.

    Raises:
        FileNotFoundError: there is none to read.
        FilesUnavailable: something else is there, or the system forbids it.
    """
    try:
        if mode == "ab":
            path.parent.mkdir(mode=0o700, exist_ok=True)
        for folder in (path.parent.parent, path.parent):
            if folder.is_symlink():
                raise FilesUnavailable(f"{folder} is a symbolic link")
        return open(path, mode, opener=lambda name, flags: open_regular(Path(name), flags))
    except OSError as error:
        if mode == "rb" and isinstance(error, FileNotFoundError):
            raise
        raise FilesUnavailable(f"{path}: {error.strerror}") from error


def tail(path: Path, lines: int, *, start: int = 0) -> list[str]:
    """The last lines of a log, none from before byte ``start``; empty where there is no file.

    Raises:
        FilesUnavailable.
    """
    try:
        with open_log(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(start if start <= size else 0)
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:] if lines > 0 else []


class LogReader:
    """The lines that are appended to the logs of a folder after this reader was made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = {path: path.lstat().st_size for path in folder.glob("*.log")}

    def read(self) -> Iterator[tuple[str, str]]:
        """(process name, line) of each whole line since the last call."""
        for path in sorted(self._folder.glob("*.log")):
            with contextlib.suppress(FileNotFoundError, FilesUnavailable):
                yield from self._new_lines(path)

    def _new_lines(self, path: Path) -> Iterator[tuple[str, str]]:
        with open_log(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = self._read.get(path, 0)
            start = start if start <= size else 0  # it was cut: from its new beginning
            file.seek(start)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._read[path] = start + len(whole) + len(newline)
        for line in whole.decode("utf-8", "replace").splitlines():
            yield path.stem, line


def bound(path: Path) -> None:
    """Keep the last part of a log that has grown too long.

    Its writers append, so that cutting it in place loses at most what is written meanwhile.
    """
    if path.lstat().st_size <= MOST_BYTES:
        return
    with open_log(path, "r+b") as file:
        file.seek(-KEPT_BYTES, os.SEEK_END)
        _, _, kept = file.read().partition(b"\n")
        file.truncate(0)
    with open_log(path, "ab") as file:
        file.write(kept)


class _OneLine(logging.Formatter):
    """A message is one line, whatever a handler's error holds: none of them can be forged."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (its name in Python)
        return printable(super().formatMessage(record))


def write_to_stderr(name: str | None = None) -> None:
    """Send the roles' log lines to standard error, each with the time, and a name if given."""
    prefix = f"{name} " if name else ""
    handler = logging.StreamHandler(sys.stderr)
    formatter = _OneLine(f"%(asctime)s.%(msecs)03d {prefix}%(message)s", "%H:%M:%S")
    formatter.converter = time.localtime
    handler.setFormatter(formatter)
    logger = logging.getLogger("rinq")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
