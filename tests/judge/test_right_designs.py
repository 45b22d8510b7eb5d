"""Queues that are right in another way than the reference pass."""

from __future__ import annotations

import pytest
from rewritten import SOURCE, changed, select_then_update

from rinq.judge import Outcome

LEASED = ("one-claim", "lapsed-claim", "live-claim", "stale-completion", "finished", "poison")
REASSIGN = "    def reassign(self, process: str) -> None:\n"
SILENT = ("raise RuntimeError(", "str(")
RIGHT = {
    "whole_seconds_tokens_and_silence": changed(
        ("attempt INTEGER NOT NULL DEFAULT 0,", "attempt TEXT,"),
        ("attempt = attempt + 1", "attempt = hex(randomblob(8))"),
        SILENT,
        source=SOURCE.replace("time.time()", "int(time.time())"),
    ),
    "rescue_in_claim_few_lives_and_rows_deleted": changed(
        ("        rows = self.change(\n", "        self.rescue()\n        rows = self.change(\n"),
        (REASSIGN, f"{REASSIGN}        pass\n\n    def rescue(self) -> None:\n"),
        ("N_REASSIGNS = 5", "N_REASSIGNS = 2"),
        ("\"UPDATE jobs SET status = 'done'\"", '"DELETE FROM jobs"'),
    ),
    "late_completions_refused_by_age": changed(
        (
            "status = 'claimed' AND attempt = ?",
            "status = 'claimed' AND ? < lease_until AND attempt = ?",
        ),
        ("*values, claim.id, claim.attempt", "*values, claim.id, time.time(), claim.attempt"),
        SILENT,
    ),
    "locks_that_are_not_waited_for": changed(
        ("timeout=10", "timeout=0"),
        ('        self.db.execute("PRAGMA journal_mode = WAL")\n', ""),
        source=select_then_update(
            begin='self.db.execute("BEGIN IMMEDIATE")', end='self.db.execute("COMMIT")'
        ),
    ),
    "many_lives": changed(("N_REASSIGNS = 5", "N_REASSIGNS = 20")),
}


@pytest.fixture(scope="module")
def reports(judge_all):
    return judge_all({name: (source, LEASED) for name, source in RIGHT.items()})


@pytest.mark.parametrize("name", RIGHT)
def test_another_right_design_passes(reports, name):
    assert set(reports[name].outcomes.values()) == {Outcome.HOLDS}, reports[name]
