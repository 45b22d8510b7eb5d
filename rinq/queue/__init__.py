"""What is stored, and who may change it."""

from rinq.queue.base import PersistentQ
from rinq.queue.model import (
    MOVES,
    SETTLED,
    Claim,
    Event,
    Job,
    ProcessEvent,
    ProcessRow,
    Role,
    Status,
    Transition,
    TransitionKind,
)
from rinq.queue.sqlite import PersistentQSQLite, open_queue

__all__ = [
    "MOVES",
    "SETTLED",
    "Claim",
    "Event",
    "Job",
    "PersistentQ",
    "PersistentQSQLite",
    "ProcessEvent",
    "ProcessRow",
    "Role",
    "Status",
    "Transition",
    "TransitionKind",
    "open_queue",
]
