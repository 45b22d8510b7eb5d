"""The history counted by the database is the history counted row by row."""

from __future__ import annotations

import math
from collections import Counter

import stories
from hypothesis import given
from hypothesis import strategies as st

from rinq.metrics.live_history import KIND


@given(st.lists(stories.ACTS, max_size=40), st.integers(0, 50), st.integers(0, 50))
def test_the_tally_is_that_of_the_rows(acts, after, until):
    queue, _ = stories.played(acts)
    with queue:
        rows = queue.history.transitions()
        assert queue.history.tally() == Counter(map(KIND, rows))
        some = [row for row in rows if after < row.id <= until]
        assert queue.history.tally(after, until) == Counter(map(KIND, some))


TIMES = st.floats(990, 2100) | st.integers(40, 84).map(lambda step: 25.0 * step)


@given(st.lists(stories.ACTS, max_size=40), TIMES)
def test_the_position_of_a_time_is_the_last_entry_before_it(acts, at):
    queue, _ = stories.played(acts)
    with queue:
        ids = [row.id for row in queue.history.transitions() if row.at < at]
        assert queue.history.position(at) == max(ids, default=0)
        assert queue.history.position(math.inf) == len(queue.history.transitions())
        assert queue.history.position(-math.inf) == 0


def test_changes_by_hand_are_tallied_as_what_they_were(queue):
    queue.submit("aaaaaaaaaa")
    queue._db.run("UPDATE jobs SET status = 'processed', event = 'complete'")
    queue._db.run("DELETE FROM jobs")
    assert queue.history.tally() == {
        ("submit", None, "unprocessed", 0): 1,
        ("illegal", "unprocessed", "processed", 0): 1,
        ("illegal", "processed", None, 0): 1,
    }
