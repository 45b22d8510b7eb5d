"""A call that waits for a lock is distinguished from one that has only not been heard of yet."""

from __future__ import annotations

import sqlite3
import sys
import threading

import pytest

from rinq.judge.judged_queue import VERBS
from rinq.judge.worker_process import WorkerProcess

REFERENCE = "rinq.judge.gallery.reference:ReferenceQueue"


@pytest.fixture
def reading(monkeypatch):
    """While it is cleared, the judge does not get to read answers, as on a busy machine."""
    reading = threading.Event()
    reading.set()
    read = WorkerProcess._read

    def read_later(self):
        lines = self._process.stdout

        class Gate:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                lines.close()

            def __iter__(self):
                for line in lines:
                    reading.wait(30)
                    yield line

        self._process.stdout = Gate()
        read(self)

    monkeypatch.setattr(WorkerProcess, "_read", read_later)
    yield reading
    reading.set()


@pytest.fixture
def worker(reading, tmp_path):
    """A worker that has the reference queue open."""
    worker = WorkerProcess(tmp_path, "token")
    worker.send("load", target=REFERENCE, paths=sys.path, verbs=VERBS)
    assert worker.answer()["verbs"] == list(VERBS)
    worker.send("open", queue=1, path=str(tmp_path / "queue.db"))
    assert worker.answer() == {}
    yield worker
    worker.kill()


def submit(worker):
    call = {"queue": 1, "verb": "submit", "arguments": ["job-cherry"], "claim": None}
    worker.send("call", **call, halt_at=None)


def test_a_call_that_waits_for_a_lock_is_blocked_until_the_lock_is_free(worker, tmp_path):
    other = sqlite3.connect(tmp_path / "queue.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    submit(worker)
    assert worker.wait_until_blocked()
    other.execute("COMMIT")
    other.close()
    assert worker.answer() == {"job": None}


def test_a_call_whose_answer_is_not_read_yet_is_not_blocked(worker, reading):
    reading.clear()
    submit(worker)
    assert not worker.wait_until_blocked()
    reading.set()
    assert worker.answer() == {"job": None}
