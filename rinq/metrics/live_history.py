"""A queue's history as a live view follows it: read in pieces, and bounded in memory."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

import numpy as np
import pandas as pd

from rinq.metrics.frames import coded, frame, status_counts
from rinq.metrics.sample import JobSample
from rinq.queue import START, Cursor, PersistentQ, Status, Transition, TransitionKind

KIND = attrgetter("event", "from_status", "to_status", "attempt")
NAMES = ("actor", "process")
PAGE = 50_000  # rows fetched at once
MIN_ROWS = 20_000  # in memory, if there are so many, for when the window grows
MAX_ROWS = 100_000  # in memory, however long the window


class LiveHistory:
    """The latest part of a queue's history, of which each ``read`` fetches only what is new.

    ``transitions`` has the columns of the table, ``counts`` is its ``status_counts`` and
    ``totals`` its last row; ``tally`` counts every entry since the first by its kind. All
    three are exact, whatever was dropped. ``sample`` is a ``JobSample`` of the whole.
    """

    def __init__(self) -> None:
        self.cursor: Cursor = START
        self.last: Transition | None = None  # the entry there
        self.totals = dict.fromkeys(Status, 0)
        self.tally: Counter[TransitionKind] = Counter()
        self.sample = JobSample()
        self.transitions = coded(frame([], Transition)).astype(dict.fromkeys(NAMES, "category"))
        self.counts = status_counts(self.transitions)

    def read(self, queue: PersistentQ, since: float) -> None:
        """Fetch what is new, and drop what is older than the queue time ``since``.

        If the database is another one, all is read anew.
        """
        if not queue.history.gave(self.cursor):
            LiveHistory.__init__(self)
        self._skip(queue, since)
        while rows := queue.history.transitions(self.cursor, PAGE):
            new = self._coded(rows)
            counts = status_counts(new, self.totals)
            if len(counts):
                self.totals = {status: int(counts[status.value].iloc[-1]) for status in Status}
            self.tally.update(map(KIND, rows))
            self.sample.add(new)
            self.transitions = _latest(pd.concat([self.transitions, new]), since)
            self.counts = _latest(pd.concat([self.counts, counts]), since)
            self.cursor, self.last = queue.history.cursor(rows[-1]), rows[-1]

    def _coded(self, rows: list[Transition]) -> pd.DataFrame:
        """The rows as a frame that can be appended to ``transitions``: same categories."""
        new = coded(frame(rows, Transition))
        for column in NAMES:
            known = self.transitions[column].cat
            if more := sorted(set(new[column].dropna()) - set(known.categories)):
                self.transitions[column] = known.add_categories(more)
            new[column] = new[column].astype(self.transitions[column].dtype)
        return new

    def _skip(self, queue: PersistentQ, since: float) -> None:
        """Let the queue count what is new, but so old that it would be dropped at once."""
        history, known = queue.history, self.cursor
        if (until := history.newest(MIN_ROWS)) <= known:
            return
        until = max(min(until, history.position(since)), history.newest(MAX_ROWS))
        last = history.entry(until)
        if until <= known or last is None:
            return
        skipped = history.tally(known, until)
        self.tally.update(skipped)
        for (_, before, after, _), n in skipped.items():
            for status, step in ((before, -n), (after, n)):
                if status is not None:
                    self.totals[Status(status)] += step
        self.sample.restart(queue, until)
        self.cursor, self.last = until, last
        self.transitions = self._coded([last])  # so that the rows reach back to ``since``
        now = {status.value: n for status, n in self.totals.items()}
        self.counts = pd.DataFrame({"at": [last.at], **now})


def _latest(frame: pd.DataFrame, since: float) -> pd.DataFrame:
    """The rows from the last one before ``since`` on, within ``MIN_ROWS`` and ``MAX_ROWS``."""
    first = int(np.searchsorted(frame["at"].to_numpy(), since)) - 1
    first = max(0, min(first, len(frame) - MIN_ROWS), len(frame) - MAX_ROWS)
    return frame.iloc[first:].reset_index(drop=True)
