"""A job that waited for long is taken back the moment it is claimed.

Met in plainjob. Shown by live-claim.
"""

from __future__ import annotations

import time

from rinq.judge.gallery.reference import Claim, ReferenceQueue


class LeaseFromDueTimeQueue(ReferenceQueue):
    """The lease runs from when the job was due (``lease_until`` before its first claim)."""

    def submit(self, name: str) -> None:
        self.change("INSERT INTO jobs (name, lease_until) VALUES (?, ?)", name, time.time())

    def claim(self, process: str, lease: float) -> Claim | None:
        rows = self.change(
            "UPDATE jobs SET status = 'claimed', attempt = attempt + 1, "
            "lease_until = lease_until + ? "
            "WHERE id = (SELECT id FROM jobs WHERE status = 'waiting' ORDER BY id LIMIT 1) "
            "RETURNING id, name, attempt",
            lease,
        )
        return Claim(*rows[0]) if rows else None
