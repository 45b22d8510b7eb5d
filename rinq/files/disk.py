"""Files in a folder of the file system."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from rinq.errors import FilesUnavailable, UnreadableFile
from rinq.files.store import MAX_BYTES, RESULTS, STATE_FOLDER, EntryKind, Store
from rinq.folders import make_folder, sync_folder
from rinq.regular import BINARY, NOFOLLOW, NONBLOCK, PRIVATE, open_regular


class DiskStore(Store):
    """A folder, whosever it is.

    Args:
        folder: ``primary_path``.
        durable: files and renames survive a power cut.
    """

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self._durable = durable

    def make(self) -> None:
        """Make the folder, with ``.rinq`` in it, where it is missing.

        Raises:
            FilesUnavailable: ``.rinq`` or ``.rinq/results`` is a symbolic link.
            OSError: it cannot be made.
        """
        for path in (self.folder, self.folder / STATE_FOLDER, self.folder / RESULTS):
            make_folder(path, durable=self._durable)
            if path != self.folder and path.is_symlink():
                raise FilesUnavailable(f"{path} is a symbolic link")

    def check(self) -> None:
        """Any folder will do."""

    def kind(self, entry: str) -> EntryKind | None:
        try:
            found = os.lstat(self.folder / entry)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode):
            return EntryKind.OTHER
        return EntryKind.REGULAR if found.st_size else EntryKind.EMPTY

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

    def checksum(self, entry: str) -> str:
        with open(open_regular(self.folder / entry, os.O_RDONLY), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

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
        if self._durable:
            sync_folder(folder)


def _open_to_read(path: str, flags: int) -> int:
    return os.open(path, flags | NOFOLLOW | NONBLOCK)
