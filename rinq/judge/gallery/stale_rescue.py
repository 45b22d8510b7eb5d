"""A job that is completed in the middle of a rescue is handed out again.

Met in River (#1302). Shown by finished.
"""

from __future__ import annotations

import time

from rinq.judge.gallery.reference import N_REASSIGNS, ReferenceQueue


class StaleRescueQueue(ReferenceQueue):
    """``reassign`` changes the jobs that were late when it looked, whatever they are by now."""

    def reassign(self, process: str) -> None:
        late = self.change(
            "SELECT id FROM jobs WHERE status = 'claimed' AND lease_until < ?", time.time()
        )
        for row in late:
            self.change(
                "UPDATE jobs SET status = iif(reassigns + 1 >= ?, 'failed', 'waiting'), "
                "reassigns = reassigns + 1 WHERE id = ?",
                N_REASSIGNS,
                row[0],
            )
