"""What a handler starts does not outlive its consumer, also where it detaches itself."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from processes import lives

from rinq.queue import Status

DAEMON = """
import subprocess, sys


def act(text):
    if text == "start a short one":
        return start("import os; os._exit(0)")
    return start("import time; time.sleep(1000)")


def start(program):
    \"\"\"Starts a program twice removed from this process, in a session of its own.\"\"\"
    starter = (
        "import subprocess, sys; "
        f"print(subprocess.Popen([sys.executable, '-c', {program!r}], start_new_session=True,"
        "stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)"
    )
    done = subprocess.run([sys.executable, "-c", starter], capture_output=True, text=True)
    return done.stdout
"""

NAME = "abcdefghij"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets adopt orphans")


@pytest.fixture
def config(configure, tmp_path):
    (tmp_path / "daemons_here.py").write_text(DAEMON)
    return configure(consumer={"handler": "daemons_here:act"})


@pytest.fixture
def daemon(fleet, queue, files, submit, eventually):
    """Starts a consumer and lets its handler start a daemon; returns both pids."""
    consumer = fleet.start("consumer", "mine").row.pid
    submit(NAME)
    eventually(lambda: queue.job(NAME).status is Status.PROCESSED)
    result = files.folder / f"{NAME}.processed"
    pid = int(eventually(lambda: result.exists() and result.read_text()))
    yield consumer, pid
    if lives(pid):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("end", ["stop_all", "kill", "forced"])
def test_a_daemon_ends_with_its_consumer(fleet, daemon, eventually, end):
    _, pid = daemon
    assert lives(pid)
    if end == "stop_all":
        assert fleet.stop_all() == {"mine": "stopped"}
    elif end == "kill":
        fleet.kill("mine")
    else:
        fleet.stop("mine", grace=0)
    eventually(lambda: not lives(pid))


def test_a_daemon_that_has_ended_is_no_zombie_for_ever(
    fleet, daemon, queue, files, submit, eventually
):
    other = "zyxwvutsrq"
    submit(other, "start a short one")
    result = files.folder / f"{other}.processed"
    pid = int(eventually(lambda: result.exists() and result.read_text()))
    eventually(lambda: not Path(f"/proc/{pid}").exists())
