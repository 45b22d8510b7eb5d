"""Fixtures for the tests of the queue."""

from __future__ import annotations

import pytest


@pytest.fixture
def claim(queue):
    """Consumer c1's claim, for 60 s, on the only job, abcdefghij."""
    queue.submit("abcdefghij", "p1")
    return queue.claim("c1", 60)


@pytest.fixture
def stale(queue, clock, claim):
    """A claim that was taken back, and c2's claim on the same job."""
    clock.now += 61
    queue.reassign("m1")
    return claim, queue.claim("c2", 60)
