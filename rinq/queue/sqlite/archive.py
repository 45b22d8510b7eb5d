"""Taking settled jobs out, with their whole history, to a database of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rinq.errors import ForeignDatabase, UsedArchive
from rinq.faults import failpoint
from rinq.queue.parts import QueueArchive
from rinq.queue.sqlite.connection import Connection

BATCH = 200  # jobs in one transaction, so that nobody waits long for the lock


class SQLiteArchive(QueueArchive):
    """An archive is a database of the same schema, without triggers, and is only read.

    Args:
        create: opens a database at a path, made where there is none.
    """

    def __init__(self, db: Connection, create: Callable[[Path], Connection]) -> None:
        self._db = db
        self._create = create

    def count(self) -> int:
        return int(self._db.all("archived")[0]["n"])

    def names(self) -> list[str]:
        return [row["name"] for row in self._db.all("all_archived")]

    def among(self, names: Iterable[str]) -> set[str]:
        found = self._db.all("archived_among", names=json.dumps(list(names)))
        return {row["name"] for row in found}

    def prune(
        self, before: float, target: Path | None, *, spare: Collection[str] = ()
    ) -> Iterator[int]:
        if target is not None:
            self._prepare(target)
        after = 0
        with self._attached(target):
            while True:
                rows = self._db.all("prunable", before=before, after=after, limit=BATCH)
                if not rows:
                    return
                after = rows[-1]["id"]
                seen = [[row["id"], row["last_entry"]] for row in rows if row["name"] not in spare]
                ids = self._whole(seen)
                if target is not None:
                    # Not in one transaction with the deletion: a commit over two files is not
                    # atomic in a power cut. What was copied twice is replaced.
                    with self._db.write_elsewhere() as tx:
                        tx.all("archive_clock")
                        tx.all("archive_jobs", ids=ids)
                        tx.all("archive_transitions", ids=ids)
                failpoint("archived")
                with self._db.write() as tx:
                    ids = self._whole(seen)  # without those that were moved meanwhile
                    tx.all("archive_names", ids=ids)
                    tx.all("archive_entries", ids=ids)
                    tx.all("delete_entries", ids=ids)
                    taken = tx.all("delete_jobs", ids=ids)
                yield len(taken)

    def _whole(self, seen: list[list[int]]) -> str:
        """The ids, as JSON, of jobs that are as they were seen, with their whole history."""
        return json.dumps([row["id"] for row in self._db.all("whole", seen=json.dumps(seen))])

    def _prepare(self, target: Path) -> None:
        """Make the archive, or check that it is this queue's. Raises: UsedArchive."""
        source = self._db.run("SELECT identity, archive_of FROM database")[0]
        if source["archive_of"]:
            raise UsedArchive(f"{self._db.path} is an archive itself")
        is_new = not target.exists()
        try:
            archive = self._create(target)
        except ForeignDatabase as error:
            raise UsedArchive(str(target)) from error
        with closing(archive):
            if is_new:
                with archive.write() as tx:
                    for row in tx.run("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                        tx.run(f"DROP TRIGGER {row['name']}")
                    tx.run("UPDATE database SET archive_of = :of", {"of": source["identity"]})
            found = archive.run("SELECT archive_of FROM database")[0]["archive_of"]
            if found != source["identity"]:
                raise UsedArchive(str(target))

    @contextmanager
    def _attached(self, target: Path | None) -> Iterator[None]:
        if target is None:
            yield
            return
        self._db.run("ATTACH :path AS archive", {"path": str(target)})
        try:
            self._db.run("PRAGMA archive.synchronous = FULL")
            yield
        finally:
            self._db.run("DETACH archive")
