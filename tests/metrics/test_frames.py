"""The frames, against histories reckoned by hand, and the laws that hold for any history."""

from __future__ import annotations

import math
import sqlite3

import numpy as np
import pandas as pd
import pytest
import stories
from hypothesis import given
from hypothesis import strategies as st

from rinq import metrics
from rinq.metrics.live_history import LiveHistory
from rinq.queue import ATTEMPT_ENDS, PersistentQSQLite, Status
from rinq.queue.clock import Moment

STATUSES = [status.value for status in Status]
A, B, C = "aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"


def test_transitions_carry_the_jobs_name_and_typed_columns(told):
    queue, start = told
    frame = metrics.transitions(queue)
    assert frame["name"].tolist() == [A, B, A, A, B, B, A, A, A, C, C, C, C, C, C]
    assert frame["event"].tolist()[-4:] == ["reassign", "claim", "release", "refused"]
    assert frame["at"].sub(start).tolist()[-2:] == [82.0, 83.0]
    assert frame["judged_by_limit"].tolist()[3] == 2
    assert frame["judged_by_limit"].isna().sum() == 12
    assert frame["actor"].isna().sum() == 1
    assert metrics.transitions(queue, after=queue.history.newest(back=2))["id"].tolist() == [14, 15]


def test_a_job_that_was_deleted_by_hand_has_no_name(told, tmp_path):
    queue, _ = told
    with sqlite3.connect(tmp_path / "rinq.db") as database:
        database.execute("DELETE FROM jobs WHERE name = ?", (C,))
    database.close()
    frame = metrics.transitions(queue)
    assert frame["name"].isna().sum() == 7
    counts = metrics.status_counts(frame)
    assert counts[STATUSES].iloc[-1].tolist() == [0, 0, 1, 0, 1]


def test_jobs_are_one_row_each(told):
    frame = metrics.jobs(told[0])
    assert frame[["name", "status", "attempt", "tries", "reassigns"]].to_numpy().tolist() == [
        [A, "cleaned", 2, 2, 0],
        [B, "processed", 1, 0, 0],
        [C, "unprocessed", 2, 0, 1],
    ]
    assert frame["lease_until"].isna().all()


def test_an_empty_queue_gives_empty_frames_of_the_same_types(queue, told):
    full = told[0]
    with PersistentQSQLite(":memory:") as empty:
        for metric in (metrics.jobs, metrics.transitions):
            nothing = metric(empty)
            assert len(nothing) == 0
            pd.testing.assert_series_equal(nothing.dtypes, metric(full).dtypes)


def test_counts_over_time_are_those_of_each_moment(told):
    queue, start = told
    counts = metrics.status_counts(metrics.transitions(queue))
    found = [[at - start, *row] for at, *row in counts.to_numpy().tolist()]
    assert found == [
        [0, 1, 0, 0, 0, 0],
        [1, 2, 0, 0, 0, 0],
        [2, 1, 1, 0, 0, 0],
        [3, 2, 0, 0, 0, 0],
        [4, 1, 1, 0, 0, 0],
        [5, 1, 0, 1, 0, 0],
        [6, 0, 1, 1, 0, 0],
        [7, 0, 0, 1, 1, 0],
        [8, 0, 0, 1, 0, 1],
        [9, 1, 0, 1, 0, 1],
        [10, 0, 1, 1, 0, 1],
        [80, 1, 0, 1, 0, 1],
        [81, 0, 1, 1, 0, 1],
        [82, 1, 0, 1, 0, 1],
    ]


def test_counts_at_given_times_are_the_last_ones_before(told):
    queue, start = told
    counts = metrics.status_counts(metrics.transitions(queue))
    at = metrics.counts_at(counts, [start - 1, start, start + 4.5, start + 1000])
    assert at["at"].sub(start).tolist() == [-1, 0, 4.5, 1000]
    assert at[STATUSES].to_numpy().tolist() == [
        [0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 0, 1, 0, 1],
    ]


def test_shares_of_attempts_per_bucket(told):
    queue, start = told
    ends = metrics.attempt_ends(
        metrics.transitions(queue), [start, start + 5, start + 8, start + 50, start + 90]
    )
    assert ends["start"].sub(start).tolist() == [0, 5, 8, 50]
    assert ends["end"].sub(start).tolist() == [5, 8, 50, 90]
    assert ends["attempts"].tolist() == [1, 2, 0, 1]
    shares = ends[["complete", "retry", "fail", "reassign"]].to_numpy()
    assert shares[[0, 1, 3]].tolist() == [[0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 0, 0, 1]]
    assert np.isnan(shares[2]).all()


def test_shares_by_number_of_the_attempt(told):
    ends = metrics.ends_by_attempt(metrics.transitions(told[0]))
    assert ends["attempt"].tolist() == [1, 2]
    assert ends["attempts"].tolist() == [3, 1]
    assert ends["fail"].tolist() == [0, 1]
    third = pytest.approx(1 / 3)
    first = ends[["complete", "retry", "reassign"]].iloc[0].tolist()
    assert first == [third, third, third]


def test_without_attempts_there_are_no_shares(queue):
    queue.submit(A)
    frame = metrics.transitions(queue)
    assert len(metrics.ends_by_attempt(frame)) == 0
    ends = metrics.attempt_ends(frame, [0, 1e12])
    assert ends["attempts"].tolist() == [0]
    assert math.isnan(ends["retry"].iloc[0])


@given(st.lists(stories.ACTS, max_size=60), st.integers(1, 7))
def test_counts_over_time_end_as_the_table_counts_and_never_lose_a_job(acts, stride):
    """Whatever happens, read whenever: the history gives the counts of the table."""
    now = [1000.0]
    history = LiveHistory()
    with PersistentQSQLite(":memory:", moment=lambda: Moment(now[0])) as queue:
        claims = []
        for step, act in enumerate(acts):
            now[0] += 25
            stories.act(queue, act, step, claims)
            if step % stride == 0:
                history.read(queue, 0)
                assert history.totals == queue.counts()
        history.read(queue, 0)
        assert history.totals == queue.counts()
        counts = metrics.status_counts(metrics.transitions(queue))
        pd.testing.assert_frame_equal(history.counts, counts)
        assert (counts[STATUSES] >= 0).all(axis=None)
        assert counts[STATUSES].sum(axis=1).is_monotonic_increasing
        shares = metrics.ends_by_attempt(history.transitions)
        kinds = list(ATTEMPT_ENDS)
        assert shares[shares["attempts"] > 0][kinds].sum(axis=1).round(9).eq(1).all()
        assert shares["attempts"].sum() == history.transitions["event"].isin(kinds).sum()
