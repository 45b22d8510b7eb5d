"""Who ends with whom: owners, kept processes, interrupts, restarts."""

from __future__ import annotations

import os
import signal

import pytest
from processes import lives

from rinq import Fleet
from rinq.queue import Status
from rinq.queue.liveness import State

NAME = "abcdefghij"

OWNER = """
import signal, sys, time
from rinq import Fleet
signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
owning, keeping = Fleet(sys.argv[1]), Fleet(sys.argv[1], keep=True)
owning.start("consumer", "owned")
keeping.start("manager", "kept")
print("up", flush=True)
time.sleep(1000)
"""


@pytest.fixture
def owner(program):
    """A program that has started two processes, one of which it owns."""
    started = program(OWNER)
    assert started.stdout.readline() == "up\n"
    return started


@pytest.fixture
def fleet(config, queue):
    """Another Fleet, which did not start what runs; it stops all at the end."""
    fleet = Fleet(config)
    yield fleet
    fleet.stop_all()


def test_owned_processes_end_with_their_owner_and_kept_ones_live_on(
    fleet, process, owner, queue, submit, holds, eventually
):
    submit(NAME, "sleep")
    holds("owned")
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    eventually(lambda: not lives(process("owned").row.pid))
    assert process("owned").state is State.STOPPED
    assert queue.job(NAME).event == "release"
    kept = process("kept")
    assert kept.state is State.RUNNING
    assert not kept.row.owned
    turn = queue.clock.now()
    eventually(lambda: (process("kept").row.cycle_began or 0) > turn)

    # and another Fleet controls it
    fleet.freeze("kept")
    assert process("kept").state is State.FROZEN
    fleet.thaw("kept")
    assert process("kept").state is State.RUNNING
    assert fleet.stop("kept") is State.STOPPED


def test_an_owner_that_ends_as_it_should_takes_the_owned_along(fleet, process, program, eventually):
    done = program("import sys; from rinq import Fleet; Fleet(sys.argv[1]).start('manager', 'm')")
    assert done.wait(60) == 0
    eventually(lambda: process("m").state is State.STOPPED)


def test_an_interrupt_of_the_owner_reaches_no_process(fleet, process, owner, queue, eventually):
    os.killpg(owner.pid, signal.SIGINT)
    assert owner.stdout.readline() == "interrupted\n"
    turn = queue.clock.now()
    eventually(lambda: (process("kept").row.cycle_began or 0) > turn)
    eventually(lambda: (process("owned").row.cycle_began or 0) > turn)
    assert {process(name).state for name in ("kept", "owned")} == {State.RUNNING}


def test_input_that_is_at_its_end_does_not_end_a_kept_process(fleet, process, queue, eventually):
    """As under pm2 or systemd."""
    keeping = Fleet(fleet.config, keep=True)
    keeping.start("manager", "kept")
    eventually(lambda: process("kept").row.cycle_ended)
    assert process("kept").state is State.RUNNING


# Restarts


@pytest.fixture
def restarting(config, queue):
    with Fleet(config, restart=True) as fleet:
        yield fleet


def test_a_crashed_process_is_started_again(restarting, process, queue, submit, eventually):
    first = restarting.start("consumer", "mine")
    os.kill(first.row.pid, signal.SIGKILL)
    eventually(lambda: process("mine").row.incarnation == 2 and process("mine").row.ready)
    submit(NAME)
    eventually(lambda: queue.job(NAME).status is Status.PROCESSED)
    restarting.kill("mine")
    eventually(lambda: process("mine").row.incarnation == 3 and process("mine").row.ready)


def test_an_injected_crash_kills_the_consumer_and_it_comes_back(
    restarting, process, queue, submit, eventually
):
    queue.settings.change({"faults.crash_rate": 1})
    submit(NAME)
    restarting.start("consumer", "mine")
    eventually(lambda: process("mine").row.incarnation >= 2)
    assert next(mark.event for mark in queue.registry.process_events()) == "crash"
    assert queue.job(NAME).status is Status.PROCESSING


def test_a_process_that_was_stopped_stays_so(restarting, queue, eventually, monkeypatch):
    restarting.start("manager", "mine")
    restarting.start("manager", "theirs")
    restarting.stop("mine")
    Fleet(restarting.config).stop("theirs")  # by another program, on purpose
    looks = []
    processes = restarting.processes
    monkeypatch.setattr(restarting, "processes", lambda: looks.append(1) or processes())
    eventually(lambda: len(looks) >= 3)
    assert {row.name: row.incarnation for row in queue.registry.processes()} == {
        "mine": 1,
        "theirs": 1,
    }
    assert {row.outcome for row in queue.registry.processes()} == {"stopped"}


def test_without_restart_a_crashed_process_stays_so(config, queue, process, eventually):
    with Fleet(config) as fleet:
        os.kill(fleet.start("manager", "mine").row.pid, signal.SIGKILL)
        eventually(lambda: process("mine").state is State.CRASHED)
        assert fleet._supervisor is None
