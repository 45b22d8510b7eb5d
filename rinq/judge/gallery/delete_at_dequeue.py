"""A job whose process is killed is gone.

Met in huey on SQLite (#253) and litejob. Shown by lapsed-claim.
"""

from __future__ import annotations

from rinq.judge.gallery.reference import Claim, ReferenceQueue


class DeleteAtDequeueQueue(ReferenceQueue):
    """``claim`` deletes the job's row: the claimer's memory alone knows of the job then."""

    def claim(self, process: str, lease: float) -> Claim | None:
        rows = self.change(
            "DELETE FROM jobs "
            "WHERE id = (SELECT id FROM jobs WHERE status = 'waiting' ORDER BY id LIMIT 1) "
            "RETURNING id, name, attempt + 1"
        )
        return Claim(*rows[0]) if rows else None

    def complete(self, claim: Claim) -> None:
        """Nothing is left to be changed."""

    def fail(self, claim: Claim, error: str, n_tries: int) -> None:
        if claim.attempt < n_tries:
            self.change("INSERT INTO jobs (name, attempt) VALUES (?, ?)", claim.name, claim.attempt)
