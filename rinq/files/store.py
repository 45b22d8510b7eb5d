"""What the files are kept in: entries of ``primary_path``, by their name below it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from pathlib import Path

STATE_FOLDER = ".rinq"
RESULTS = f"{STATE_FOLDER}/results/"
PROCESSED = ".processed"
FAILED = ".failed"
MAX_BYTES = 64 * 2**20


class EntryKind(Enum):
    """What stands under a name. Only regular files are ours to read, move or delete."""

    REGULAR = "regular file"
    EMPTY = "regular file without content"
    OTHER = "folder, link, pipe or device"


class Store(ABC):
    """Entries by name: ``name`` in the folder itself, ``.rinq/results/name`` below it.

    Where the store is durable, what was written or renamed survives a power cut. Each method
    may raise OSError: a write that began has then deleted its file, and a rename may be made
    already, but not be durable yet; else nothing was changed.
    """

    folder: Path

    @abstractmethod
    def check(self) -> None:
        """Look whether this is the right place, there to be worked in.

        Raises:
            FilesUnavailable: it is not, or not now.
        """

    @abstractmethod
    def kind(self, entry: str) -> EntryKind | None:
        """What stands there; None if nothing does."""

    @abstractmethod
    def read(self, entry: str) -> bytes:
        """The content. Raises: UnreadableFile: it is no regular file, or over 64 MiB."""

    @abstractmethod
    def checksum(self, entry: str) -> str:
        """The SHA-256 of the content, in hexadecimal digits, however large it is."""

    @abstractmethod
    def write(self, entry: str, content: bytes, *, new: bool) -> None:
        """Make a file, or overwrite one. Raises: FileExistsError: ``new``, and it is there."""

    @abstractmethod
    def move(self, entry: str, target: str) -> None:
        """Rename a file; one that stands under ``target`` is replaced."""

    @abstractmethod
    def delete(self, entry: str) -> None:
        """Delete a file; nothing happens if there is none."""

    @abstractmethod
    def names(self, ending: str = "") -> list[str]:
        """The names in the folder, sorted, without ``.rinq``: all, or those with an ending."""

    @abstractmethod
    def results(self, job: str = "") -> list[str]:
        """The names in ``.rinq/results``, sorted: all, or those of one job."""
