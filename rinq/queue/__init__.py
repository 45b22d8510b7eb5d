"""What is stored, and who may change it."""

from rinq.queue.base import PersistentQ
from rinq.queue.model import (
    MOVES,
    SETTLED,
    Claim,
    Event,
    Job,
    Kind,
    Mark,
    ProcessRow,
    Role,
    Status,
    Transition,
)
from rinq.queue.sqlite import PersistentQSQLite, open_queue

__all__ = [
    "MOVES",
    "SETTLED",
    "Claim",
    "Event",
    "Job",
    "Kind",
    "Mark",
    "PersistentQ",
    "PersistentQSQLite",
    "ProcessRow",
    "Role",
    "Status",
    "Transition",
    "open_queue",
]
