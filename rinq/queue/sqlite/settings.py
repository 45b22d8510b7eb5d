"""Live settings, from the table ``settings``: one row a key, values as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rinq.config import check_changes
from rinq.errors import ConfigError
from rinq.queue.parts import LiveSettings
from rinq.queue.sqlite.connection import Connection


class SQLiteSettings(LiveSettings):
    """Keeps what it read until another connection has committed, or this one has changed it."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._version = -1
        self._known: dict[str, object] = {}

    def read(self) -> dict[str, object]:
        current = self._db.version()
        if current != self._version:
            self._known = {row["key"]: _value(row["value"]) for row in self._db.all("settings")}
            self._version = current
        return dict(self._known)

    def change(self, changes: Mapping[str, object | None]) -> None:
        if "speed" in changes:
            raise ConfigError("speed: this is no setting.", advice="Use queue.clock.set_speed.")
        try:
            with self._db.write() as tx:
                self._version = -1
                check_changes(changes, self.read())
                for key, value in changes.items():
                    if value is None:
                        tx.all("unset", key=key)
                    else:
                        tx.all("set", key=key, value=json.dumps(value))
        finally:  # also of a change that was not committed
            self._version = -1


def _value(text: str) -> object:
    """The value; text that is no JSON, written by hand, as it stands."""
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
