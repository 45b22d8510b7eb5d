"""Attempt 1 can end attempt 2.

Met in River and procrastinate. Shown by stale-completion.
"""

from __future__ import annotations

from rinq.judge.gallery.reference import Claim, ReferenceQueue


class StatusFenceQueue(ReferenceQueue):
    """``complete`` and ``fail`` ask whether the job is claimed, not by which attempt."""

    def settle(self, claim: Claim, update: str, *values: object) -> None:
        self.change(f"{update} WHERE id = ? AND status = 'claimed'", *values, claim.id)
