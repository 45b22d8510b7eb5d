"""The few numbers of a history, against one that was worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import stories
from hypothesis import given
from hypothesis import strategies as st

import rinq
from rinq import metrics
from rinq.errors import ConfigError
from rinq.lab.little import little
from rinq.metrics.measures import Measures, measure
from rinq.queue import PersistentQSQLite
from rinq.queue.clock import Moment

NAMES = ["job000000a", "job000000b", "job000000c"]


class Clock:
    now = 1000.0

    def __call__(self):
        return Moment(self.now)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(clock):
    with PersistentQSQLite(":memory:", moment=clock) as queue:
        yield queue


def test_a_history_by_hand_is_measured_as_counted_by_hand(queue, clock):
    queue.submit(NAMES[0])  # 1000
    queue.submit(NAMES[1])
    clock.now = 1002
    first = queue.claim("c1", 60)
    clock.now = 1006
    queue.complete(first)
    clock.now = 1010
    second = queue.claim("c1", 60)
    clock.now = 1015
    queue.fail(second, "boom", 2)
    second = queue.claim("c1", 60)
    clock.now = 1020
    queue.fail(second, "boom", 2)
    found = measure(queue, consumers=2, start=1000, end=1020)
    assert (found.arrivals, found.processed, found.failed) == (2, 1, 1)
    assert (found.arrival_rate, found.throughput) == (0.1, 0.1)
    assert found.waiting == 6  # (2 + 10) / 2
    assert (found.waiting_p50, found.waiting_p95) == (6, pytest.approx(2 + 0.95 * 8))
    assert (found.unprocessed, found.service) == (6, 7)  # (4 + 10) / 2
    assert found.system == 13  # (6 + 20) / 2
    assert found.system_p95 == pytest.approx(6 + 0.95 * 14)
    assert found.backlog == 0.6  # (2*2 + 1*8) / 20
    assert found.utilisation == (4 + 5 + 5) / 20 / 2
    assert (found.retry_share, found.fail_share, found.reassign_share) == (1 / 3, 1 / 3, 0)


def test_jobs_of_the_warm_up_are_not_measured_but_are_there(queue, clock):
    queue.submit(NAMES[0])
    clock.now = 1010
    queue.submit(NAMES[1])
    clock.now = 1020
    found = measure(queue, consumers=1, start=1010, end=1020)
    assert found.arrivals == 1
    assert found.backlog == 2
    assert found.growth == 0.1
    assert math.isnan(found.waiting)


def test_what_came_after_the_end_is_not_measured(queue, clock):
    queue.submit(NAMES[0])
    clock.now = 1030
    queue.complete(queue.claim("c1", 60))
    found = measure(queue, consumers=1, start=1000, end=1020)
    assert (found.arrivals, found.processed) == (1, 0)
    assert found.backlog == 1
    assert found.utilisation == 0


def test_nothing_at_all_is_measured_as_nothing(queue):
    found = measure(queue, consumers=0, start=1000, end=1020)
    assert (found.arrivals, found.backlog) == (0, 0)
    assert math.isnan(found.utilisation)


TIMES = ("waiting", "unprocessed", "service", "system")


def assert_measured_as_in_the_frames(found, history, window):
    """Every number of ``measure`` that the frames give too is the same there."""
    start, end = window
    times = metrics.job_times(history[history["at"] <= end])
    times = times[times["arrived"] >= start]
    for name in TIMES:
        assert getattr(found, name) == pytest.approx(times[name].mean(), nan_ok=True)
    for name in ("waiting_p50", "waiting_p95", "system_p95"):
        time, _, percent = name.partition("_p")
        expected = times[time].quantile(int(percent) / 100)
        assert getattr(found, name) == pytest.approx(expected, nan_ok=True)
    after = math.nextafter(end, math.inf)  # a bucket ends just before its edge
    (bucket,) = metrics.throughput(history, [start, after]).itertuples()
    assert (found.arrivals, found.processed + found.failed) == (bucket.arrivals, bucket.finished)
    assert found.arrival_rate == pytest.approx(bucket.arrival_rate)
    assert found.throughput == pytest.approx(bucket.throughput)
    (ends,) = metrics.attempt_ends(history, [start, after]).itertuples()
    for name in ("retry", "fail", "reassign"):
        share = getattr(found, f"{name}_share")
        assert share == pytest.approx(getattr(ends, name), nan_ok=True)
    busy = metrics.work(metrics.attempts(history), [start, end])["busy"].sum()
    assert found.utilisation == pytest.approx(busy / (end - start))


@given(st.lists(stories.ACTS, max_size=60), st.sampled_from([900.0, 1000.0, 1090.0]))
def test_measures_and_frames_agree_on_any_history(acts, start):
    queue, now = stories.played(acts)
    with queue:
        found = measure(queue, consumers=1, start=start, end=now[0])
        history = metrics.transitions(queue)
    assert_measured_as_in_the_frames(found, history, (start, now[0]))


@given(st.lists(stories.ACTS, max_size=60))
def test_where_all_is_settled_littles_law_ties_the_measures_together(acts):
    """L = λW for the unprocessed jobs, and for those that are processing, redrives included."""
    queue, now = stories.played([*acts, "submit"], drained=True)
    with queue:
        found = measure(queue, consumers=1, start=1000, end=now[0])
    assert found.arrivals == found.processed + found.failed
    assert found.backlog == pytest.approx(found.arrival_rate * found.unprocessed)
    assert found.utilisation == pytest.approx(found.arrival_rate * found.service)
    assert found.system == pytest.approx(found.unprocessed + found.service)
    assert found.waiting <= found.unprocessed + 1e-9


@pytest.fixture(scope="module")
def hour():
    """An hour with retries: a job waits once, and is unprocessed again after each error."""
    faults: dict[str, Any] = {"faults.error_rate": 0.2, "consumer.work_time": [1, 3]}
    with rinq.simulate(seed=1, hours=1, consumers=4, **faults) as run:
        yield run


def test_a_simulated_run_is_measured_alike_by_measures_frames_and_littles_law(hour):
    window = (hour.begin, hour.begin + 3600)
    found, history = hour.measure(), metrics.transitions(hour.queue)
    assert_measured_as_in_the_frames(
        measure(hour.queue, consumers=1, start=window[0], end=window[1]), history, window
    )
    times = metrics.job_times(history)
    short = metrics.percentiles(times).set_index("time")
    assert found.waiting == pytest.approx(short.loc["waiting", "mean"])
    assert found.waiting_p95 == pytest.approx(short.loc["waiting", "p95"])
    assert found.waiting < 0.8 * found.unprocessed  # or one may well stand for the other
    claims = history[history["event"].eq("claim")].groupby("job_id")["at"].min()
    law = little(times["arrived"], times["job_id"].map(claims), start=window[0], end=window[1])
    assert law.time == pytest.approx(found.waiting)
    law = little(times["arrived"], times["settled"], start=window[0], end=window[1])
    assert law.time == pytest.approx(found.system)
    assert law.gap == pytest.approx(0)


def test_a_window_that_does_not_begin_before_its_end_is_refused(queue):
    with pytest.raises(ConfigError, match="expected start before end, got 1000 and 1000"):
        measure(queue, consumers=1, start=1000, end=1000)


def test_the_table_of_the_measures_names_each_of_them_in_order():
    lines = (line.strip() for line in Measures.__doc__.splitlines())
    named = [line.split("``")[1] for line in lines if line.startswith("``")]
    assert named == list(Measures.__dataclass_fields__)
