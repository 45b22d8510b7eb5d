"""Fixtures for all tests, and the rule that no test leaves a process behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
import uuid
from multiprocessing import resource_tracker

import psutil
import pytest
from hypothesis import settings

from rinq.errors import QueueError
from rinq.queue import PersistentQSQLite
from rinq.queue.clock import Moment

pytest_plugins = ["servers", "side_by_side"]

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("campaign", deadline=None, database=None, max_examples=3000)
settings.load_profile("repeatable")

MARK = "RINQ_TEST_RUN"
os.environ[MARK] = uuid.uuid4().hex  # of this worker; every process that a test starts inherits it


class FakeTime:
    """The clocks of a system as a test sets them: ``clock.now += 5`` lets five seconds pass.

    ``clock.wall += 3600`` sets the wall clock alone. Without a ``boot_id`` it is a system
    that does not tell the time since boot.
    """

    def __init__(self, now=1_000_000.0, boot_id=None):
        self.now = now
        self.wall = 0.0
        self.boot_id = boot_id

    def __call__(self):
        return Moment(self.now + self.wall, self.boot_id, self.now)


@pytest.fixture
def clock():
    return FakeTime()


@pytest.fixture
def queue(tmp_path, clock):
    """A queue in a file of its own, in the time of ``clock``."""
    with PersistentQSQLite(tmp_path / "rinq.db", moment=clock, wait=2) as opened:
        yield opened


def eventually(condition, timeout=30.0):
    """Wait until the condition holds, and return its value; fail after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {timeout} s: {condition}"
        time.sleep(0.01)
    return value


@pytest.fixture(name="eventually")
def _eventually():
    return eventually


@pytest.fixture(scope="session", autouse=True)
def _can_be_interrupted():
    """A run by ``nohup … &`` ignores SIGINT and SIGHUP; so would every process of the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    hangup = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, before)
    signal.signal(signal.SIGHUP, hangup)


@pytest.fixture(autouse=True)
def _no_process_is_left_behind():
    """Fails a test after which a child process of ours, or a role of rinq, still runs."""
    before = _ours()
    yield
    deadline = time.monotonic() + 10
    while (left := _ours() - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left, f"left behind: {[_describe(pid) for pid in left]}"


def _ours():
    """Every living process that descends from this test run, also when its parent is gone.

    But multiprocessing's resource tracker, which by design lives as long as the test run.
    """
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == os.environ[MARK] and _is_running(process.pid):
                found.add(process.pid)
    return found - {os.getpid(), vars(resource_tracker._resource_tracker)["_pid"]}


def _is_running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _describe(pid):
    try:
        return pid, psutil.Process(pid).cmdline()
    except psutil.NoSuchProcess:
        return pid


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
