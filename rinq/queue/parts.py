"""The parts of a queue beside its verbs: its history, its clock, its settings, its processes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from rinq.queue.model import START, Cursor, ProcessEvent, ProcessRow, Transition, TransitionKind


class QueueHistory(ABC):
    """Reading the history: every move of every job, and every refused or illegal act.

    A ``Cursor`` says how far somebody has read. It is taken from one call and given to
    another, never made or changed by the reader; cursors compare in the order of reading.
    """

    @abstractmethod
    def of(self, name: str) -> list[Transition]:
        """Everything that happened to one job, in order. Raises: UnknownJob."""

    @abstractmethod
    def transitions(self, after: Cursor = START, limit: int | None = None) -> list[Transition]:
        """The entries after a cursor, in order of reading; none is ever left out."""

    @abstractmethod
    def cursor(self, transition: Transition) -> Cursor:
        """The cursor of a reader that has read up to this entry, it included."""

    @abstractmethod
    def gave(self, cursor: Cursor) -> bool:
        """Whether a cursor is of this database, and not of another that was in its place."""

    @abstractmethod
    def entry(self, cursor: Cursor) -> Transition | None:
        """The entry that a cursor was taken from; None if it is not there."""

    @abstractmethod
    def newest(self, back: int = 0) -> Cursor:
        """The cursor before the ``back`` newest entries; ``START`` if there are fewer."""

    @abstractmethod
    def position(self, at: float) -> Cursor:
        """The cursor of the last entry before the queue time ``at``; ``START`` if there is none."""

    @abstractmethod
    def tally(self, after: Cursor = START, until: Cursor | None = None) -> Counter[TransitionKind]:
        """How often each kind of entry stands after one cursor, up to another or to the end.

        From ``START`` on, entries that went to an archive are counted too.
        """

    @abstractmethod
    def expected(self) -> int | None:
        """How many entries there must be, if none was taken out by hand; None in an archive."""

    @abstractmethod
    def by_job(self) -> Iterator[Transition]:
        """The whole history job by job: by rising job id, number and id; in a snapshot."""


class QueueArchive(ABC):
    """Settled jobs that were taken out with their whole history; their names stay taken."""

    @abstractmethod
    def count(self) -> int:
        """How many jobs were taken out."""

    @abstractmethod
    def names(self) -> list[str]:
        """Their names, sorted."""

    @abstractmethod
    def among(self, names: Iterable[str]) -> set[str]:
        """Those of the names whose jobs were taken out."""

    @abstractmethod
    def prune(
        self, before: float, target: Path | None, *, spare: Collection[str] = ()
    ) -> Iterator[int]:
        """Take out the jobs that were processed or cleaned before a queue time.

        Each step is a short transaction, and yields how many jobs it took. A step that is
        interrupted at any point can be repeated: what is taken out here is durable there.
        The job that moved last stays, so that no id is ever given twice.

        Args:
            target: the database that they go to, made where there is none; it can be opened
                as a queue, and only read. None drops them.
            spare: names of jobs that stay.

        Raises:
            UsedArchive: the target is not an archive of this queue. Nothing was moved.
        """


class QueueClock(ABC):
    """Queue time: the one time in which leases, waits and the history are counted."""

    @abstractmethod
    def now(self) -> float:
        """Queue seconds; never below the last recorded time."""

    @abstractmethod
    def latest(self) -> float:
        """The latest queue time that anything recorded by now can have.

        Times after it were written by hand. Where the system has no clock but one that can be
        set, only those that queue time does not follow at all are known to be.
        """

    @property
    @abstractmethod
    def speed(self) -> float:
        """Queue seconds per real second."""

    @abstractmethod
    def set_speed(self, speed: float) -> None:
        """Let queue time advance at another rate from now on, without a jump."""

    @abstractmethod
    def shift(self, seconds: float) -> None:
        """A fault: set queue time forward (back, if negative); recorded as ``clock``.

        Forward, ``now`` jumps by so many queue seconds, and leases lapse early. Back, it
        falls to the last recorded time at most, and goes on from there.
        """

    @abstractmethod
    def correct(self) -> list[str]:
        """Compare the clocks that queue time runs on, and put right what is wrong.

        Within one boot of the system a change of the wall clock moves nothing. After
        another boot queue time goes on by the wall clock, and leases may lapse. Queue time
        that is behind the last entry of the history goes on from there. Each is recorded,
        as ``wall clock``, ``reboot`` or ``clock behind``. Returns a sentence for each.
        """


class LiveSettings(ABC):
    """What can be changed while processes run: dotted config names, and ``paused``."""

    @abstractmethod
    def read(self) -> dict[str, object]:
        """The settings that are in force, by key."""

    @abstractmethod
    def change(self, changes: Mapping[str, object | None]) -> None:
        """Set each key to its value; None removes it. All or nothing.

        Raises:
            ConfigError: a key cannot be changed while processes run, or a value is out of
                range, also together with the others that are set.
        """


class ProcessRegistry(ABC):
    """The processes that work on the queue, and what was done to them."""

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
        """Note that the process is up."""

    @abstractmethod
    def request_stop(self, name: str, incarnation: int) -> None:
        """Ask the process to end; it checks several times a second."""

    @abstractmethod
    def stop_requested(self, name: str, incarnation: int) -> bool:
        """Whether this incarnation should end: it was asked to, replaced or forgotten.

        Raises:
            DatabaseReplaced: this is not the queue any more.
        """

    @abstractmethod
    def ended(self, name: str, incarnation: int, outcome: str) -> None:
        """The process has ended: stopped, killed or crashed. The first recorded outcome wins."""

    @abstractmethod
    def record_cycle(self, name: str, began: float, ended: float) -> None:
        """The role completed a poll cycle; nothing happens if the name is not registered."""

    @abstractmethod
    def forget(self, name: str, incarnation: int) -> None:
        """Drop the row of a process that has ended."""

    @abstractmethod
    def processes(self) -> list[ProcessRow]:
        """Every name ever started and not forgotten, by name."""

    @abstractmethod
    def record_event(self, process: str | None, event: str, detail: str | None = None) -> None:
        """Note something done to a process, or to all (None), for charts and audit."""

    @abstractmethod
    def process_events(self, after: int = 0) -> list[ProcessEvent]:
        """What was done to processes, by rising id, from the first id above ``after``."""
