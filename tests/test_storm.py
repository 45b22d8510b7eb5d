"""A small storm, of the same kind as the large one: ``python tests/storm.py``."""

from __future__ import annotations

from storm import Storm


def test_after_a_storm_all_accounts_agree_and_nothing_is_left(tmp_path):
    without = ("fill disk", "move folder")
    report = Storm(tmp_path, jobs=250, seconds=8, seed=1, without=without).rage()
    assert report.problems == [], str(report)
    assert report.left.statuses.total() >= 250
    assert report.done.total() > 8, "it was no storm"
