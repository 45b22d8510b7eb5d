"""The files of ``primary_path``; no other module touches them.

A job ``name`` has the file ``name`` (made by the Producer), ``name.processed`` (the
result) and ``name.failed`` (the file, once the job failed). A result is first
written to ``.rinq/results/name.attempt``, where it is nobody's but that attempt's,
and becomes ``name.processed`` only when the row says that this attempt completed.

The row decides, the files follow: ``follow`` is called under the job's lock and
makes the files agree with the row. Only regular files are renamed or deleted, no
symbolic link is followed, and what is in the way is left alone and reported.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from rinq.config import Config
from rinq.errors import FileInTheWay, FilesUnavailable, UnreadableFile
from rinq.queue.model import Job, Status, check_job_name, is_job_name

STATE_FOLDER = ".rinq"
PROCESSED = ".processed"
FAILED = ".failed"
MAX_BYTES = 64 * 2**20

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # so that a pipe in the way holds nobody up
_BINARY = getattr(os, "O_BINARY", 0)


class Files:
    """The files of one folder.

    Args:
        folder: ``primary_path``; made, with ``.rinq`` in it, where it is missing.
        durable: files and renames survive a power cut, as ``durability: full`` promises.

    Raises:
        FilesUnavailable: the folder cannot be made or written to.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.results = folder / STATE_FOLDER / "results"
        self.durable = durable
        with _passing(folder):
            for path in (folder, folder / STATE_FOLDER, self.results):
                path.mkdir(parents=True, exist_ok=True)
                if path != folder and path.is_symlink():
                    raise FilesUnavailable(f"{path} is a symbolic link")

    @classmethod
    def of(cls, config: Config) -> Files:
        """The files that a config names. Raises: FilesUnavailable."""
        return cls(config.primary_path, durable=config.general.durability == "full")

    def create(self, name: str, content: bytes) -> None:
        """Make the file of a job that is to be submitted, complete on disk.

        Raises:
            InvalidName, FileInTheWay (nothing was changed), FilesUnavailable.
        """
        path = self.folder / check_job_name(name)
        with _passing(path):
            try:
                self._write(path, content, os.O_EXCL)
            except FileExistsError as error:
                raise FileInTheWay(str(path)) from error

    def discard(self, name: str) -> None:
        """Delete a file that ``create`` made and that was never submitted.

        Raises:
            InvalidName, FilesUnavailable.
        """
        path = self.folder / check_job_name(name)
        with _passing(path):
            _unlink(path)

    def read(self, name: str) -> bytes:
        """The content of a job's file.

        Raises:
            InvalidName; UnreadableFile: it is missing, no regular file, unreadable,
            empty, or larger than 64 MiB.
        """
        path = self.folder / check_job_name(name)
        try:
            if path.is_symlink():
                raise UnreadableFile(f"{name} is a symbolic link, which is never followed")
            with open(path, "rb", opener=_open_to_read) as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise UnreadableFile(f"{name} is no regular file")
                if found.st_size > MAX_BYTES:
                    raise UnreadableFile(f"{name} has {found.st_size:,} bytes, over {MAX_BYTES:,}")
                content = file.read(MAX_BYTES + 1)
        except FileNotFoundError as error:
            raise UnreadableFile(f"{name} is missing") from error
        except OSError as error:
            raise UnreadableFile(f"{name}: {error.strerror}") from error
        if not content:
            raise UnreadableFile(f"{name} is empty")
        return content

    def write_result(self, name: str, attempt: int, content: bytes) -> None:
        """Keep an attempt's result where only that attempt writes, synced.

        Raises:
            InvalidName, FileInTheWay (nothing was changed), FilesUnavailable.
        """
        path = self.results / f"{check_job_name(name)}.{attempt}"
        with _passing(path):
            if _is_irregular(path):
                raise FileInTheWay(str(path))
            self._write(path, content, os.O_TRUNC)

    def follow(self, job: Job) -> list[str]:
        """Make the files agree with the row; idempotent; only under the job's lock.

        Returns:
            A sentence for each thing in the way, which was left alone.

        Raises:
            FilesUnavailable: a rename or a deletion failed; the rest is as it was.
        """
        if not is_job_name(job.name):
            return []
        original = self.folder / job.name
        failed = self.folder / (job.name + FAILED)
        with _passing(original):
            problems = list(self._settle_results(job))
            if job.status is Status.FAILED:
                problems += self._rename(original, failed)
            elif job.status is Status.CLEANED:
                problems += [*_delete(original), *_delete(failed)]
            elif job.status is not Status.PROCESSED:
                problems += self._rename(failed, original)
            elif _exists(failed):
                problems.append(f"{failed.name} stays: the job is processed")
        return problems

    def half_done(self) -> Iterator[tuple[str, str]]:
        """What may wait for ``follow``: (job name, file) of each kept result and ``.failed`` file.

        Names come from the folder and may be no job's at all.
        """
        with _passing(self.folder):
            for entry in sorted(os.listdir(self.results)):
                yield entry.rpartition(".")[0], f"{STATE_FOLDER}/results/{entry}"
            for entry in sorted(os.listdir(self.folder)):
                if entry.endswith(FAILED):
                    yield entry.removesuffix(FAILED), entry

    def _settle_results(self, job: Job) -> Iterable[str]:
        """Publish the accepted attempt's result; delete those that can no longer be accepted."""
        for path in sorted(self.results.glob(f"{job.name}.*")):
            ours = path.name == f"{job.name}.{job.attempt}"
            if ours and job.status is Status.PROCESSED:
                yield from self._publish(path, self.folder / (job.name + PROCESSED))
            elif not (ours and job.status is Status.PROCESSING):
                yield from _delete(path)

    def _publish(self, result: Path, target: Path) -> Iterable[str]:
        irregular = [path for path in (result, target) if _is_irregular(path)]
        if not irregular:
            os.replace(result, target)
            self._sync(target.parent)
        yield from map(_left_alone, irregular)

    def _rename(self, source: Path, target: Path) -> Iterable[str]:
        if _exists(source) and _exists(target):
            yield f"{source.name} stays: {target.name} is there as well"
        elif _is_irregular(source):
            yield _left_alone(source)
        elif _exists(source):
            source.rename(target)
            self._sync(target.parent)

    def _write(self, path: Path, content: bytes, flag: int) -> None:
        """Make a whole file, or none."""
        flags = os.O_WRONLY | os.O_CREAT | flag | _NOFOLLOW | _NONBLOCK | _BINARY
        descriptor = os.open(path, flags, 0o666)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                if self.durable:
                    os.fsync(file.fileno())
            self._sync(path.parent)
        except OSError:
            _unlink(path)
            raise

    def _sync(self, folder: Path) -> None:
        """Make renames and new names in a folder durable, where folders can be synced."""
        if self.durable and os.name == "posix":
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _open_to_read(path: str, flags: int) -> int:
    return os.open(path, flags | _NOFOLLOW | _NONBLOCK)


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def _is_irregular(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _delete(path: Path) -> Iterable[str]:
    if _is_irregular(path):
        yield _left_alone(path)
    else:
        _unlink(path)


def _left_alone(path: Path) -> str:
    return f"{path.name} is no regular file and was left alone"


def _unlink(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


@contextlib.contextmanager
def _passing(path: Path) -> Iterator[None]:
    """An operating system's refusal as an error that a role waits out."""
    try:
        yield
    except OSError as error:
        raise FilesUnavailable(f"{path}: {error.strerror or error}") from error
