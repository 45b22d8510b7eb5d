"""A rescuer that is killed stops all rescue after it.

Met in procrastinate (#1408). Shown by lapsed-claim.
"""

from __future__ import annotations

from rinq.judge.gallery.reference import ReferenceQueue


class StalledRescuerQueue(ReferenceQueue):
    """``reassign`` holds a lock that has no lease of its own, and that nobody takes back."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.change("CREATE TABLE IF NOT EXISTS rescuer (one INTEGER PRIMARY KEY)")

    def reassign(self, process: str) -> None:
        if self.change("INSERT OR IGNORE INTO rescuer VALUES (1) RETURNING one"):
            super().reassign(process)
            self.change("DELETE FROM rescuer")
