"""The log of each background process: one file, bounded in size."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

from rinq.config import Config
from rinq.files import STATE_FOLDER
from rinq.queue.model import check_process_name

MOST_BYTES = 2**20
KEPT_BYTES = 2**18


def log_path(config: Config, name: str) -> Path:
    """Where the process of this name writes its log. Raises: ConfigError."""
    return config.primary_path / STATE_FOLDER / "logs" / f"{check_process_name(name)}.log"


def tail(path: Path, lines: int, *, start: int = 0) -> list[str]:
    """The last lines of a log, from byte ``start`` on at most; none where there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(start if start <= size else 0)
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:] if lines > 0 else []


def bound(path: Path) -> None:
    """Keep the last part of a log that has grown too long.

    Its writers append, so that cutting it in place loses at most what is written meanwhile.
    """
    if path.stat().st_size <= MOST_BYTES:
        return
    with path.open("r+b") as file:
        file.seek(-KEPT_BYTES, os.SEEK_END)
        _, _, kept = file.read().partition(b"\n")
        file.truncate(0)
    with path.open("ab") as file:
        file.write(kept)


def write_to_stderr(name: str | None = None) -> None:
    """Send the roles' log lines to standard error, each with the time, and a name if given."""
    prefix = f"{name} " if name else ""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(f"%(asctime)s.%(msecs)03d {prefix}%(message)s", "%H:%M:%S")
    formatter.converter = time.localtime
    handler.setFormatter(formatter)
    logger = logging.getLogger("rinq")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
