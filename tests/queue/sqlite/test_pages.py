"""How much a commit writes: pages of the write-ahead log, exact and the same on every run."""

from __future__ import annotations

import pytest

from rinq.queue import PersistentQSQLite

JOBS = 300


def submit(queue, claim):
    for n in range(JOBS):
        queue.submit(f"{(n + 1) * 2_654_435_761 % 2**32:010}")  # in no order, as real names


def claim_and_complete(queue, claim):
    for _ in range(JOBS):
        queue.complete(queue.claim("c1"))


def complete_and_claim(queue, claim):
    for _ in range(JOBS):
        claim = queue.complete_and_claim(claim)


@pytest.mark.parametrize(
    ("acts", "most"), [(submit, 4.5), (claim_and_complete, 6.3), (complete_and_claim, 3.3)]
)
def test_a_commit_writes_few_pages(tmp_path, acts, most):
    with PersistentQSQLite(tmp_path / "rinq.db") as queue:
        queue.submit_many([f"{n * 2_246_822_519 % 2**32:010}" for n in range(2000)])
        claim = queue.claim("c1")
        queue._db.run("PRAGMA wal_autocheckpoint = 0")
        queue._db.run("PRAGMA wal_checkpoint(TRUNCATE)")
        acts(queue, claim)
        _, written, _ = queue._db.run("PRAGMA wal_checkpoint")[0]
    assert 0 < written / JOBS <= most
