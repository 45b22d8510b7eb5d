"""What every queue backend does: the abstract base that the roles are written against."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from rinq.closing import Closing
from rinq.queue.model import (
    Claim,
    Job,
    ProcessEvent,
    ProcessRow,
    Status,
    Transition,
    TransitionKind,
)


class PersistentQ(Closing):
    """A durable queue of job names, with the history of every job.

    Each verb that moves a job is one write transaction, guarded by the status it
    moves from and, where a claim is held, by the claim's attempt. A refused act on a
    job that exists is kept in the history as ``refused`` before it is raised.
    ``process`` names who acts. Times are queue seconds.

    Every verb may raise ``Unavailable`` (locked too long, disk full): then nothing
    was moved, or, at worst, it was moved and saying so failed; repeating it is safe.
    """

    # Moves

    @abstractmethod
    def submit(self, name: str, process: str | None = None) -> Job:
        """Add a job; its file must be complete on disk. Returning means that it is durable.

        Guard: the name was never used. Raises: InvalidName, NameUsed (nothing is written).
        """

    @abstractmethod
    def submit_many(self, names: Sequence[str], process: str | None = None) -> int:
        """Add all of these jobs, in this order, or none. Returns their number.

        Guard and errors as ``submit``; a name that stands twice in ``names`` is NameUsed.
        """

    @abstractmethod
    def claim(self, process: str, lease: float = 60) -> Claim | None:
        """Take the job that has waited longest, for ``lease`` seconds; None if none waits.

        Guard: it is unprocessed. No two claims ever take the same attempt.
        """

    @abstractmethod
    def complete(self, claim: Claim) -> None:
        """The work is done: processing → processed.

        Guard: the claim still holds the job, however late. Raises: StaleClaim, UnknownJob.
        Repeating what this attempt already did returns and writes nothing.
        """

    @abstractmethod
    def fail(self, claim: Claim, error: str, n_tries: int) -> Status:
        """The execution ended in ``error``: back to unprocessed, or to failed at the last try.

        Guard, errors and repetition as ``complete``. Returns the status it led to:
        failed when this was execution number ``n_tries`` or later since submit or redrive.
        """

    @abstractmethod
    def release(self, claim: Claim) -> None:
        """Hand the job back unfinished: processing → unprocessed, counted as nothing.

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

        Guard: processing, and ``lease_until`` before now, looked at again in each move.
        Each goes back to unprocessed, or to failed when it is taken back for the
        ``n_reassigns``-th time since submit or redrive.
        """

    @abstractmethod
    def clean(self, name: str, process: str) -> Job:
        """The job is dead and to be deleted: failed → cleaned.

        Guard: it is failed. Raises: IllegalMove, UnknownJob.
        """

    @abstractmethod
    def redrive(self, name: str, process: str) -> Job:
        """Give a failed job a new life: failed → unprocessed, tries and reassigns from 0.

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
    def jobs(
        self, status: Status | None = None, *, after: int = 0, limit: int | None = None
    ) -> list[Job]:
        """Jobs by rising id, from the first id above ``after``; all, or those of a status."""

    @abstractmethod
    def transitions(self, after: int = 0, limit: int | None = None) -> list[Transition]:
        """The history by rising id, from the first id above ``after``; no id is left out."""

    @abstractmethod
    def position(self, at: float) -> int:
        """The id of the history's last entry before the queue time ``at``; 0 if there is none."""

    @abstractmethod
    def tally(self, after: int = 0, until: int | None = None) -> Counter[TransitionKind]:
        """How often each kind of entry stands in the history, among ids above ``after``.

        Up to the id ``until``, where it is given.
        """

    @abstractmethod
    def histories(
        self, after: tuple[int, int] = (0, 0), limit: int | None = None
    ) -> list[Transition]:
        """The history job by job: by rising job id, then id, above the pair ``after``."""

    @abstractmethod
    def history(self, name: str) -> list[Transition]:
        """Everything that happened to one job. Raises: UnknownJob."""

    # Time and settings

    @abstractmethod
    def now(self) -> float:
        """Queue time; never below the last recorded time."""

    @property
    @abstractmethod
    def speed(self) -> float:
        """Queue seconds per real second."""

    @abstractmethod
    def set_speed(self, speed: float) -> None:
        """Let queue time advance at another rate from now on, without a jump."""

    @abstractmethod
    def shift_clock(self, seconds: float) -> None:
        """Do to queue time what a host clock set forward does (back, if negative); marked.

        Forward, ``now`` jumps by so many queue seconds, and leases lapse early. Back, it
        falls to the last recorded time at most, and stands there until it has caught up.
        """

    @abstractmethod
    def settings(self) -> dict[str, object]:
        """What was set while processes run: dotted config names, and ``paused``."""

    @abstractmethod
    def change_settings(self, changes: Mapping[str, object | None]) -> None:
        """Set each key to its value; None removes it. All or nothing."""

    # Processes

    @abstractmethod
    def register(
        self,
        name: str,
        role: str,
        *,
        pid: int,
        started: float,
        host: str,
        owned: bool,
        alive: Callable[[ProcessRow], bool],
    ) -> int:
        """Enter a process under its name, in one transaction. Returns its incarnation.

        Guard: no process of this name is registered that ``alive`` says is running.
        Raises: AlreadyRunning.
        """

    @abstractmethod
    def ready(self, name: str, incarnation: int) -> None:
        """The process is up."""

    @abstractmethod
    def request_stop(self, name: str, incarnation: int) -> None:
        """Ask the process to end; it looks several times a second."""

    @abstractmethod
    def stop_requested(self, name: str, incarnation: int) -> bool:
        """Whether this incarnation should end: it was asked to, replaced or forgotten."""

    @abstractmethod
    def ended(self, name: str, incarnation: int, outcome: str) -> None:
        """The process has ended: stopped, killed or crashed. The first word stands."""

    @abstractmethod
    def record_cycle(self, name: str, began: float, ended: float) -> None:
        """The role completed a turn; nothing happens if the name is not registered."""

    @abstractmethod
    def forget(self, name: str, incarnation: int) -> None:
        """Drop the row of a process that has ended."""

    @abstractmethod
    def processes(self) -> list[ProcessRow]:
        """Every name ever started and not forgotten, by name."""

    @abstractmethod
    def record_event(self, process: str | None, event: str, detail: str | None = None) -> None:
        """Note something done to a process, for charts and audit."""

    @abstractmethod
    def process_events(self, after: int = 0) -> list[ProcessEvent]:
        """The marks by rising id."""

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
