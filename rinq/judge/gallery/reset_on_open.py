"""A process that starts takes the jobs of all that are at work.

Met in persist-queue's auto_resume. Shown by live-claim.
"""

from __future__ import annotations

from rinq.judge.gallery.reference import ReferenceQueue


class ResetOnOpenQueue(ReferenceQueue):
    """Opening the queue takes back every claim, as if no other process could hold one."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.change("UPDATE jobs SET status = 'waiting' WHERE status = 'claimed'")
