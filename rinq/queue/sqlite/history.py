"""Reading the history from the table ``transitions``; a cursor is the id of an entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from rinq.errors import UnknownJob
from rinq.queue.model import START, Cursor, Transition, TransitionKind
from rinq.queue.parts import QueueHistory
from rinq.queue.sqlite.connection import NO_LIMIT, Connection

_FREQUENT: tuple[TransitionKind, ...] = (
    ("submit", None, "unprocessed", 0),
    ("claim", "unprocessed", "processing", 1),
    ("complete", "processing", "processed", 1),
)
"""The most frequent kinds of entry, which the query ``tally_first`` counts apart, for speed."""


class SQLiteHistory(QueueHistory):
    def __init__(self, db: Connection) -> None:
        self._db = db

    def of(self, name: str) -> list[Transition]:
        job = self._db.one("job", name=name)
        if job is None:
            raise UnknownJob(f"{name!r:.60}")
        rows = self._db.all("history", name=name)
        if len(rows) != job["entries"]:  # a link is missing, or it has moved meanwhile
            rows = self._db.all("history_by_scan", name=name)
        return [Transition(*row) for row in rows]

    def transitions(self, after: Cursor = START, limit: int | None = None) -> list[Transition]:
        rows = self._db.all("transitions", after=_id(after), limit=_limit(limit))
        return [Transition(*row) for row in rows]  # the table's columns, in order; twice as fast

    def cursor(self, transition: Transition) -> Cursor:
        return Cursor((self._identity, transition.id))

    def gave(self, cursor: Cursor) -> bool:
        return not cursor or cursor[0] == self._identity

    def entry(self, cursor: Cursor) -> Transition | None:
        found = self._db.one("transition", id=_id(cursor))
        return None if found is None else Transition(*found)

    def newest(self, back: int = 0) -> Cursor:
        return self._found("newest", back=back)

    def position(self, at: float) -> Cursor:
        return self._found("position", at=at)

    def tally(self, after: Cursor = START, until: Cursor | None = None) -> Counter[TransitionKind]:
        span = {"after": _id(after), "until": _id(self.newest() if until is None else until)}
        found: dict[TransitionKind, int] = {
            tuple(row)[:4]: row["n"] for row in self._db.all("tally", **span)
        }
        first = self._db.all("tally_first", **span)[0]
        counted = Counter(found | {kind: first[kind[0]] for kind in _FREQUENT})
        if not after:
            for *kind, n in self._db.all("archived_tally"):
                counted[tuple(kind)] += n
        return +counted

    def expected(self) -> int | None:
        given = self._db.all("given")[0]
        return None if given["archive_of"] else int(given["n"])

    def by_job(self) -> Iterator[Transition]:
        return (Transition(*row) for row in self._db.stream("by_job"))

    def _found(self, query: str, **values: float) -> Cursor:
        row = self._db.one(query, **values)
        return START if row is None else Cursor((self._identity, row["id"]))

    @cached_property
    def _identity(self) -> int:
        return int(self._db.run("SELECT identity FROM database")[0]["identity"], 16)


def _id(cursor: Cursor) -> int:
    return cursor[1] if cursor else 0


def _limit(limit: int | None) -> int:
    return NO_LIMIT if limit is None else limit
