"""Two locks beside the database, so that processes write in turn; it may only make things fair."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from rinq.queue import PersistentQSQLite
from rinq.queue.sqlite import fair_lock
from rinq.queue.sqlite.fair_lock import SUFFIXES, FairLock

fcntl = pytest.importorskip("fcntl", reason="this system has no flock")


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "rinq.db")


@pytest.fixture
def lock(path):
    """Makes locks of one database, each as another process has it."""
    made = []

    def make():
        made.append(FairLock(path))
        return made[-1]

    yield make
    for one in made:
        one.close()


def is_free(path, suffix):
    file = os.open(path + suffix, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True


def test_one_has_the_turn_and_another_is_next(path, lock, eventually):
    first, second = lock(), lock()
    first.acquire()
    assert [is_free(path, suffix) for suffix in SUFFIXES] == [True, False]
    waiting = threading.Thread(target=second.acquire)
    waiting.start()
    eventually(lambda: not is_free(path, SUFFIXES[0]))
    first.release()
    waiting.join(10)
    assert [is_free(path, suffix) for suffix in SUFFIXES] == [True, False]
    second.release()
    assert all(is_free(path, suffix) for suffix in SUFFIXES)


def test_alone_nobody_is_next(path, lock):
    only = lock()
    only.acquire(alone=True)
    assert not any(is_free(path, suffix) for suffix in SUFFIXES)
    only.release()
    assert all(is_free(path, suffix) for suffix in SUFFIXES)


@pytest.mark.parametrize("held", SUFFIXES)
def test_whoever_is_stopped_with_a_lock_holds_nobody_up_for_long(path, lock, monkeypatch, held):
    monkeypatch.setattr(fair_lock, "PATIENCE", 0.05)
    with PersistentQSQLite(path) as queue:
        queue.submit("abcdefghij")
        stopped = os.open(path + held, os.O_RDWR)
        fcntl.flock(stopped, fcntl.LOCK_EX)
        try:
            queue.submit("bcdefghijk")  # after its patience
            monkeypatch.setattr(fair_lock, "_try", lambda _: pytest.fail("it was tried again"))
            queue.submit("cdefghijkl")  # at once
        finally:
            os.close(stopped)
        assert len(queue.jobs()) == 3


def test_where_no_lock_can_be_made_the_queue_works_without(path):
    Path(path + SUFFIXES[0]).mkdir()
    with PersistentQSQLite(path) as queue:
        queue.submit("abcdefghij")
        assert queue.claim("c1").name == "abcdefghij"


def test_a_lock_file_is_made_for_its_owner_alone_and_never_through_a_link(path, tmp_path):
    (tmp_path / "victim").write_text("text")
    Path(path + SUFFIXES[1]).symlink_to(tmp_path / "victim")
    with PersistentQSQLite(path) as queue:
        queue.submit("abcdefghij")
    assert (tmp_path / "victim").read_text() == "text"
    assert Path(path + SUFFIXES[0]).stat().st_mode & 0o077 == 0
