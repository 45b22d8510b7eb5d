"""From a config to its queue."""

from __future__ import annotations

from rinq.config import Config
from rinq.errors import Unavailable
from rinq.folders import make_folder
from rinq.queue.base import PersistentQ
from rinq.queue.sqlite import PersistentQSQLite

ARCHIVE = ".archive"
"""What is added to a database's name for that of its archive."""


def open_queue(config: Config, *, warm: bool = False) -> PersistentQ:
    """The queue that a config names; made, with its folder, where there is none.

    Args:
        warm: for a connection that lives long: its commits are faster from the start.

    Raises:
        ForeignDatabase, CorruptDatabase, DatabaseInUse, Unavailable: it cannot be opened.

    >>> import rinq
    >>> config = rinq.Config.parse({"general": {"primary_path": "jobs"}})
    >>> with rinq.open_queue(config) as queue:  # jobs/rinq.db, below the current folder
    ...     print(queue.submit("abcdefghij").status)
    unprocessed
    """
    path, general = config.database, config.general
    try:
        if not path.exists():
            make_folder(path.parent, durable=general.durability == "full")
    except OSError as error:
        raise Unavailable(f"{path.parent}: {error.strerror}") from error
    return PersistentQSQLite(path, durability=general.durability, speed=general.speed, warm=warm)
