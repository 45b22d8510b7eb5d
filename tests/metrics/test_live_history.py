"""The history as a view follows it: read in pieces, dropped, skipped, and always exact."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
import stories
from hypothesis import given
from hypothesis import strategies as st

from rinq import metrics
from rinq.metrics import live_history as history_module
from rinq.metrics import sample
from rinq.metrics.live_history import KIND, LiveHistory
from rinq.queue import PersistentQSQLite, Status
from rinq.queue.clock import Moment

STATUSES = [status.value for status in Status]
B = "bbbbbbbbbb"


def test_the_history_fetches_only_what_is_new(told, monkeypatch):
    queue, _ = told
    history = LiveHistory()
    history.read(queue, 0)
    asked = []
    transitions = queue.history.transitions
    monkeypatch.setattr(
        queue.history, "transitions", lambda *args: asked.append(args[0]) or transitions(*args)
    )
    last = queue.history.newest()
    queue.submit("dddddddddd")
    history.read(queue, 0)
    assert asked == [last, queue.history.newest()]
    assert len(history.transitions) == 16
    pd.testing.assert_frame_equal(history.counts, metrics.status_counts(metrics.transitions(queue)))


def test_a_history_read_in_pages_is_the_same(told, monkeypatch):
    monkeypatch.setattr(history_module, "PAGE", 4)
    history = LiveHistory()
    history.read(told[0], 0)
    pd.testing.assert_frame_equal(
        history.counts, metrics.status_counts(metrics.transitions(told[0]))
    )


def test_what_is_dropped_leaves_the_counts_exact(told, monkeypatch):
    monkeypatch.setattr(history_module, "MIN_ROWS", 2)
    queue, start = told
    history = LiveHistory()
    history.read(queue, since=start + 50)
    assert history.counts["at"].sub(start).tolist() == [10, 80, 81, 82]
    assert history.transitions["at"].sub(start).tolist() == [10, 80, 81, 82, 83]
    then = metrics.counts_at(history.counts, [start + 50])[STATUSES].iloc[0].tolist()
    assert then == [0, 1, 1, 0, 1]
    assert history.totals == queue.counts()


def test_of_a_history_that_is_over_the_last_rows_are_kept(told, monkeypatch):
    monkeypatch.setattr(history_module, "MIN_ROWS", 3)
    queue, start = told
    history = LiveHistory()
    history.read(queue, since=start + 5000)
    assert len(history.transitions) == len(history.counts) == 3


def test_another_database_in_the_old_ones_place_is_read_anew(told, tmp_path):
    history = LiveHistory()
    history.read(told[0], 0)
    with PersistentQSQLite(tmp_path / "other.db") as other:
        other.submit(B)
        history.read(other, 0)
        assert history.totals == other.counts()
        assert len(history.transitions) == 1


@pytest.fixture
def short_memory(monkeypatch):
    """Little is kept, and pages are small, so that a short history reaches every limit."""
    for name, n in {"PAGE": 4, "MIN_ROWS": 3, "MAX_ROWS": 8}.items():
        monkeypatch.setattr(history_module, name, n)


def all_of(queue):
    return Counter(map(KIND, queue.history.transitions()))


def test_the_tally_counts_every_entry_by_its_kind(told):
    history = LiveHistory()
    history.read(told[0], 0)
    assert history.tally == all_of(told[0])
    assert history.tally["reassign", "processing", "unprocessed", 1] == 1


@pytest.fixture
def fetched(told, monkeypatch):
    """The ids of the entries that are fetched from now on."""
    history, ids = told[0].history, set()
    transitions = history.transitions

    def fetch(*args):
        found = transitions(*args)
        ids.update(row.id for row in found)
        return found

    monkeypatch.setattr(history, "transitions", fetch)
    return ids


def test_what_would_be_dropped_at_once_is_not_even_read(told, short_memory, fetched):
    queue, start = told
    history = LiveHistory()
    history.read(queue, start + 82.5)
    assert fetched == {13, 14, 15}
    assert history.tally == all_of(queue)
    assert history.totals == queue.counts()
    assert history.transitions["id"].tolist() == [13, 14, 15]
    now = metrics.counts_at(history.counts, [start + 81.5])[STATUSES].iloc[0].tolist()
    assert now == [0, 1, 1, 0, 1]


def test_no_more_than_the_most_is_read_and_kept_however_long_the_window(
    told, short_memory, fetched
):
    queue, _ = told
    history = LiveHistory()
    history.read(queue, 0)
    assert history.transitions["id"].tolist() == list(range(8, 16))
    assert min(fetched) == 8
    queue.submit("dddddddddd")
    history.read(queue, 0)
    assert history.transitions["id"].tolist() == list(range(9, 17))


def test_names_of_processes_that_come_later_are_kept(queue, clock):
    history = LiveHistory()
    for i in range(3):
        queue.submit(f"job_{i:06}", f"producer-{i}")
        history.read(queue, 0)
    assert history.transitions["actor"].tolist() == ["producer-0", "producer-1", "producer-2"]


@given(st.lists(stories.ACTS, max_size=60), st.integers(1, 40), st.floats(1, 500))
def test_however_often_it_is_read_counts_and_tally_are_those_of_all(acts, stride, window):
    """Also where most of what is new is skipped."""
    now, claims = [1000.0], []
    history = LiveHistory()
    with pytest.MonkeyPatch.context() as patch:
        for name, n in {"PAGE": 4, "MIN_ROWS": 3, "MAX_ROWS": 8}.items():
            patch.setattr(history_module, name, n)
        with PersistentQSQLite(":memory:", moment=lambda: Moment(now[0])) as queue:
            for step, name in enumerate(acts):
                now[0] += 25
                stories.act(queue, name, step, claims)
                if step % stride == 0:
                    history.read(queue, now[0] - window)
            history.read(queue, now[0] - window)
            assert history.totals == queue.counts()
            assert history.tally == all_of(queue)
            whole = metrics.status_counts(metrics.transitions(queue))
            kept = history.counts["at"].iloc[0] if len(history.counts) else 0
            times = [t for t in (now[0] - window, now[0] - 1, now[0]) if t >= kept]
            pd.testing.assert_frame_equal(
                metrics.counts_at(history.counts, times), metrics.counts_at(whole, times)
            )


def test_a_sample_of_few_jobs_is_of_all(told):
    history = LiveHistory()
    history.read(told[0], 0)
    assert history.sample.share == 1
    assert history.sample.transitions["id"].tolist() == list(range(1, 16))


@pytest.mark.parametrize("at_once", [True, False], ids=["skipped", "followed"])
def test_a_sample_holds_a_share_of_the_jobs_and_of_these_everything(queue, monkeypatch, at_once):
    monkeypatch.setattr(sample, "MOST_JOBS", 40)
    monkeypatch.setattr(history_module, "MIN_ROWS", 5 if at_once else 10_000)
    history = LiveHistory()
    for i in range(200):
        queue.submit(f"job_{i:06}")
        claim = queue.claim("consumer-1")
        queue.complete(claim)
        if i % 50 == 0 and not at_once:
            history.read(queue, 0)
    history.read(queue, 1e12)
    rows = history.sample.transitions
    assert 10 <= rows["job_id"].nunique() <= 40
    assert rows["job_id"].nunique() / 200 == pytest.approx(history.sample.share, abs=0.1)
    assert rows.groupby("job_id")["event"].agg(list).map(tuple).unique().tolist() == [
        ("submit", "claim", "complete")
    ]
    assert rows["id"].is_monotonic_increasing


def test_the_sample_does_not_depend_on_how_it_was_read(queue, monkeypatch):
    monkeypatch.setattr(sample, "MOST_JOBS", 16)
    followed = LiveHistory()
    for i in range(64):
        queue.submit(f"job_{i:06}")
        followed.read(queue, 0)
    monkeypatch.setattr(history_module, "MIN_ROWS", 40)
    skipped = LiveHistory()
    skipped.read(queue, 1e12)
    pd.testing.assert_frame_equal(
        skipped.sample.transitions.reset_index(drop=True),
        followed.sample.transitions.reset_index(drop=True),
    )


def test_ids_without_a_job_are_no_harm_to_the_sample(queue, monkeypatch):
    for i in range(8):
        queue.submit(f"job_{i:06}")
    queue._db.run("DELETE FROM jobs WHERE id IN (1, 2, 5)")
    monkeypatch.setattr(history_module, "MIN_ROWS", 1)
    history = LiveHistory()
    history.read(queue, 1e12)
    assert history.sample.transitions["job_id"].tolist() == [3, 4, 6, 7, 8, 5]
