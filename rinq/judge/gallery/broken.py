"""Broken queues: each is the reference queue with as little changed as the flaw takes.

Read them beside ``reference.py``. Each flaw was met in a queue that people use.
"""

from __future__ import annotations

import time

from rinq.judge.gallery.reference import N_REASSIGNS, Claim, ReferenceQueue


class SelectThenUpdateQueue(ReferenceQueue):
    """Two processes take one job: between finding it and taking it, another one finds it too.

    Met in persist-queue's AckQueue (#132). Shown by one-claim.
    """

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


class DeleteAtDequeueQueue(ReferenceQueue):
    """A job whose process is killed is gone: ``claim`` deletes its row, and only the claimer knows.

    Met in huey on SQLite (#253) and litejob. Shown by lapsed-claim.
    """

    def claim(self, process: str, lease: float) -> Claim | None:
        rows = self.change(
            "DELETE FROM jobs "
            "WHERE id = (SELECT id FROM jobs WHERE status = 'waiting' ORDER BY id LIMIT 1) "
            "RETURNING id, name, attempt + 1"
        )
        return Claim(*rows[0]) if rows else None

    def complete(self, claim: Claim) -> None:
        """There is no row left to change."""

    def fail(self, claim: Claim, error: str, n_tries: int) -> None:
        if claim.attempt < n_tries:
            self.change("INSERT INTO jobs (name, attempt) VALUES (?, ?)", claim.name, claim.attempt)


class UnfencedQueue(ReferenceQueue):
    """A process whose job was taken back ends it for the one that holds it now, or for nobody.

    ``complete`` and ``fail`` ask for the job's id alone.
    Met in goqite, litequeue, Oban and pgqueuer. Shown by stale-completion.
    """

    def settle(self, claim: Claim, update: str, *values: object) -> None:
        self.change(f"{update} WHERE id = ?", *values, claim.id)


class StatusFenceQueue(ReferenceQueue):
    """Attempt 1 can end attempt 2: ``complete`` and ``fail`` ask only whether the job is claimed.

    Met in River and procrastinate. Shown by stale-completion.
    """

    def settle(self, claim: Claim, update: str, *values: object) -> None:
        self.change(f"{update} WHERE id = ? AND status = 'claimed'", *values, claim.id)


class LeaseFromDueTimeQueue(ReferenceQueue):
    """A job that waited for long is taken back the moment it is claimed.

    The lease runs from when the job was due (``lease_until`` before its first claim).
    Met in plainjob. Shown by live-claim.
    """

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


class StaleRescueQueue(ReferenceQueue):
    """A job that is completed in the middle of a reassign is handed out again.

    ``reassign`` changes the jobs that were late when it read them, whatever they are by now.
    Met in River (#1302). Shown by finished.
    """

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


class ResetOnOpenQueue(ReferenceQueue):
    """A process that opens the queue takes every claim back, as if no other could hold one.

    Met in persist-queue's auto_resume. Shown by live-claim.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.change("UPDATE jobs SET status = 'waiting' WHERE status = 'claimed'")


class UncountedRescueQueue(ReferenceQueue):
    """A job that kills its worker circles for ever: ``reassign`` counts nothing.

    Met in litequeue and persist-queue. Shown by poison.
    """

    def reassign(self, process: str) -> None:
        self.change(
            "UPDATE jobs SET status = 'waiting' WHERE status = 'claimed' AND lease_until < ?",
            time.time(),
        )


class UncountedRetryQueue(ReferenceQueue):
    """A job that always fails is tried for ever: ``fail`` counts nothing.

    Met in litequeue's retry and persist-queue's nack. Shown by retries-end.
    """

    def fail(self, claim: Claim, error: str, n_tries: int) -> None:
        self.settle(claim, "UPDATE jobs SET status = 'waiting', error = ?", error)


class StalledRescuerQueue(ReferenceQueue):
    """A process that is killed in its reassign stops every later one.

    ``reassign`` holds a lock that has no lease of its own, and that nobody takes back.
    Met in procrastinate (#1408). Shown by lapsed-claim.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.change("CREATE TABLE IF NOT EXISTS rescuer (one INTEGER PRIMARY KEY)")

    def reassign(self, process: str) -> None:
        if self.change("INSERT OR IGNORE INTO rescuer VALUES (1) RETURNING one"):
            super().reassign(process)
            self.change("DELETE FROM rescuer")


class UnindexedQueue(ReferenceQueue):
    """The more jobs are done, the longer a claim takes: no index leads past the finished ones.

    Met in persist-queue's AckQueue, until clear_acked_data is called. Shown by cost.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.change("DROP INDEX IF EXISTS unfinished")
