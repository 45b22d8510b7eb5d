"""A job that kills its worker circles for ever.

Met in litequeue and persist-queue. Shown by poison.
"""

from __future__ import annotations

import time

from rinq.judge.gallery.reference import ReferenceQueue


class UncountedRescueQueue(ReferenceQueue):
    """``reassign`` does not count how often it took a job back."""

    def reassign(self, process: str) -> None:
        self.change(
            "UPDATE jobs SET status = 'waiting' WHERE status = 'claimed' AND lease_until < ?",
            time.time(),
        )
