"""The row decides, the files follow: the files of the jobs, wherever they are kept."""

from __future__ import annotations

import contextlib
import errno
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rinq.config import Config
from rinq.errors import FileInTheWay, FilesUnavailable, UnreadableFile
from rinq.files.disk import DiskStore
from rinq.files.mark import MarkedStore
from rinq.files.memory import MemoryStore
from rinq.files.store import FAILED, PROCESSED, RESULTS, EntryKind, Store
from rinq.queue import PersistentQ
from rinq.queue.model import Job, Status, check_job_name, is_job_name

_NO_FILE = (errno.ELOOP, errno.EISDIR, errno.ENXIO)  # a link, a folder, a socket


@dataclass(frozen=True, slots=True)
class Listing:
    """The names at one moment, each with whether it is a regular file.

    ``folder`` is all of ``primary_path`` but ``.rinq``; ``results`` is ``.rinq/results``.
    ``empty`` are the regular files of ``folder`` without content.
    """

    folder: dict[str, bool]
    results: dict[str, bool]
    empty: frozenset[str] = frozenset()


class Files:
    """The files of one folder, whosever it is; those of a queue are given by ``of``.

    Args:
        folder: made, with ``.rinq`` in it, where it is missing.
        durable: files and renames survive a power cut, as ``durability: full`` promises.

    Raises:
        FilesUnavailable: the folder cannot be made or written to.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        store = DiskStore(folder, durable=durable)
        with _transient_errors(folder):
            store.make()
        self._store: Store = store

    @classmethod
    def of(cls, config: Config, queue: PersistentQ) -> Self:
        """The files of a queue, in the folder that its config names.

        Each method looks first, and again at its end, whether the folder is there and is
        this queue's, and raises FilesUnavailable if not.
        """
        durable = config.general.durability == "full"
        return cls._kept_in(
            MarkedStore(config.primary_path, queue, config.database, durable=durable)
        )

    @classmethod
    def in_memory(cls) -> Self:
        """Files that are nowhere on disk, for virtual time."""
        return cls._kept_in(MemoryStore())

    @classmethod
    def _kept_in(cls, store: Store) -> Self:
        files = cls.__new__(cls)
        files._store = store  # noqa: SLF001 (its own)
        return files

    @property
    def folder(self) -> Path:
        return self._store.folder

    def check(self) -> None:
        """Look whether the folder is there to be worked in. Raises: FilesUnavailable."""
        with self._in_folder(""):
            pass

    def create(self, name: str, content: bytes) -> None:
        """Make the file of a job that is to be submitted, complete on disk.

        Raises:
            InvalidName, FileInTheWay (nothing was changed), FilesUnavailable.
        """
        check_job_name(name)
        with self._in_folder(name):
            try:
                self._store.write(name, content, new=True)
            except FileExistsError as error:
                raise FileInTheWay(str(self.folder / name)) from error

    def discard(self, name: str) -> None:
        """Delete a file that ``create`` made and that was never submitted.

        Raises:
            InvalidName, FilesUnavailable.
        """
        check_job_name(name)
        with self._in_folder(name):
            self._store.delete(name)

    def read(self, name: str) -> bytes:
        """The content of a job's file.

        Raises:
            InvalidName; UnreadableFile: it is missing, no regular file, empty, or larger
            than 64 MiB; FilesUnavailable.
        """
        check_job_name(name)
        with self._in_folder(name):
            try:
                content = self._store.read(name)
            except FileNotFoundError as error:
                raise UnreadableFile(f"{name} is missing") from error
            except OSError as error:
                if error.errno not in _NO_FILE:
                    raise
                raise UnreadableFile(f"{name}: {error.strerror}") from error
        if not content:
            raise UnreadableFile(f"{name} is empty")
        return content

    def write_result(self, name: str, attempt: int, content: bytes) -> str:
        """Keep an attempt's result where only that attempt writes, synced.

        Returns:
            Its SHA-256, in hexadecimal digits.

        Raises:
            InvalidName, FileInTheWay (nothing was changed), FilesUnavailable.
        """
        entry = f"{RESULTS}{check_job_name(name)}.{attempt}"
        with self._in_folder(entry):
            if self._store.kind(entry) is EntryKind.OTHER:
                raise FileInTheWay(str(self.folder / entry))
            self._store.write(entry, content, new=False)
        return hashlib.sha256(content).hexdigest()

    def result_checksum(self, job: Job) -> str | None:
        """The SHA-256 of a processed job's result, published or not yet; None if there is none.

        Raises:
            InvalidName, FilesUnavailable.
        """
        published = check_job_name(job.name) + PROCESSED
        for entry in (f"{RESULTS}{job.name}.{job.attempt}", published):
            with self._in_folder(entry), contextlib.suppress(FileNotFoundError):
                return self._store.checksum(entry)
        return None

    def follow(self, job: Job) -> list[str]:
        """Make the files agree with the row; idempotent; only under the job's lock.

        Returns:
            A sentence for each thing in the way, which was left alone.

        Raises:
            FilesUnavailable: a rename or a deletion failed; the rest is as it was.
        """
        if not is_job_name(job.name):
            return []
        failed = job.name + FAILED
        with self._in_folder(job.name):
            problems = list(self._settle_results(job))
            if job.status is Status.FAILED:
                problems += self._rename(job.name, failed)
            elif job.status is Status.CLEANED:
                problems += [*self._delete(job.name), *self._delete(failed)]
            elif job.status is not Status.PROCESSED:
                problems += self._rename(failed, job.name)
            elif self._store.kind(failed) is not None:
                problems.append(f"{failed} stays: the job is processed")
        return problems

    def erase(self, names: Iterable[str]) -> None:
        """Delete all files of these jobs, whatever their status. Raises: FilesUnavailable."""
        with self._in_folder(""):
            for name in names:
                check_job_name(name)
                kept = [RESULTS + result for result in self._store.results(name)]
                for entry in (name, name + PROCESSED, name + FAILED, *kept):
                    for _ in self._delete(entry):
                        pass  # what is no regular file stays: rinq did not make it

    def half_done(self) -> list[tuple[str, str]]:
        """What may wait for ``follow``: (job name, file) of each kept result and ``.failed`` file.

        Names come from the folder and may be no job's at all. Raises: FilesUnavailable.
        """
        with self._in_folder(""):
            kept = [(name.rpartition(".")[0], RESULTS + name) for name in self._store.results()]
            failed = [(name.removesuffix(FAILED), name) for name in self._store.names(FAILED)]
        return kept + failed

    def listing(self) -> Listing:
        """All that is there; it may have changed when this returns. Raises: FilesUnavailable."""
        with self._in_folder(""):
            found = {name: self._store.kind(name) for name in self._store.names()}
            kept = {name: self._store.kind(RESULTS + name) for name in self._store.results()}
        empty = frozenset(name for name, kind in found.items() if kind is EntryKind.EMPTY)
        return Listing(_regular(found), _regular(kept), empty)

    def _settle_results(self, job: Job) -> Iterable[str]:
        """Publish the accepted attempt's result; delete those that can no longer be accepted."""
        for name in self._store.results(job.name):
            ours = name == f"{job.name}.{job.attempt}"
            if ours and job.status is Status.PROCESSED:
                yield from self._publish(RESULTS + name, job.name + PROCESSED)
            elif not (ours and job.status is Status.PROCESSING):
                yield from self._delete(RESULTS + name)

    def _publish(self, result: str, target: str) -> Iterable[str]:
        irregular = [e for e in (result, target) if self._store.kind(e) is EntryKind.OTHER]
        if not irregular:
            self._store.move(result, target)
        yield from map(_left_alone, irregular)

    def _rename(self, source: str, target: str) -> Iterable[str]:
        kind = self._store.kind(source)
        if kind is None:
            return
        if self._store.kind(target) is not None:
            yield f"{source} stays: {target} is there as well"
        elif kind is EntryKind.OTHER:
            yield _left_alone(source)
        else:
            self._store.move(source, target)

    def _delete(self, entry: str) -> Iterable[str]:
        if self._store.kind(entry) is EntryKind.OTHER:
            yield _left_alone(entry)
        else:
            self._store.delete(entry)

    @contextlib.contextmanager
    def _in_folder(self, entry: str) -> Iterator[None]:
        """Work on an entry of the right folder, as the folder is before it and after it.

        An answer that came from another folder, such as that a file is missing, is no answer.
        """
        with _transient_errors(self._store.folder / entry):
            self._store.check()
            try:
                yield
            finally:
                self._store.check()


def _regular(found: dict[str, EntryKind | None]) -> dict[str, bool]:
    return {name: kind is not EntryKind.OTHER for name, kind in found.items() if kind is not None}


def _left_alone(entry: str) -> str:
    return f"{entry.removeprefix(RESULTS)} is no regular file and was left alone"


@contextlib.contextmanager
def _transient_errors(path: Path) -> Iterator[None]:
    """Turn a refusal of the operating system into an error that a role waits out."""
    try:
        yield
    except OSError as error:
        raise FilesUnavailable(f"{path}: {error.strerror or error}") from error
