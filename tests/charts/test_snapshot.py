"""What a snapshot reads."""

from __future__ import annotations

import pytest

from rinq.charts.snapshot import take_snapshot
from rinq.metrics import live_history as history_module
from rinq.metrics.live_history import LiveHistory
from rinq.queue import Event


def test_the_whole_run_begins_with_the_first_entry(told):
    queue, start = told
    snapshot = take_snapshot(queue, LiveHistory(), None)
    assert snapshot.whole_run
    assert snapshot.window == pytest.approx(queue.clock.now() - start)
    assert snapshot.view().bucket_edges(6)[0] == start


def test_where_the_beginning_was_forgotten_the_window_is_what_is_known(told, monkeypatch):
    queue, start = told
    for name, n in {"MIN_ROWS": 2, "MAX_ROWS": 4}.items():
        monkeypatch.setattr(history_module, name, n)
    snapshot = take_snapshot(queue, LiveHistory(), None)
    assert not snapshot.whole_run
    assert snapshot.window == pytest.approx(queue.clock.now() - (start + 80))
    assert snapshot.tally["n"].sum() == 15


def test_a_snapshot_has_who_lives_and_which_jobs_they_hold(told):
    queue, _ = told
    claim = queue.claim("consumer-9")
    snapshot = take_snapshot(queue, LiveHistory(), 600.0, ["consumer-7"])
    assert snapshot.lanes == ["consumer-1", "consumer-2", "consumer-7", "consumer-9"]
    assert [job.name for job in snapshot.held] == [claim.name]
    assert snapshot.attempts["end"].isna().sum() == 1
    assert snapshot.history.tally["claim", "unprocessed", "processing", 3] == 1
    assert Event.CLAIM in snapshot.tally["event"].tolist()


def test_a_snapshot_has_what_was_done_to_the_processes(told):
    queue, _ = told
    queue.registry.record_event("consumer-1", "freeze")
    snapshot = take_snapshot(queue, LiveHistory(), 600.0)
    assert snapshot.process_events["event"].tolist() == ["freeze"]
    assert snapshot.frozen_spans["process"].tolist() == ["consumer-1"]
    assert snapshot.faults["what"].tolist() == ["consumer-1 frozen"]
