"""A job that always fails is tried for ever.

Met in litequeue's retry and persist-queue's nack. Shown by retries-end.
"""

from __future__ import annotations

from rinq.judge.gallery.reference import Claim, ReferenceQueue


class UncountedRetryQueue(ReferenceQueue):
    """``fail`` does not count how often the job has failed."""

    def fail(self, claim: Claim, error: str, n_tries: int) -> None:
        self.settle(claim, "UPDATE jobs SET status = 'waiting', error = ?", error)
