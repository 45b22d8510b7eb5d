"""The more jobs are done, the longer a claim takes.

Met in persist-queue's AckQueue, until clear_acked_data is called. Shown by cost.
"""

from __future__ import annotations

from rinq.judge.gallery.reference import ReferenceQueue


class UnindexedQueue(ReferenceQueue):
    """No index leads past the finished jobs: each claim looks at all of them."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.change("DROP INDEX IF EXISTS unfinished")
