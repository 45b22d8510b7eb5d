"""What the queue stores: jobs, claims, the history of moves, processes; and the legal moves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from rinq.display import shortened
from rinq.errors import ConfigError, InvalidName

_JOB_NAME = re.compile(r"[A-Za-z0-9_-]{10}")
_PROCESS_NAME = re.compile(r"[A-Za-z0-9-]{1,40}")


class Status(StrEnum):
    UNPROCESSED = "unprocessed"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    CLEANED = "cleaned"


class Role(StrEnum):
    PRODUCER = "producer"
    CONSUMER = "consumer"
    MANAGER = "manager"
    CLEANER = "cleaner"


SETTLED = frozenset({Status.PROCESSED, Status.FAILED, Status.CLEANED})
UNSETTLED = frozenset(Status) - SETTLED


class Event(StrEnum):
    SUBMIT = "submit"
    CLAIM = "claim"
    COMPLETE = "complete"
    RETRY = "retry"
    FAIL = "fail"
    REASSIGN = "reassign"
    CANCEL = "cancel"
    RELEASE = "release"
    CLEAN = "clean"
    REDRIVE = "redrive"
    ILLEGAL = "illegal"
    REFUSED = "refused"


MOVES: frozenset[tuple[Event, Status | None, Status]] = frozenset(
    {
        (Event.SUBMIT, None, Status.UNPROCESSED),
        (Event.CLAIM, Status.UNPROCESSED, Status.PROCESSING),
        (Event.COMPLETE, Status.PROCESSING, Status.PROCESSED),
        (Event.RETRY, Status.PROCESSING, Status.UNPROCESSED),
        (Event.FAIL, Status.PROCESSING, Status.FAILED),
        (Event.REASSIGN, Status.PROCESSING, Status.UNPROCESSED),
        (Event.REASSIGN, Status.PROCESSING, Status.FAILED),
        (Event.RELEASE, Status.PROCESSING, Status.UNPROCESSED),
        (Event.CANCEL, Status.UNPROCESSED, Status.FAILED),
        (Event.CANCEL, Status.PROCESSING, Status.FAILED),
        (Event.CLEAN, Status.FAILED, Status.CLEANED),
        (Event.REDRIVE, Status.FAILED, Status.UNPROCESSED),
    }
)
"""Every legal (event, from, to). The trigger in ``triggers.sql`` has the same list."""

ATTEMPT_ENDS = (Event.COMPLETE, Event.RETRY, Event.FAIL, Event.REASSIGN)
"""The events that end an attempt and count; a release or a cancel does too, but is not counted."""


@dataclass(frozen=True, slots=True)
class Job:
    """One row of ``jobs``. Times are queue seconds.

    ``attempt`` counts claims and is never reset; ``tries`` counts executions that
    ended in error or out of time; ``reassigns`` counts claims that the Manager took
    back. ``process`` and ``lease_until`` are set while a claim holds the job.
    ``event``, ``actor``, ``at``, ``judged_by_limit`` and ``error`` are those of the last move.
    ``due`` is the time from which it may be claimed. Of the jobs that wait, the one with the
    least ``due``, then the least ``queue_position``, is next. ``checksum`` is that of the
    result. ``entries`` is how many entries the job's history has, ``last_entry`` the id of
    the newest.
    """

    id: int
    name: str
    status: Status
    attempt: int
    tries: int
    reassigns: int
    process: str | None
    since: float
    lease_until: float | None
    queue_position: int
    due: float
    checksum: str | None
    entries: int
    last_entry: int | None
    event: str
    actor: str | None
    at: float
    judged_by_limit: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """One consumer's hold on one job; ``attempt`` is its number and its fence."""

    job_id: int
    name: str
    attempt: int
    process: str


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the history: a move, an ``illegal`` change or a ``refused`` act.

    ``number`` counts the entries of one job: 1, 2, 3, …, and ``previous`` is the id of the
    one before, so that a missing one shows.
    ``due`` and ``checksum`` are the job's after the move.
    """

    id: int
    job_id: int
    number: int
    previous: int | None
    event: str
    from_status: str | None
    to_status: str | None
    at: float
    actor: str | None
    process: str | None
    attempt: int
    judged_by_limit: int | None
    due: float | None
    checksum: str | None
    error: str | None


Cursor = NewType("Cursor", tuple[int, ...])
"""How far a reader of the history has come; see ``QueueHistory``."""

START = Cursor(())
"""The cursor of a reader that has read nothing yet."""

TransitionKind = tuple[str, str | None, str | None, int]
"""The event, from_status, to_status and attempt of an entry of the history."""


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """One row of ``processes``: the latest incarnation of a name.

    ``started`` is the operating system's start time of ``pid`` (see
    ``rinq.queue.liveness.start_time``). ``registered``, ``ready``, ``stop_requested`` and
    ``ended`` are real Unix seconds; ``cycle_began`` and ``cycle_ended``, the last completed
    poll cycle, are queue seconds. ``owned`` processes end with the program that started
    them. ``outcome`` is how the process ended, if it has.
    """

    name: str
    role: str
    pid: int
    started: float
    host: str
    incarnation: int
    owned: bool
    registered: float
    ready: float | None
    stop_requested: float | None
    ended: float | None
    outcome: str | None
    cycle_began: float | None
    cycle_ended: float | None


@dataclass(frozen=True, slots=True)
class ProcessEvent:
    """Something done to a process, for charts and audit: a kill, a freeze, a thaw, a fault."""

    id: int
    at: float
    process: str | None
    event: str
    detail: str | None


CLOCK_EVENTS = ("clock", "wall clock", "reboot", "clock behind")
"""The process events about queue time: set by a fault, or as ``QueueClock.correct`` says."""


def is_job_name(name: object) -> bool:
    """Whether this is exactly 10 characters of ``[A-Za-z0-9_-]``."""
    return isinstance(name, str) and _JOB_NAME.fullmatch(name) is not None


def check_job_name(name: object) -> str:
    """The name itself.

    Raises:
        InvalidName: it is no job name.
    """
    if not isinstance(name, str) or not is_job_name(name):
        raise InvalidName(shortened(name))
    return name


def check_process_name(name: str, role: str = "process") -> str:
    """The name itself.

    Raises:
        ConfigError: it is empty, too long, or has other than letters, digits and dash.
    """
    if not name:
        raise ConfigError(f"A {role} needs a name: letters, digits, dash.")
    if not _PROCESS_NAME.fullmatch(name):
        raise ConfigError(f"{name!r:.60} is not a name: letters, digits and dash, at most 40.")
    return name
