"""A queue in one table: it runs, and it is wrong in several ways.

Judge it with `rinq check my_queue:MyQueue`, and repair one thing at a time.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass
class Claim:
    id: int
    name: str


class MyQueue:
    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path)
        self.db.execute(
            "CREATE TABLE IF NOT EXISTS jobs ("
            "id INTEGER PRIMARY KEY, name TEXT UNIQUE, status TEXT DEFAULT 'waiting', "
            "claimed_by TEXT, error TEXT)"
        )
        self.db.commit()

    def submit(self, name: str) -> None:
        """Add a job. Returning means that it is stored."""
        self.db.execute("INSERT INTO jobs (name) VALUES (?)", (name,))
        self.db.commit()

    def claim(self, process: str, lease: float) -> Claim | None:
        """Take the job that has waited longest, for `lease` seconds; None if none waits."""
        row = self.db.execute(
            "SELECT id, name FROM jobs WHERE status = 'waiting' ORDER BY id LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        self.db.execute(
            "UPDATE jobs SET status = 'claimed', claimed_by = ? WHERE id = ?", (process, row[0])
        )
        self.db.commit()
        return Claim(*row)

    def complete(self, claim: Claim) -> None:
        """The work is done: the job never comes back."""
        self.db.execute("UPDATE jobs SET status = 'done' WHERE id = ?", (claim.id,))
        self.db.commit()

    def fail(self, claim: Claim, error: str, n_tries: int) -> None:
        """The work ended in `error`: the job waits again, or is given up at the last try."""
        self.db.execute(
            "UPDATE jobs SET status = 'waiting', error = ? WHERE id = ?", (error, claim.id)
        )
        self.db.commit()

    def reassign(self, process: str) -> None:
        """Take back every claim whose lease is over."""
        raise NotImplementedError

    def close(self) -> None:
        self.db.close()
