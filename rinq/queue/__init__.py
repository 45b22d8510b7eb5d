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
from rinq.queue.opening import open_queue
from rinq.queue.parts import LiveSettings, ProcessRegistry, QueueClock, QueueHistory
from rinq.queue.sqlite import PersistentQSQLite

__all__ = [
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
    "QueueClock",
    "QueueHistory",
    "Role",
    "Status",
    "Transition",
    "TransitionKind",
    "open_queue",
]
