"""Which queue a room is connected to, and the fleets that start processes on it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from rinq.config import Config
from rinq.fleet.fleet import Fleet
from rinq.room.confined import load_within
from rinq.room.snapshot import SnapshotReader
from rinq.room.state import RoomState, ViewOptions

_newest: dict[Path, RoomConnection] = {}  # by database: the one whose room is kept up to date


class RoomConnection:
    """The connection of one room to its queue; every method may be called in any thread.

    Args:
        config: a ``Config``, or the path of a config file, or None for ``config.yaml``.
        on_replaced: called when a newer room connects to the queue of this one.
        within: another config is only opened where it lies, with its files, below this folder.
    """

    def __init__(
        self,
        config: Config | Path | str | None,
        on_replaced: Callable[[], None],
        within: Path | None = None,
    ) -> None:
        self._config = config
        self._on_replaced = on_replaced
        self._within = within
        self._reader: SnapshotReader | None = None
        self._keeping: Fleet | None = None  # starts processes that outlive this program
        self._former: list[Fleet] = []
        self._lock = threading.Lock()
        self.closed = self.replaced = False

    def reader(self) -> SnapshotReader:
        """The reader of the queue; the config is read when this is first called.

        Raises: ConfigError.
        """
        with self._lock:
            return self._reader or self._connect(SnapshotReader(Fleet(_load(self._config))))

    def fleet(self, *, keep: bool = False) -> Fleet:
        """The fleet of the queue; with ``keep`` the processes it starts outlive this program.

        Raises: ConfigError.
        """
        fleet = self.reader().fleet
        if not keep:
            return fleet
        if self._keeping is None or self._keeping.config is not fleet.config:
            self._keeping = Fleet(fleet.config, keep=True)
        return self._keeping

    def open(self, path: str) -> RoomState:
        """Connect to the queue of another config file ('' for ``config.yaml``).

        Returns: what the queue holds.

        Raises: ConfigError, DatabaseError: nothing has changed.
        """
        reader = SnapshotReader(Fleet(self._load_other(path or None)))
        state = reader.read(ViewOptions())
        with self._lock:
            if self._reader is not None:
                self._former.append(self._reader.fleet)
            self._connect(reader)
        return state

    @property
    def database(self) -> Path | None:
        """The database of the queue; None before a config was read."""
        return self._reader.fleet.config.database if self._reader else None

    def close(self) -> None:
        """Stop the processes that were started here; may be called again."""
        self.closed = True
        for fleet in self._former:
            fleet.close()
        if self._reader is not None:
            self._reader.fleet.close()

    def _load_other(self, path: str | None) -> Config:
        named = isinstance(self._config, str | Path) and Path(self._config).absolute()
        if self._within is None or Path(path or "config.yaml").absolute() == named:
            return Config.load(path)  # named where the room was made, by its owner
        return load_within(path, self._within)

    def _connect(self, reader: SnapshotReader) -> SnapshotReader:
        self._reader = reader
        database = reader.fleet.config.database
        earlier = _newest.get(database)
        _newest[database] = self
        if earlier is not None and earlier is not self:
            earlier._replace(database)
        return reader

    def _replace(self, database: Path) -> None:
        if self.database == database and not self.closed:
            self.replaced = True
            self._on_replaced()


def _load(config: Config | Path | str | None) -> Config:
    return config if isinstance(config, Config) else Config.load(config)
