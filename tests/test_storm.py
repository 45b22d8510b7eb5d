"""A small storm, of the same kind as the large one: ``python tests/storm.py``."""

from __future__ import annotations

from storm import storm


def test_after_a_storm_all_accounts_agree_and_nothing_is_left(tmp_path):
    report = storm(tmp_path, jobs=250, seconds=8, seed=1)
    assert report.problems == [], str(report)
    assert sum(report.jobs.values()) >= 250
    assert report.done["killed consumer"] + report.done["froze consumer"] > 3, "it was no storm"
