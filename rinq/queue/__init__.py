"""What is stored, and who may change it."""

from rinq.queue.base import PersistentQ
from rinq.queue.model import (
    ATTEMPT_ENDS,
    CLOCK_EVENTS,
    MOVES,
    SETTLED,
    START,
    UNSETTLED,
    Claim,
    Cursor,
    Event,
    Job,
    ProcessEvent,
    ProcessRow,
    Role,
    Status,
    Transition,
    TransitionKind,
)
from rinq.queue.opening import ARCHIVE, open_queue
from rinq.queue.parts import (
    LiveSettings,
    ProcessRegistry,
    QueueArchive,
    QueueClock,
    QueueHistory,
)
from rinq.queue.sqlite import PersistentQSQLite

__all__ = [
    "ARCHIVE",
    "ATTEMPT_ENDS",
    "CLOCK_EVENTS",
    "MOVES",
    "SETTLED",
    "START",
    "UNSETTLED",
    "Claim",
    "Cursor",
    "Event",
    "Job",
    "LiveSettings",
    "PersistentQ",
    "PersistentQSQLite",
    "ProcessEvent",
    "ProcessRegistry",
    "ProcessRow",
    "QueueArchive",
    "QueueClock",
    "QueueHistory",
    "Role",
    "Status",
    "Transition",
    "TransitionKind",
    "open_queue",
]
