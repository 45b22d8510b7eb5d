"""A small storm, of the same kind as the large one: ``python tests/storm.py``."""

from __future__ import annotations

from storm import Storm


def test_after_a_storm_all_accounts_agree_and_nothing_is_left(tmp_path):
    without = ("fill disk",)
    storm = Storm(tmp_path, jobs=250, seconds=6, seed=1, consumers=2, without=without)
    report = storm.rage()
    assert report.problems == [], str(report)
    assert report.left.statuses.total() >= 250
    assert report.done.total() > 5, "it was no storm"
