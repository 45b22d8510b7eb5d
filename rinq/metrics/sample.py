"""A sample of the jobs, picked by their id, from which the times of a long run are estimated."""

from __future__ import annotations

import contextlib

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from rinq.errors import UnknownJob
from rinq.metrics.frames import coded, frame
from rinq.metrics.visits import MOVE_COLUMNS
from rinq.queue import Cursor, PersistentQ, Transition

MOST_JOBS = 4096
MOST_IDS = 3 * MOST_JOBS  # a job takes the id of its first entry, so about a third are jobs'
COLUMNS = ["id", "attempt", *MOVE_COLUMNS]


class JobSample:
    """The whole histories of all jobs, or, when they are many, of a fair share of them.

    Whether a job belongs to it is decided by a hash of its id, so all of its entries do or none.
    When there are more than ``MOST_JOBS``, the share is halved.

    ``transitions`` has the columns of the table that ``job_times`` needs; ``share`` is the share
    of the jobs that are in it, above 0, at most 1.
    """

    def __init__(self) -> None:
        self.share = 1.0
        self.transitions = coded(frame([], Transition))[COLUMNS]

    def add(self, transitions: pd.DataFrame) -> None:
        """Take in the next entries of the history."""
        new = transitions[COLUMNS][_spread(transitions["job_id"]) < self.share]
        self.transitions = pd.concat([self.transitions, new])
        while self.transitions["job_id"].nunique() > MOST_JOBS:
            self.share /= 2
            picked = _spread(self.transitions["job_id"]) < self.share
            self.transitions = self.transitions[picked]

    def restart(self, queue: PersistentQ, until: Cursor) -> None:
        """Begin anew with the history up to a cursor, reading only the jobs that are picked."""
        JobSample.__init__(self)
        highest = 1
        while queue.jobs(after=highest, limit=1):
            highest *= 2
        ids = np.arange(1, highest + 1)
        while len(ids) > MOST_IDS:
            self.share /= 2
            ids = ids[_spread(ids) < self.share]
        rows: list[Transition] = []
        for job_id in ids.tolist():
            with contextlib.suppress(UnknownJob):
                entries = queue.history.of(queue.job_by_id(job_id).name)
                rows += (row for row in entries if queue.history.cursor(row) <= until)
        rows.sort(key=queue.history.cursor)
        self.add(coded(frame(rows, Transition)))


def _spread(ids: ArrayLike) -> NDArray[np.float64]:
    """For each id a number from 0 to 1, evenly spread and always the same.

    Source: SplitMix64; Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, 2014.
    """
    z = np.asarray(ids, dtype="uint64") * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    spread: NDArray[np.float64] = (z ^ (z >> np.uint64(31))) / 2.0**64
    return spread
