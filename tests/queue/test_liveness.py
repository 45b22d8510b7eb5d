"""Which operating-system process a row means, and what became of it."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from rinq.queue import ProcessRow
from rinq.queue.liveness import State, find, is_alive, start_time, state, this_process
from rinq.queue.system import host

NAME, BOOT, NAMESPACE = host().split("/", 2)
MADE = start_time(os.getpid())


def row(**values):
    """A row of ``processes`` that means this very program, but for ``values``."""
    fields = dict.fromkeys(ProcessRow.__slots__)
    mine = {"name": "mine", "pid": os.getpid(), "started": MADE, "host": host()}
    return ProcessRow(**{**fields, **mine, "ready": 1.0, **values})


def test_this_process_is_found_by_what_it_registers():
    pid, started, host = this_process()
    assert find(row(pid=pid, started=started, host=host)) == psutil.Process()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, State.RUNNING),
        ({"ready": None}, State.STARTING),
        ({"started": MADE - 100}, State.CRASHED),
        ({"started": MADE + 100}, State.CRASHED),
        ({"pid": 2**22 + 1}, State.CRASHED),
        ({"outcome": "stopped"}, State.STOPPED),
        ({"outcome": "killed"}, State.KILLED),
        ({"host": "elsewhere"}, State.ELSEWHERE),
        ({"host": f"{NAME}/{BOOT}/another-namespace"}, State.ELSEWHERE),
        ({"host": f"{NAME}/an-earlier-boot/{NAMESPACE}"}, State.CRASHED),
        ({"pid": -1}, State.CRASHED),
        ({"pid": 0}, State.CRASHED),
        ({"outcome": "written by hand"}, State.RUNNING),
        ({"outcome": "running", "pid": 0}, State.CRASHED),
        ({"host": "elsewhere", "outcome": "stopped"}, State.STOPPED),
    ],
)
def test_what_became_of_a_process(values, expected):
    assert state(row(**values)) is expected
    assert is_alive(row(**values)) == (expected in ("running", "starting", "elsewhere"))


@pytest.mark.parametrize("values", [{"started": MADE - 100}, {"host": "elsewhere"}])
def test_a_process_that_is_not_meant_is_not_found(values):
    assert find(row(**values)) is None


def test_a_child_that_was_not_waited_for_has_ended(eventually):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    meant = row(pid=child.pid, started=start_time(child.pid))
    assert state(meant) is State.RUNNING
    child.kill()
    eventually(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
    assert state(meant) is State.CRASHED
    assert find(meant) is None
    child.wait()
    child.stdin.close()


def test_a_process_that_version_1_registered_is_known_by_its_old_marks():
    made = psutil.Process().create_time()
    old = {"host": NAME, "started": made}
    assert state(row(**old)) is State.RUNNING
    assert state(row(**{**old, "started": made - 100})) is State.CRASHED
