"""Killing and freezing: where, and what becomes of a job whose holder was away."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import psutil
import pytest
from processes import lives

from rinq import audit
from rinq.errors import Unavailable
from rinq.queue import Status, open_queue
from rinq.queue.liveness import State

NAME = "abcdefghij"


def helpers(pid):
    return [helper.pid for helper in psutil.Process(pid).children(recursive=True)]


def published(files):
    return (files.folder / f"{NAME}.processed").read_bytes()


def test_a_killed_process_leaves_its_job_in_hand(fleet, process, queue, submit, holds, eventually):
    submit(NAME, "sleep")
    pid = fleet.start("consumer", "mine").row.pid
    holds("mine")
    alive = [pid, *helpers(pid)]
    killed = fleet.kill("mine")
    assert (killed.state, killed.job) == (State.KILLED, NAME)
    assert process("mine").state is State.KILLED
    assert queue.job(NAME).process == "mine"
    assert [
        (mark.process, mark.event, mark.detail) for mark in queue.registry.process_events()
    ] == [("mine", "kill", NAME)]
    eventually(lambda: not any(lives(pid) for pid in alive))


def test_a_frozen_process_stands_still_with_its_helpers(fleet, process, queue, submit, holds):
    submit(NAME, "sleep")
    pid = fleet.start("consumer", "mine").row.pid
    holds("mine")
    frozen = fleet.freeze("mine")
    assert (frozen.state, frozen.job) == (State.FROZEN, NAME)
    assert process("mine").state is State.FROZEN
    states = {psutil.Process(p).status() for p in (pid, *helpers(pid))}
    assert states == {psutil.STATUS_STOPPED}
    fleet.thaw("mine")
    assert process("mine").state is State.RUNNING
    assert [mark.event for mark in queue.registry.process_events()] == ["freeze", "thaw"]


def test_freezing_and_thawing_twice_is_no_trouble(fleet, process):
    fleet.start("manager", "mine")
    for act in (fleet.freeze, fleet.freeze, fleet.thaw, fleet.thaw):
        act("mine")
    assert process("mine").state is State.RUNNING


def test_a_process_is_thawed_also_where_no_mark_can_be_written(
    fleet, process, config, queue, monkeypatch
):
    fleet.start("manager", "mine")
    fleet.freeze("mine")

    @contextlib.contextmanager
    def impatient():
        with open_queue(config) as opened:
            opened._db.wait = 0  # type: ignore[attr-defined]
            yield opened

    with monkeypatch.context() as patch, queue.exclusive():
        patch.setattr(fleet, "queue", impatient)
        with pytest.raises(Unavailable):
            fleet.thaw("mine")
    assert process("mine").state is State.RUNNING


def test_a_frozen_process_can_be_stopped(fleet, queue, submit, holds):
    submit(NAME, "sleep")
    fleet.start("consumer", "mine")
    holds("mine")
    fleet.freeze("mine")
    assert fleet.stop("mine") is State.STOPPED
    assert queue.job(NAME).event == "release"


def test_a_frozen_process_that_is_killed_leaves_no_helper(fleet, submit, holds, eventually):
    submit(NAME, "sleep")
    pid = fleet.start("consumer", "mine").row.pid
    holds("mine")
    alive = [pid, *helpers(pid)]
    assert len(alive) > 1
    fleet.freeze("mine")
    fleet.kill("mine")
    eventually(lambda: not any(lives(pid) for pid in alive))


def test_nobody_is_frozen_in_the_middle_of_a_write(fleet, config, queue):
    """A producer that writes all the time is frozen, and others can write at once."""
    queue.settings.change({"producer.interval": 0})
    fleet.start("producer", "mine")
    for _ in range(15):
        fleet.freeze("mine")
        with open_queue(config) as other:
            other._db.wait = 0  # type: ignore[attr-defined]
            other.settings.change({"faults.error_rate": 0.5})
        fleet.thaw("mine")
    assert audit(queue)


def test_a_freeze_waits_until_the_system_has_halted_the_process(fleet, queue):
    queue.settings.change({"producer.interval": 0})
    pid = fleet.start("producer", "mine").row.pid
    for _ in range(15):
        fleet.freeze("mine")
        assert psutil.Process(pid).status() == psutil.STATUS_STOPPED
        fleet.thaw("mine")


# The zombie


@pytest.fixture
def colleagues(fleet):
    def start():
        fleet.start("manager", "manager")
        fleet.start("consumer", "prompt")

    return start


def test_a_zombie_that_comes_to_complete_is_refused_and_changes_no_file(
    fleet, process, colleagues, queue, files, submit, eventually
):
    """Stopped with its result written, past its lease, while another completes the job."""
    submit(NAME)
    fleet.start("consumer", "zombie", failpoint="result-written=stop")
    eventually(lambda: process("zombie").state is State.FROZEN)
    assert [path.name for path in (files.folder / ".rinq/results").iterdir()] == [f"{NAME}.1"]
    colleagues()
    eventually(lambda: queue.job(NAME).status is Status.PROCESSED)
    accepted = queue.job(NAME)
    assert (accepted.attempt, accepted.actor) == (2, "prompt")
    eventually((files.folder / f"{NAME}.processed").exists)
    result = published(files)
    fleet.thaw("zombie")
    refusal = eventually(
        lambda: [row for row in queue.history.transitions() if row.event == "refused"]
    )[0]
    assert (refusal.actor, refusal.attempt) == ("zombie", 1)
    fleet.stop_all()
    but_for_the_refusal = {"entries": accepted.entries, "last_entry": accepted.last_entry}
    assert replace(queue.job(NAME), **but_for_the_refusal) == accepted
    assert published(files) == result
    assert list((files.folder / ".rinq/results").iterdir()) == []
    assert audit(queue, files).at_rest


def test_a_zombie_in_the_middle_of_its_work_gives_up_and_goes_on(
    fleet, process, colleagues, queue, files, submit, holds, eventually
):
    queue.settings.change({"consumer.work_time": 30})
    submit(NAME)
    fleet.start("consumer", "zombie")
    holds("zombie")
    fleet.freeze("zombie")
    colleagues()
    eventually(lambda: queue.job(NAME).process == "prompt")
    fleet.thaw("zombie")
    eventually(lambda: queue.job(NAME).status is Status.PROCESSED)
    eventually(lambda: any("lost the claim" in line for line in fleet.tail("zombie")))
    assert queue.job(NAME).actor == "prompt"
    fleet.stop("prompt")
    submit("zyxwvutsrq")
    eventually(lambda: queue.job("zyxwvutsrq").status is Status.PROCESSED)
    fleet.stop_all()
    assert audit(queue, files).at_rest
