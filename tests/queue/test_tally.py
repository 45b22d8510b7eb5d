"""The history counted by the database is the history counted row by row."""

from __future__ import annotations

import math
from collections import Counter

import stories
from hypothesis import given
from hypothesis import strategies as st

from rinq.metrics.live_history import KIND
from rinq.queue import START


@given(st.lists(stories.ACTS, max_size=40), st.integers(0, 50), st.integers(0, 50))
def test_the_tally_is_that_of_the_rows(acts, skipped, taken):
    queue, _ = stories.played(acts)
    with queue:
        history, rows = queue.history, queue.history.transitions()
        assert history.tally() == Counter(map(KIND, rows))
        cursors = [START, *map(history.cursor, rows)]
        after, until = (cursors[min(n, len(rows))] for n in (skipped, skipped + taken))
        some = rows[skipped : skipped + taken]
        assert history.tally(after, until) == Counter(map(KIND, some))


TIMES = st.floats(990, 2100) | st.integers(40, 84).map(lambda step: 25.0 * step)


@given(st.lists(stories.ACTS, max_size=40), TIMES)
def test_the_position_of_a_time_is_the_last_entry_before_it(acts, at):
    queue, _ = stories.played(acts)
    with queue:
        history, rows = queue.history, queue.history.transitions()
        earlier = [history.cursor(row) for row in rows if row.at < at]
        assert history.position(at) == max(earlier, default=START)
        assert history.position(math.inf) == history.newest()
        assert history.position(-math.inf) == START


@given(st.lists(stories.ACTS, max_size=40), st.integers(0, 50))
def test_a_cursor_splits_the_history_where_it_was_taken(acts, back):
    queue, _ = stories.played(acts)
    with queue:
        history, rows = queue.history, queue.history.transitions()
        cursor = history.newest(back)
        assert history.transitions(cursor) == rows[max(0, len(rows) - back) :]
        read = rows[: max(0, len(rows) - back)]
        assert history.entry(cursor) == (read[-1] if read else None)
        assert cursor == (history.cursor(read[-1]) if read else START)


def test_changes_by_hand_are_tallied_as_what_they_were(queue):
    queue.submit("aaaaaaaaaa")
    queue._db.run("UPDATE jobs SET status = 'processed', event = 'complete'")
    queue._db.run("DELETE FROM jobs")
    assert queue.history.tally() == {
        ("submit", None, "unprocessed", 0): 1,
        ("illegal", "unprocessed", "processed", 0): 1,
        ("illegal", "processed", None, 0): 1,
    }
