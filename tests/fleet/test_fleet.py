"""Starting, stopping and listing processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from processes import lives

from rinq import Fleet
from rinq.config import Config
from rinq.errors import (
    AlreadyRunning,
    ConfigError,
    CorruptDatabase,
    FilesUnavailable,
    FleetError,
    NotRunning,
    StartFailed,
)
from rinq.fleet import launch as launch_module
from rinq.fleet import logs
from rinq.fleet import starting as starting_module
from rinq.fleet import stopping as stopping_module
from rinq.queue import Status
from rinq.queue.liveness import State
from rinq.queue.sqlite.migrating import SCHEMA_VERSION

ROLES = ("producer", "consumer", "cleaner", "manager")
NAME = "abcdefghij"


def pids(fleet):
    """Every operating-system process of a fleet: each role's own, and its helpers'."""
    found = set()
    for process in fleet.processes():
        if process.alive:
            own = psutil.Process(process.row.pid)
            found |= {own.pid, *(helper.pid for helper in own.children(recursive=True))}
    return found


# Starting


def test_a_start_returns_when_the_process_is_up(fleet):
    up = fleet.start("cleaner", "mine")
    assert up.state is State.RUNNING
    assert up.row.role == "cleaner"
    assert up.row.incarnation == 1
    assert up.row.ready is not None
    assert lives(up.row.pid)
    assert [process.row.pid for process in fleet.processes()] == [up.row.pid]


def test_the_four_roles_do_the_work_together(fleet, queue, eventually):
    for role in ROLES:
        fleet.start(role)
    assert eventually(lambda: queue.counts()[Status.PROCESSED] >= 3)
    assert {process.name for process in fleet.processes()} == {f"{role}-1" for role in ROLES}
    turns = [row.cycle_ended for row in queue.registry.processes() if row.role == "producer"]
    assert turns[0] <= queue.clock.now()


def test_without_a_name_it_takes_the_next_free_one(fleet):
    names = [fleet.start("manager").name for _ in range(2)]
    assert names == ["manager-1", "manager-2"]
    fleet.stop("manager-1")
    again = fleet.start("manager")
    assert (again.name, again.row.incarnation) == ("manager-1", 2)


def test_a_config_without_a_file_is_enough(tmp_path):
    config = Config.parse({"general": {"primary_path": str(tmp_path / "jobs"), "speed": 20}})
    with Fleet(config) as fleet:
        fleet.start("producer")
        assert fleet.processes()[0].alive


def test_a_module_in_the_folder_does_not_replace_pythons_own(fleet, tmp_path, monkeypatch):
    for name in ("queue", "random", "logging", "tempfile"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('a lesson of mine')")
    monkeypatch.chdir(tmp_path)
    assert fleet.start("consumer").alive


@pytest.mark.parametrize("name", ["--owned", "-", "a" * 40])
def test_any_possible_name_can_be_started_and_stopped(fleet, name):
    assert fleet.start("manager", name).name == name
    assert fleet.stop(name) is State.STOPPED


@pytest.mark.parametrize(
    "name", ["", ".", "../evil", "a/b", "a b", "a\n", "é", "a" * 41, "$(id)", "a;b", "\0"]
)
def test_a_hostile_name_is_refused_everywhere(fleet, tmp_path, name):
    before = sorted(path for path in tmp_path.rglob("*") if "rinq.db" not in path.name)
    for act in (lambda: fleet.start("manager", name), lambda: fleet.tail(name)):
        with pytest.raises(ConfigError):
            act()
    for act in (fleet.stop, fleet.kill, fleet.freeze, fleet.thaw, fleet.restart, fleet.forget):
        with pytest.raises(NotRunning):
            act(name)
    assert sorted(path for path in tmp_path.rglob("*") if "rinq.db" not in path.name) == before
    assert fleet.processes() == []


def test_an_unknown_role_is_refused(fleet):
    with pytest.raises(ConfigError, match="is not a role: producer, consumer"):
        fleet.start("dancer", "mine")


# A start that fails


def test_a_handler_that_cannot_be_imported_is_told_by_the_start(configure):
    with Fleet(configure(consumer={"handler": "no_such_module:act"})) as fleet:
        with pytest.raises(StartFailed, match="No module named 'no_such_module'"):
            fleet.start("consumer", "mine")
        assert fleet.processes()[0].state is State.CRASHED
        assert fleet.start("manager", "mine").row.incarnation == 2


def test_a_config_that_has_become_wrong_is_told_by_the_start(fleet, config):
    config.file.write_text("consumer: {n_tries: none}")
    with pytest.raises(StartFailed, match=r"consumer\.n_tries: expected a whole number"):
        fleet.start("manager", "mine")
    assert fleet.processes() == []


def test_a_folder_that_cannot_be_used_is_told_by_the_start(fleet, config):
    (config.primary_path / ".rinq").mkdir()
    (config.primary_path / ".rinq" / "results").write_text("a file in the way")
    with pytest.raises(FilesUnavailable, match="The folder cannot be used"):
        fleet.start("producer", "mine")
    assert fleet.processes() == []


def test_a_log_that_cannot_be_written_is_told_by_the_start(fleet, config, monkeypatch):
    """As where the disk is full: the process itself could then say nothing."""
    log = logs.log_path(config, "mine")
    open_log = logs.open_log

    def full(path, mode):
        return Path("/dev/full").open("ab") if mode == "ab" else open_log(path, mode)

    monkeypatch.setattr(logs, "open_log", full)
    monkeypatch.setattr(launch_module, "open_log", full)
    config.file.write_text("consumer: {n_tries: none}")
    with pytest.raises(StartFailed, match=f"{log} cannot be written: No space left on device"):
        fleet.start("manager", "mine")


def test_a_corrupt_database_is_told_by_the_start(configure):
    config = configure()
    config.primary_path.mkdir()
    config.database.write_bytes(b"no database " * 1000)
    with pytest.raises(CorruptDatabase), Fleet(config) as fleet:
        fleet.start("manager", "mine")


def test_only_the_last_lines_of_this_start_are_told(fleet, config):
    fleet.start("manager", "mine")
    fleet.stop("mine")
    config.file.write_text("[")
    with pytest.raises(StartFailed) as failure:
        fleet.start("manager", "mine")
    assert "not YAML" in str(failure.value)
    assert "incarnation" not in str(failure.value)


def test_an_interrupted_start_leaves_no_process(fleet, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(starting_module, "is_launched", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fleet.start("manager", "mine")
    assert not lives(fleet.processes()[0].row.pid)


# One name, one process


def test_a_name_that_runs_cannot_be_started_again(fleet):
    first = fleet.start("manager", "mine")
    for role in ("manager", "producer"):
        with pytest.raises(AlreadyRunning, match=f"mine.*manager.*{first.row.pid}"):
            fleet.start(role, "mine")
    assert [process.row.pid for process in fleet.processes()] == [first.row.pid]


STARTER = """
import sys
from rinq import Fleet
from rinq.errors import RinqError
fleet = Fleet(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
try:
    print("pid", fleet.start("manager", "mine").row.pid, flush=True)
except RinqError as error:
    print(type(error).__name__, error, flush=True)
sys.stdin.readline()
"""


def test_of_two_starts_at_once_one_wins_and_the_other_says_so(fleet, program, eventually):
    starters = [program(STARTER) for _ in range(2)]
    for starter in starters:
        assert starter.stdout.readline() == "ready\n"
    for starter in starters:
        starter.stdin.write("go\n")
        starter.stdin.flush()
    said = sorted(starter.stdout.readline().strip() for starter in starters)
    assert said[0].startswith("AlreadyRunning A process of this name is running: mine")
    assert said[1] == f"pid {fleet.processes()[0].row.pid}"
    assert fleet.processes()[0].state is State.RUNNING


def test_two_fleets_on_one_folder_both_work(configure, queue, eventually):
    one, two = Fleet(configure("one.yaml")), Fleet(configure("two.yaml", consumer={"n_tries": 1}))
    with one, two:
        one.start("producer", "first")
        one.start("consumer", "here")
        two.start("consumer", "there")
        with pytest.raises(AlreadyRunning):
            two.start("producer", "first")
        assert [p.name for p in one.processes()] == [p.name for p in two.processes()]

        def actors():
            return {row.actor for row in queue.history.transitions() if row.event == "complete"}

        eventually(lambda: actors() == {"here", "there"})
        two.stop("first")
        one.close()
        assert {p.name: p.state for p in two.processes()} == {
            "first": State.STOPPED,
            "here": State.STOPPED,
            "there": State.RUNNING,
        }


# Stopping


def test_a_graceful_stop_hands_the_job_back(fleet, queue, submit, holds, eventually):
    submit(NAME, "sleep")
    fleet.start("consumer", "mine")
    holds("mine")
    helpers = pids(fleet)
    assert fleet.processes()[0].job == NAME
    assert fleet.stop("mine") is State.STOPPED
    job = queue.job(NAME)
    assert (job.status, job.event, job.tries) == (Status.UNPROCESSED, "release", 0)
    eventually(lambda: not any(lives(pid) for pid in helpers))
    (ended,) = fleet.processes()
    assert (ended.state, ended.job) == (State.STOPPED, None)


def test_a_busy_handler_in_c_does_not_hold_up_a_stop(fleet, queue, submit, holds):
    submit(NAME, "busy in C")
    fleet.start("consumer", "mine")
    holds("mine")
    assert fleet.stop("mine") is State.STOPPED
    assert queue.job(NAME).event == "release"


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_end_is_a_graceful_stop(fleet, process, queue, submit, holds, eventually, sent):
    submit(NAME, "sleep")
    pid = fleet.start("consumer", "mine").row.pid
    holds("mine")
    os.kill(pid, sent)
    eventually(lambda: process("mine").state is State.STOPPED)
    assert queue.job(NAME).event == "release"


def test_a_process_that_ignores_a_closing_terminal_goes_on(fleet, process, queue, eventually):
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        pid = fleet.start("manager", "mine").row.pid
    finally:
        signal.signal(signal.SIGHUP, before)
    os.kill(pid, signal.SIGHUP)
    turn = queue.clock.now()
    eventually(lambda: (process("mine").row.cycle_began or 0) > turn)
    assert process("mine").state is State.RUNNING


def test_all_are_stopped_side_by_side(fleet, eventually):
    for role in ROLES:
        fleet.start(role)
    alive = pids(fleet)
    assert set(fleet.stop_all().values()) == {State.STOPPED}
    assert fleet.stop_all() == {}
    eventually(lambda: not any(lives(pid) for pid in alive))


@pytest.fixture
def starting(configure, fleet, tmp_path, eventually):
    """A process that is still starting, since its handler's module takes long to import."""
    (tmp_path / "slow_handlers.py").write_text("import time; time.sleep(1000)")
    other = Fleet(configure("slow.yaml", consumer={"handler": "slow_handlers:act"}))
    failures = []

    def start():
        with pytest.raises(StartFailed) as failure:
            other.start("consumer", "mine")
        failures.append(failure.value)

    thread = threading.Thread(target=start)
    thread.start()
    row = eventually(fleet.processes)[0].row
    eventually(lambda: len(psutil.Process(row.pid).children()) == 2)
    yield row
    thread.join(60)
    assert len(failures) == 1
    assert not lives(row.pid)


def test_a_process_that_does_not_stop_is_killed(fleet, starting):
    assert fleet.processes()[0].state is State.STARTING
    assert fleet.stop("mine", grace=0.1) is State.KILLED


def test_a_process_that_is_still_starting_is_not_frozen(fleet, starting):
    with pytest.raises(NotRunning, match="still starting"):
        fleet.freeze("mine")
    fleet.kill("mine")


@pytest.fixture
def hours(monkeypatch):
    """Lets hours pass for the fleet: ``hours.append(2)``."""
    passed = []
    ahead = SimpleNamespace(
        monotonic=lambda: time.monotonic() + 3600 * sum(passed), sleep=time.sleep
    )
    for module in (starting_module, stopping_module):
        monkeypatch.setattr(module, "time", ahead)
    return passed


def test_a_start_that_takes_too_long_leaves_no_process(hours, starting, eventually):
    family = [psutil.Process(starting.pid), *psutil.Process(starting.pid).children()]
    for process in family:
        process.suspend()  # as by another program
    hours.append(1)
    eventually(lambda: not any(lives(process.pid) for process in family))


def test_what_does_not_run_cannot_be_stopped(fleet):
    with pytest.raises(NotRunning, match="never started"):
        fleet.stop("mine")
    fleet.start("manager", "mine")
    fleet.stop("mine")
    for act in (fleet.stop, fleet.kill, fleet.freeze, fleet.thaw):
        with pytest.raises(NotRunning, match="mine"):
            act("mine")


def test_a_restart_is_a_new_incarnation(fleet):
    first = fleet.start("manager", "mine")
    second = fleet.restart("mine")
    assert (second.row.incarnation, second.row.role) == (2, "manager")
    assert not lives(first.row.pid)
    fleet.stop("mine")
    assert fleet.restart("mine").row.incarnation == 3


def test_the_end_of_a_with_block_leaves_nothing_behind(config, queue, submit, holds, eventually):
    submit(NAME, "sleep")
    alive = set()

    def break_off():
        with Fleet(config, restart=True) as fleet:
            for role in ROLES:
                fleet.start(role)
            holds("consumer-1")
            fleet.freeze("consumer-1")
            fleet.kill("manager-1")
            alive.update(pids(fleet))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert alive
    eventually(lambda: not any(lives(pid) for pid in alive))
    assert not any(process.alive for process in Fleet(config).processes())
    assert queue.job(NAME).status is not Status.PROCESSING


# The list


def test_a_process_that_was_killed_from_outside_has_crashed(fleet, process, eventually):
    pid = fleet.start("manager", "mine").row.pid
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: process("mine").state is State.CRASHED)
    assert process("mine").row.outcome == "crashed"
    assert process("mine").row.ended is not None


def test_a_process_that_has_ended_can_be_forgotten(fleet):
    with pytest.raises(NotRunning):
        fleet.forget("mine")
    fleet.start("manager", "mine")
    with pytest.raises(AlreadyRunning):
        fleet.forget("mine")
    fleet.stop("mine")
    fleet.forget("mine")
    assert fleet.processes() == []


def test_a_process_that_is_forgotten_or_replaced_by_hand_ends(fleet, queue, eventually):
    pid = fleet.start("manager", "mine").row.pid
    queue._db.run("DELETE FROM processes")
    eventually(lambda: not lives(pid))


def test_its_log_is_read_from_the_end(fleet):
    fleet.start("manager", "mine")
    fleet.stop("mine")
    lines = fleet.tail("mine")
    assert "up, incarnation 1" in lines[0]
    assert "stopped" in lines[-1]
    assert fleet.tail("mine", 1) == lines[-1:]
    assert fleet.tail("unknown") == []


# Whose pid it is


@pytest.fixture
def stranger(program):
    """A living program that has nothing to do with us."""
    return psutil.Process(program("import time; time.sleep(1000)").pid)


@pytest.fixture
def enter(queue):
    """Writes a row of ``processes`` as it may have been left behind."""

    def write(pid, started, host=None):
        queue.registry.register(
            "mine",
            "manager",
            pid=pid,
            started=started,
            host=host or socket.gethostname(),
            owned=False,
            alive=lambda _: False,
        )
        queue.registry.ready("mine", 1)

    return write


def test_a_pid_that_another_program_was_given_is_never_signalled(fleet, stranger, enter):
    enter(stranger.pid, stranger.create_time() - 100)
    for act in (fleet.kill, fleet.stop, fleet.freeze, fleet.thaw):
        with pytest.raises(NotRunning):
            act("mine")
    assert fleet.stop_all() == {}
    assert stranger.status() in (psutil.STATUS_SLEEPING, psutil.STATUS_RUNNING)
    assert fleet.processes()[0].state is State.CRASHED
    assert fleet.start("manager", "mine").row.incarnation == 2
    assert stranger.is_running()


def test_a_process_of_another_host_is_left_to_it(fleet, stranger, enter, queue):
    enter(stranger.pid, stranger.create_time(), host="elsewhere")
    assert fleet.processes()[0].state is State.ELSEWHERE
    with pytest.raises(AlreadyRunning):
        fleet.start("manager", "mine")
    for act in (fleet.kill, fleet.freeze, fleet.thaw):
        with pytest.raises(FleetError):
            act("mine")
    assert fleet.stop("mine", grace=0.1) is State.ELSEWHERE
    assert queue.registry.stop_requested("mine", 1)
    assert fleet.processes()[0].state is State.ELSEWHERE, "it may well live on"
    assert stranger.is_running()
    fleet.forget("mine")
    assert queue.registry.stop_requested("mine", 1), "it ends if it does live on"
    assert fleet.start("manager", "mine").state is State.RUNNING


# Another version of rinq


def set_version(config, version):
    with contextlib.closing(sqlite3.connect(config.database)) as other, other:
        other.execute(f"PRAGMA user_version = {version}")


def test_a_process_ends_in_one_sentence_when_another_version_migrates_its_database(
    fleet, config, eventually
):
    pid = fleet.start("manager", "mine").row.pid
    set_version(config, SCHEMA_VERSION + 1)
    eventually(lambda: not lives(pid))
    set_version(config, SCHEMA_VERSION)
    text = (config.primary_path / ".rinq/logs/mine.log").read_text()
    assert text.count("was migrated by another version of rinq while it was open here") == 1
    assert "Traceback" not in text
