"""A history told by hand, for the tests of metrics."""

from __future__ import annotations

import pytest

from rinq.errors import QueueError

A, B, C = "aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"


@pytest.fixture
def told(queue, clock):
    """A history in which everything happens once or twice, a second apart.

    second 0 submit A, 1 submit B, 2 claim A, 3 retry A, 4 claim B, 5 complete B, 6 claim A,
    7 fail A, 8 clean A, 9 submit C, 10 claim C, 80 reassign C, 81 claim C, 82 release C,
    83 a refused complete of C.
    """
    start = clock.now

    def at(second):
        clock.now = start + second

    queue.submit(A, "producer-1")
    at(1)
    queue.submit(B, "producer-1")
    at(2)
    claim = queue.claim("consumer-1")
    at(3)
    queue.fail(claim, "no", n_tries=2)
    at(4)
    claim = queue.claim("consumer-2")
    at(5)
    queue.complete(claim)
    at(6)
    claim = queue.claim("consumer-1")
    at(7)
    queue.fail(claim, "no", n_tries=2)
    at(8)
    queue.clean(A, "cleaner-1")
    at(9)
    queue.submit(C)
    at(10)
    stale = queue.claim("consumer-1", lease=60)
    at(80)
    queue.reassign("manager-1")
    at(81)
    claim = queue.claim("consumer-2")
    at(82)
    queue.release(claim)
    at(83)
    with pytest.raises(QueueError):
        queue.complete(stale)
    return queue, start
