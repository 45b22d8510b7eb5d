"""The queue in one SQLite file."""

from rinq.queue.sqlite.queue import PersistentQSQLite

__all__ = ["PersistentQSQLite"]
