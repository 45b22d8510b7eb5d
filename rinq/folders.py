"""Making folders that survive a power cut: each new entry is synced in the folder above it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def make_folder(folder: Path, *, durable: bool) -> None:
    """Make a folder, with those above it, where they are missing.

    Args:
        durable: its own entry, and that of each folder that is made, survive a power cut.

    Raises:
        OSError: it cannot be made, or something else is there.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in [*reversed(missing), folder]:
        if durable:
            with contextlib.suppress(PermissionError):  # a folder above may not be readable
                sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder durable, where folders can be synced."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
