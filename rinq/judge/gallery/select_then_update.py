"""Two processes take one job.

Met in persist-queue's AckQueue (#132). Shown by one-claim.
"""

from __future__ import annotations

import time

from rinq.judge.gallery.reference import Claim, ReferenceQueue


class SelectThenUpdateQueue(ReferenceQueue):
    """``claim`` looks first and takes then: between the two, another process looks too."""

    def claim(self, process: str, lease: float) -> Claim | None:
        rows = self.change(
            "SELECT id, name, attempt + 1 FROM jobs WHERE status = 'waiting' ORDER BY id LIMIT 1"
        )
        if not rows:
            return None
        self.change(
            "UPDATE jobs SET status = 'claimed', attempt = attempt + 1, lease_until = ? "
            "WHERE id = ?",
            time.time() + lease,
            rows[0][0],
        )
        return Claim(*rows[0])
