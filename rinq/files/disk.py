"""Files in a folder of the file system."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from rinq.errors import FilesUnavailable, UnreadableFile
from rinq.files.store import MAX_BYTES, RESULTS, STATE_FOLDER, EntryKind, Store
from rinq.regular import BINARY, NOFOLLOW, NONBLOCK, PRIVATE


class DiskStore(Store):
    """A folder, made, with ``.rinq`` in it, where it is missing.

    Args:
        folder: ``primary_path``.
        durable: files and renames survive a power cut.

    Raises:
        FilesUnavailable: the folder or ``.rinq`` is a symbolic link.
        OSError: they cannot be made.
    """

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self._durable = durable
        for path in (folder, folder / STATE_FOLDER, folder / RESULTS):
            path.mkdir(parents=True, exist_ok=True)
            if path != folder and path.is_symlink():
                raise FilesUnavailable(f"{path} is a symbolic link")

    def kind(self, entry: str) -> EntryKind | None:
        try:
            mode = os.lstat(self.folder / entry).st_mode
        except FileNotFoundError:
            return None
        return EntryKind.REGULAR if stat.S_ISREG(mode) else EntryKind.OTHER

    def read(self, entry: str) -> bytes:
        path = self.folder / entry
        if path.is_symlink():
            raise UnreadableFile(f"{entry} is a symbolic link, which is never followed")
        with open(path, "rb", opener=_open_to_read) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise UnreadableFile(f"{entry} is no regular file")
            if found.st_size > MAX_BYTES:
                raise UnreadableFile(f"{entry} has {found.st_size:,} bytes, over {MAX_BYTES:,}")
            return file.read(found.st_size)  # no more, since so much memory is taken

    def write(self, entry: str, content: bytes, *, new: bool) -> None:
        path = self.folder / entry
        how = os.O_EXCL if new else os.O_TRUNC
        flags = os.O_WRONLY | os.O_CREAT | how | NOFOLLOW | NONBLOCK | BINARY
        descriptor = os.open(path, flags, PRIVATE)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                if self._durable:
                    os.fsync(file.fileno())
            self._sync(path.parent)
        except OSError:
            self.delete(entry)
            raise

    def move(self, entry: str, target: str) -> None:
        path = self.folder / target
        os.replace(self.folder / entry, path)
        self._sync(path.parent)

    def delete(self, entry: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self.folder / entry).unlink()

    def names(self, ending: str = "") -> list[str]:
        there = (name for name in os.listdir(self.folder) if name.endswith(ending))
        return sorted(name for name in there if name != STATE_FOLDER)

    def results(self, job: str = "") -> list[str]:
        start = f"{job}." if job else ""
        return sorted(n for n in os.listdir(self.folder / RESULTS) if n.startswith(start))

    def _sync(self, folder: Path) -> None:
        """Make renames and new names in a folder durable, where folders can be synced."""
        if self._durable and os.name == "posix":
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _open_to_read(path: str, flags: int) -> int:
    return os.open(path, flags | NOFOLLOW | NONBLOCK)
