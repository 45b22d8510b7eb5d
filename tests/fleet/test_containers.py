"""Processes in a pid namespace of their own, as in a container without an init."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest

from rinq.fleet.starting import START_TIME
from rinq.queue.liveness import State
from rinq.queue.system import host

CONTAINER = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
RINQ = [sys.executable, "-c", "from rinq.cli import main; main()"]


@pytest.fixture
def container(config):
    """Runs a command of rinq as the first process of a container; killed at the end."""
    with contextlib.suppress(OSError):
        if subprocess.run([*CONTAINER, "true"], capture_output=True, check=False).returncode:
            pytest.skip("the system makes no pid namespace")
    started = []

    def run(*arguments):
        command = [*CONTAINER, *RINQ, *arguments, "--config", str(config.file)]
        started.append(subprocess.Popen(command))

    yield run
    for process in started:
        process.kill()
        process.wait()


def test_a_process_of_a_container_is_elsewhere_and_stops_when_asked(
    fleet, process, container, eventually
):
    container("run", "manager", "mine")
    eventually(lambda: any(it.row.ready for it in fleet.processes()), START_TIME)
    assert (process("mine").state, process("mine").row.pid) == (State.ELSEWHERE, 1)
    assert fleet.stop("mine") is State.STOPPED


def test_a_container_that_was_killed_starts_its_process_again(
    fleet, process, queue, container, eventually
):
    former = f"{host().rpartition('/')[0]}/a-former-namespace"
    queue.registry.register(
        "mine", "manager", pid=1, started=1.0, host=former, owned=False, alive=lambda _: False
    )
    assert process("mine").state is State.ELSEWHERE
    container("run", "manager", "mine")
    eventually(lambda: process("mine").row.incarnation == 2, START_TIME)
    assert fleet.stop("mine") is State.STOPPED
