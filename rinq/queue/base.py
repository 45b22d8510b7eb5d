"""What every queue backend does: the abstract base that the roles are written against."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from rinq.queue.model import Claim, Job, Status
from rinq.queue.parts import (
    LiveSettings,
    ProcessRegistry,
    QueueArchive,
    QueueClock,
    QueueHistory,
)


class PersistentQ(ABC):
    """A durable queue of job names, with the history of every job.

    Each verb that moves a job is one write transaction, guarded by the status it
    moves from and, where a claim is held, by the claim's attempt. A refused act on a
    job that exists is kept in the history as ``refused`` before it is raised.
    ``process`` names who acts. Times are queue seconds.

    Every verb may raise ``Unavailable`` (locked too long, disk full): then nothing
    was moved, or, at worst, the move was committed and its answer lost; repeating is safe.
    ``DatabaseReplaced``: the database was deleted or replaced; nothing was moved.

    Its parts are ``history``, ``clock``, ``settings``, ``registry`` and ``archive``. Used in
    a ``with`` statement it is closed at the end.
    """

    history: QueueHistory
    clock: QueueClock
    settings: LiveSettings
    registry: ProcessRegistry
    archive: QueueArchive

    @property
    @abstractmethod
    def identity(self) -> str:
        """What tells this queue from every other one, for as long as it exists."""

    # Moves

    @abstractmethod
    def submit(self, name: str, process: str | None = None, *, delay: float = 0.0) -> Job:
        """Add a job; its file must be complete on disk. Returning means that it is durable.

        It may be claimed in ``delay`` seconds.

        Guard: the name was never used. Raises: InvalidName, NameUsed (nothing is written).
        """

    @abstractmethod
    def submit_many(
        self, names: Sequence[str], process: str | None = None, *, delay: float = 0.0
    ) -> int:
        """Add all of these jobs, in this order, or none. Returns their number.

        Guard and errors as ``submit``; a name that stands twice in ``names`` is NameUsed.
        """

    @abstractmethod
    def claim(self, process: str, lease: float = 60) -> Claim | None:
        """Take the job that has waited longest, for ``lease`` seconds; None if none waits.

        Guard: it is unprocessed, and due. No two claims ever take the same attempt.
        """

    @abstractmethod
    def complete(self, claim: Claim, checksum: str | None = None) -> None:
        """The work is done: processing → processed. ``checksum`` is the SHA-256 of its result.

        Guard: the claim still holds the job, however late. Raises: StaleClaim, UnknownJob.
        Repeating what this attempt already did returns and writes nothing.
        """

    @abstractmethod
    def complete_and_claim(
        self, claim: Claim, lease: float = 60, checksum: str | None = None
    ) -> Claim | None:
        """``complete``, and ``claim`` by the same process, in one transaction.

        Guard and errors as ``complete``: where it raises, nothing was claimed. Repeated, it
        returns the claim that was made with that completion while it still holds its job,
        else None, and never claims anew.
        """

    @abstractmethod
    def fail(self, claim: Claim, error: str, n_tries: int, *, delay: float = 0.0) -> Status:
        """The execution ended in ``error``: back to unprocessed, or to failed at the last try.

        It may be claimed again in ``delay`` seconds.

        Guard, errors and repetition as ``complete``. Returns the status it led to:
        failed when this was execution number ``n_tries`` or later since submit or redrive.
        """

    @abstractmethod
    def release(self, claim: Claim) -> None:
        """Hand the job back unfinished: processing → unprocessed; not counted as a try.

        Guard, errors and repetition as ``complete``.
        """

    @abstractmethod
    def renew(self, claim: Claim, lease: float = 60) -> None:
        """Hold the job until ``lease`` seconds from now; never shortens a lease.

        Guard as ``complete``. Raises: StaleClaim, UnknownJob.
        """

    @abstractmethod
    def reassign(self, process: str, n_reassigns: int = 5) -> list[Job]:
        """Take back every claim whose lease is over. Returns those jobs, after the move.

        Guard: processing, and ``lease_until`` before now, checked again in each move.
        Each goes back to unprocessed, or to failed when it is taken back for the
        ``n_reassigns``-th time since submit or redrive.
        """

    @abstractmethod
    def cancel(self, name: str, process: str, reason: str) -> Job:
        """Give up a job that is not settled: unprocessed or processing → failed.

        A claim that held it is stale from then on. Not counted as a try.

        Guard: it is unprocessed or processing. Raises: IllegalMove, UnknownJob.
        """

    @abstractmethod
    def clean(self, name: str, process: str) -> Job:
        """Give up a failed job, so that its file may be deleted: failed → cleaned.

        Guard: it is failed. Raises: IllegalMove, UnknownJob.
        """

    @abstractmethod
    def redrive(self, name: str, process: str) -> Job:
        """Let a failed job be tried again: failed → unprocessed, tries and reassigns from 0.

        Guard: it is failed. Raises: IllegalMove, UnknownJob.
        """

    @abstractmethod
    def hold(self, name: str) -> AbstractContextManager[Job]:
        """The job's lock for work on its files, with the row as read under it.

        Nobody can move the job inside the ``with`` block. Raises: UnknownJob.
        """

    # Reading

    @abstractmethod
    def counts(self) -> dict[Status, int]:
        """How many jobs are in each status; all five are there."""

    @abstractmethod
    def job(self, name: str) -> Job:
        """The job of this name. Raises: UnknownJob."""

    @abstractmethod
    def job_by_id(self, job_id: int) -> Job:
        """The job of this id. Raises: UnknownJob."""

    @abstractmethod
    def jobs(
        self, status: Status | None = None, *, after: int = 0, limit: int | None = None
    ) -> list[Job]:
        """Jobs by rising id, from the first id above ``after``; all, or those of a status."""

    @abstractmethod
    def before_newest(self, n: int, status: Status | None = None) -> int:
        """The id after which come the ``n`` newest jobs, of all or of a status; 0 if no more."""

    @abstractmethod
    def next_due(self) -> float | None:
        """The queue time from which the next unprocessed job may be claimed; None without one."""

    @abstractmethod
    def save(self, path: Path | str) -> None:
        """Write a copy of all of it to a new file. Raises: DatabaseError: the file is there."""

    @abstractmethod
    def check_integrity(self) -> None:
        """Check that what is stored can be read, and indexes agree with tables.

        Raises:
            CorruptDatabase: with the first damage that was found, and what to do.
        """

    # Transactions

    @abstractmethod
    def exclusive(self) -> AbstractContextManager[None]:
        """Nobody else writes to the queue, or works on files, inside the ``with`` block."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[None]:
        """All reads inside the ``with`` block are of the moment at which it began.

        Others go on writing meanwhile; no verb that writes may be called inside.
        """

    # Life

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
