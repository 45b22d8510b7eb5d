"""Whose folder this is: the mark by which a queue knows its own folder again.

A disk that is not mounted leaves an empty folder, or none. Without the mark that looks as if
every file were missing, and what is written there is out of sight once the disk is back.
"""

from __future__ import annotations

import contextlib
from functools import cached_property
from pathlib import Path

from rinq.errors import FilesUnavailable, UnknownJob, UnreadableFile
from rinq.files.disk import DiskStore
from rinq.files.store import FAILED, PROCESSED, STATE_FOLDER
from rinq.queue import PersistentQ
from rinq.queue.model import is_job_name

MARK = f"{STATE_FOLDER}/queue"


class MarkedStore(DiskStore):
    """The folder of one queue, of which it holds the identity in ``.rinq/queue``.

    It is made for a queue without jobs only. A folder without a mark is taken over for such a
    queue, and, for one that an earlier version made, where the database lies in it or where
    files of its jobs do. In any other there is no work.

    Args:
        folder: ``primary_path``.
        durable: files and renames survive a power cut.
        queue: whose folder it is.
        database: the queue's database.
    """

    def __init__(self, folder: Path, queue: PersistentQ, database: Path, *, durable: bool) -> None:
        super().__init__(folder, durable=durable)
        self._queue = queue
        self._database = database
        self._known = False  # whether it was found to be this queue's

    @cached_property
    def _identity(self) -> str:
        return self._queue.identity

    def check(self) -> None:
        mark = read_mark(self)
        if mark != self._identity:
            self._take_over(mark)
        elif not self._known:
            self.make()
        self._known = True

    def _take_over(self, mark: str) -> None:
        """Make or mark the folder, if it can only be this queue's. Raises: FilesUnavailable."""
        if mark and (self._known or not self._holds_database()):
            raise self._not_ours(f"{self.folder} belongs to another queue")
        new = not self._queue.jobs(limit=1) and not self._queue.archive.count()
        if not self.folder.is_dir():
            if not new or self.folder == self._database.parent:  # deleted, with the database
                raise self._not_ours(f"there is no folder {self.folder}")
        elif not (new or self._holds_database() or self._holds_files_of_jobs()):
            raise self._not_ours(f"{self.folder} does not have this queue's mark, {MARK}")
        self.make()
        self.write(MARK, f"{self._identity}\n".encode(), new=False)

    def _holds_database(self) -> bool:
        with contextlib.suppress(OSError):
            return self.folder.samefile(self._database.parent)
        return False

    def _holds_files_of_jobs(self) -> bool:
        for entry in self.names():
            name = entry.removesuffix(PROCESSED).removesuffix(FAILED)
            with contextlib.suppress(UnknownJob):
                if is_job_name(name) and self._queue.job(name):
                    return True
        return False

    def _not_ours(self, why: str) -> FilesUnavailable:
        advice = (
            "Mount its disk or bring it back, and work goes on. To use this folder all the "
            f"same, write {self._identity} into {self.folder / MARK}."
        )
        return FilesUnavailable(why, advice=advice)


def read_mark(store: DiskStore) -> str:
    """The identity of the queue whose folder this is; empty where there is no mark.

    Raises:
        OSError, FilesUnavailable: it cannot be read, or is no regular file.
    """
    try:
        return store.read(MARK).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return ""
    except UnreadableFile as error:
        raise FilesUnavailable(error.detail) from error
