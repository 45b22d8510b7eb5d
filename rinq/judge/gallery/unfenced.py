"""A process whose job was taken back ends it for the one that holds it now.

Met in goqite, litequeue, Oban and pgqueuer. Shown by stale-completion.
"""

from __future__ import annotations

from rinq.judge.gallery.reference import Claim, ReferenceQueue


class UnfencedQueue(ReferenceQueue):
    """``complete`` and ``fail`` ask for the job's id alone, whoever holds it, if anybody."""

    def settle(self, claim: Claim, update: str, *values: object) -> None:
        self.change(f"{update} WHERE id = ?", *values, claim.id)
