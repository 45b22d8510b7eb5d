"""The few numbers of a history, against one that was worked out by hand."""

from __future__ import annotations

import math

import pytest

from rinq.metrics.measures import measure
from rinq.queue import PersistentQSQLite

NAMES = ["job000000a", "job000000b", "job000000c"]


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


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
    assert (found.submitted, found.processed, found.failed) == (2, 1, 1)
    assert (found.arrival_rate, found.throughput) == (0.1, 0.05)
    assert found.waiting == 6  # (2 + 10) / 2
    assert (found.waiting_p50, found.waiting_p95) == (2, 10)
    assert found.system == 13  # (6 + 20) / 2
    assert found.backlog == 0.6  # (2*2 + 1*8) / 20
    assert found.utilisation == (4 + 5 + 5) / 20 / 2
    assert (found.retry_share, found.fail_share, found.taken_back_share) == (1 / 3, 1 / 3, 0)


def test_jobs_of_the_warm_up_are_not_measured_but_are_there(queue, clock):
    queue.submit(NAMES[0])
    clock.now = 1010
    queue.submit(NAMES[1])
    clock.now = 1020
    found = measure(queue, consumers=1, start=1010, end=1020)
    assert found.submitted == 1
    assert found.backlog == 2
    assert found.growth == 0.1
    assert math.isnan(found.waiting)


def test_what_came_after_the_end_is_not_measured(queue, clock):
    queue.submit(NAMES[0])
    clock.now = 1030
    queue.complete(queue.claim("c1", 60))
    found = measure(queue, consumers=1, start=1000, end=1020)
    assert (found.submitted, found.processed) == (1, 0)
    assert found.backlog == 1
    assert found.utilisation == 0


def test_nothing_at_all_is_measured_as_nothing(queue):
    found = measure(queue, consumers=0, start=1000, end=1020)
    assert (found.submitted, found.backlog) == (0, 0)
    assert math.isnan(found.utilisation)
