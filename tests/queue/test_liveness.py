"""Which operating-system process a row means, and what became of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import psutil
import pytest

from rinq.queue import ProcessRow
from rinq.queue.liveness import (
    SLACK,
    State,
    find,
    is_alive,
    is_another_alive,
    start_time,
    state,
    this_process,
)
from rinq.queue.system import host, moment

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
        ({"host": "elsewhere", "outcome": "crashed"}, State.CRASHED),
        ({"host": f"another-name/{BOOT}/{NAMESPACE}"}, State.RUNNING),
        ({"host": f"another-name/an-earlier-boot/{NAMESPACE}"}, State.ELSEWHERE),
        ({"outcome": "crashed"}, State.RUNNING),  # recorded by a host of the same name
        ({"outcome": "crashed", "started": MADE - 100}, State.CRASHED),
    ],
)
def test_what_became_of_a_process(values, expected):
    assert state(row(**values)) is expected
    assert is_alive(row(**values)) == (expected in ("running", "starting", "elsewhere"))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, True),
        ({"host": f"{NAME}/{BOOT}/a-former-namespace"}, False),
        ({"host": f"{NAME}/{BOOT}/another-namespace", "pid": os.getpid() + 1}, True),
        ({"host": f"another-name/{BOOT}/another-namespace"}, True),
    ],
)
def test_a_container_that_was_started_again_is_no_other(values, expected):
    assert is_another_alive(row(**values)) is expected


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


IN_ANOTHER_TIME = """
import sys
from rinq.queue.liveness import start_time
from rinq.queue.system import moment
print(start_time(int(sys.argv[1])), moment().since_boot)
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="there is no unshare here")
def test_a_container_with_a_time_of_its_own_sees_the_same_times():
    command = ["unshare", "--time", "--boottime", "3600", sys.executable, "-c", IN_ANOTHER_TIME]
    before = moment().since_boot
    done = subprocess.run([*command, str(os.getpid())], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the system makes no time namespace: {done.stderr}")
    started, now = map(float, done.stdout.split())
    assert started == pytest.approx(MADE, abs=SLACK)
    assert before < now < moment().since_boot
