"""The command line, run as a user runs it: exit codes, one-line errors, JSON."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys

import pytest
import typer.main

from rinq import Fleet, PersistentQSQLite
from rinq.cli import app, main
from rinq.queue.liveness import State

COMMAND = [sys.executable, "-c", "from rinq.cli import main; main()"]


@pytest.fixture
def rinq(tmp_path, monkeypatch, capsys):
    """Call ``rinq ARGUMENTS`` in an empty folder; returns (exit code, output, errors).

    It runs in this process, since a new one takes 0.4 s to import what a command needs; what only
    a process shows is asked of one below.
    """
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["rinq", *arguments])
        code = None
        try:
            main()
        except SystemExit as end:
            code = end.code
        output, errors = capsys.readouterr()
        if isinstance(code, str):  # the interpreter prints it, and exits with 1
            code, errors = 1, f"{errors}{code}\n"
        return code or 0, output, errors

    yield call
    if (tmp_path / "rinq.db").exists():
        call("stop", "--all")


@pytest.fixture
def submitted(rinq, tmp_path):
    """The name of a job handed in by ``rinq submit``."""
    (tmp_path / "letter.txt").write_text("some text")
    code, output, _ = rinq("submit", "letter.txt", "--json")
    assert code == 0
    return json.loads(output)[0]["job"]


def test_a_file_handed_in_becomes_a_job_with_its_content(rinq, submitted, tmp_path):
    assert (tmp_path / submitted).read_text() == "some text"
    _, output, _ = rinq("jobs", "--status", "unprocessed", "--json")
    assert [job["name"] for job in json.loads(output)] == [submitted]


def test_a_job_is_worked_on_by_started_processes_and_its_history_told(
    rinq, submitted, tmp_path, eventually
):
    rinq("set", "speed=50")
    code, output, _ = rinq("start", "consumer")
    assert (code, output.split()[0]) == (0, "consumer-1")
    eventually((tmp_path / f"{submitted}.processed").exists)
    _, output, _ = rinq("history", submitted, "--json")
    assert [move["event"] for move in json.loads(output)] == ["submit", "claim", "complete"]
    _, output, _ = rinq("ps", "--json")
    assert [row["state"] for row in json.loads(output)] == ["running"]
    _, output, _ = rinq("logs", "consumer-1")
    assert f"completed {submitted}" in output
    assert rinq("stop", "consumer-1")[:2] == (0, "consumer-1 stopped.\n")


def test_a_process_is_killed_frozen_and_thawed_by_name(rinq, submitted):
    rinq("start", "consumer", "anna")
    assert rinq("freeze", "anna")[0] == 0
    assert json.loads(rinq("ps", "--json")[1])[0]["state"] == "frozen"
    assert rinq("thaw", "anna")[0] == 0
    assert rinq("kill", "anna")[0] == 0
    assert json.loads(rinq("ps", "--json")[1])[0]["state"] == "killed"


def test_a_process_of_a_host_that_is_gone_can_be_forgotten(rinq, submitted, tmp_path, monkeypatch):
    with PersistentQSQLite(tmp_path / "rinq.db") as queue:
        queue.registry.register(
            "far", "manager", pid=1, started=1, host="gone", owned=False, alive=lambda _: False
        )
    monkeypatch.setattr(Fleet, "stop", lambda *_: State.ELSEWHERE)  # after its grace
    assert "far elsewhere.\n" in (told := rinq("stop", "far")[1])
    assert "rinq forget" in told
    assert rinq("forget", "far")[:2] == (0, "far is off the list.\n")


def test_starting_a_name_twice_is_refused_in_one_line(rinq):
    rinq("start", "manager", "m")
    code, _, errors = rinq("start", "manager", "m")
    assert code == 1
    assert errors.splitlines()[-1].startswith("rinq: A process of this name is running: m")


def test_run_serves_in_the_foreground_until_it_is_told_to_end(rinq, tmp_path):
    command = [*COMMAND, "run", "cleaner", "c"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        assert "up, incarnation 1" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert "stopped" in process.stderr.read()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_failed_job_is_redriven_by_name_and_all_at_once(rinq, tmp_path, eventually):
    (tmp_path / "config.yaml").write_text("consumer: {n_tries: 1}\nfaults: {error_rate: 1}\n")
    (tmp_path / "a").write_text("text")
    job = json.loads(rinq("submit", "a", "--json")[1])[0]["job"]
    rinq("start", "consumer")
    eventually((tmp_path / f"{job}.failed").exists)
    rinq("stop", "--all")
    assert rinq("redrive", job)[:2] == (0, f"{job} is unprocessed again.\n")
    assert (tmp_path / job).exists()
    code, _, errors = rinq("redrive", job)
    assert code == 1
    assert "does not allow this" in errors
    assert rinq("redrive", "--all")[:2] == (0, "No failed jobs.\n")


def test_a_job_is_submitted_for_later(rinq, tmp_path):
    (tmp_path / "a").write_text("text")
    assert rinq("submit", "a", "--in", "3600")[0] == 0
    with PersistentQSQLite(tmp_path / "rinq.db") as queue:
        (job,) = queue.jobs()
        assert job.due - job.since == pytest.approx(3600)
        assert queue.claim("me") is None
    assert rinq("submit", "a", "--in", "-1")[0] == 2


def test_a_job_is_cancelled_with_its_reason_and_can_be_redriven(rinq, submitted, tmp_path):
    code, output, _ = rinq("cancel", submitted, "--why", "not needed")
    assert code == 0
    assert f"{submitted} is cancelled" in output
    assert "rinq redrive" in output
    assert (tmp_path / f"{submitted}.failed").exists()
    assert "not needed" in rinq("history", submitted)[1]
    assert rinq("cancel", submitted, "--why", "again")[0] == 1
    assert rinq("redrive", submitted)[0] == 0
    assert rinq("audit")[0] == 0


def test_old_jobs_are_moved_to_an_archive_that_is_audited_by_itself(rinq, submitted, tmp_path):
    with PersistentQSQLite(tmp_path / "rinq.db") as queue:
        queue.submit("abcdefghij")
        queue.cancel("abcdefghij", "me", "not needed")
        queue.clean("abcdefghij", "me")
        queue.history.transitions()
        queue.submit("zyxwvutsrq")
        (tmp_path / "zyxwvutsrq").write_text("text")
        queue.clock.shift(7200)
    assert rinq("prune", "--older-than", "3h")[1].startswith("0 jobs moved to ")
    assert rinq("prune", "--older-than", "1h")[1].startswith("1 jobs moved to ")
    assert rinq("audit")[0] == 0
    code, output, _ = rinq("audit", "rinq.db.archive")
    assert code == 0
    assert output.startswith("valid: 1 jobs, 3 transitions (rows and history, no files)")
    assert rinq("prune", "--older-than", "1h", "--drop")[1] == "0 jobs dropped.\n"
    assert rinq("prune", "--older-than", "soon")[0] == 2
    assert rinq("prune", "--older-than", "1h", "--drop", "--archive", "a.db")[0] == 2


def test_settings_are_set_shown_and_removed(rinq, submitted):
    assert rinq("set", "faults.error_rate=0.3", "paused=true", "speed=20")[0] == 0
    told = json.loads(rinq("status", "--json")[1])
    assert told["settings"] == {"faults.error_rate": 0.3, "paused": True}
    assert told["speed"] == 20
    rinq("set", "faults.error_rate=", "paused=", "speed=")
    told = json.loads(rinq("status", "--json")[1])
    assert (told["settings"], told["speed"]) == ({}, 1)
    assert told["counts"]["unprocessed"] == 1


def test_an_audit_says_its_verdict_by_its_exit_code_too(rinq, submitted, tmp_path):
    code, output, _ = rinq("audit")
    assert code == 0
    assert output.startswith("valid: 1 jobs, 1 transitions (rows, history and files)")
    with contextlib.closing(sqlite3.connect(tmp_path / "rinq.db")) as by_hand, by_hand:
        by_hand.execute("UPDATE jobs SET status = 'processed'")
    code, output, _ = rinq("audit", "--json")
    told = json.loads(output)
    assert (code, told["verdict"]) == (1, "invalid")
    assert (told["problems"][0]["rule"], told["problems"][0]["job"]) == ("legal-move", submitted)


def test_an_audit_that_cannot_judge_has_exit_code_3(rinq, tmp_path):
    code, output, _ = rinq("audit", "--json")
    assert (code, json.loads(output)["verdict"]) == (3, "unknown")
    (tmp_path / "rinq.db").write_bytes(b"no database" * 100)
    code, output, errors = rinq("audit")
    assert (code, errors) == (3, "")
    assert "SQLite cannot read this file as a database" in output
    (tmp_path / "config.yaml").write_text("general: {primary_path: nowhere}\n")
    code, output, _ = rinq("audit")
    assert code == 3
    assert "there is no folder" in output
    assert not (tmp_path / "nowhere").exists()


def test_where_the_folder_is_away_a_command_says_so_and_makes_nothing(rinq, tmp_path):
    text = "general: {primary_path: disk, database: rinq.db}\n"
    (tmp_path / "config.yaml").write_text(text)
    (tmp_path / "letter.txt").write_text("some text")
    assert rinq("submit", "letter.txt")[0] == 0
    (tmp_path / "disk").rename(tmp_path / "moved")
    for there in (False, True):
        if there:
            (tmp_path / "disk").mkdir()
        for arguments in (["submit", "letter.txt"], ["start", "manager"]):
            code, _, errors = rinq(*arguments)
            assert (code, errors.count("\n")) == (1, 1)
            assert ("does not have this queue's mark" if there else "there is no folder") in errors
        assert rinq("audit")[0] == 3
        assert (tmp_path / "disk").exists() is there
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_submit_that_meets_a_lock_for_too_long_leaves_no_file(rinq, submitted, tmp_path):
    before = sorted(tmp_path.iterdir())
    with contextlib.closing(sqlite3.connect(tmp_path / "rinq.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        code, _, errors = rinq("submit", "letter.txt")
    assert (code, "locked for more than 10 s" in errors) == (1, True)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set", "consumer.n_tries=4"], "read when a process starts"),
        (["set", "faults.error_rate=2"], "from 0 to 1"),
        (["set", "speed"], "KEY=VALUE"),
        (["submit", "missing.txt"], "No such file"),
        (["status"], "there is none yet"),
        (["logs", "nobody"], "has no log"),
        (["stop", "nobody"], "was never started"),
        (["kill", "../../etc"], "was never started"),
        (["start", "consumer", "../x"], "is not a name"),
        (["ps", "--config", "confg.yaml"], "no such file"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_1(rinq, arguments, message):
    code, _, errors = rinq(*arguments)
    last = errors.splitlines()[-1]
    assert code == 1
    assert message in last
    assert "Traceback" not in errors


def test_the_program_itself_ends_with_the_exit_code_and_the_line(tmp_path):
    command = [*COMMAND, "stop", "nobody"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("rinq: ")
    assert done.stderr.count("\n") == 1


def test_the_newest_jobs_are_listed_and_a_line_says_how_to_see_more(rinq, tmp_path):
    names = [f"job{n:07}" for n in range(2500)]
    with PersistentQSQLite(tmp_path / "rinq.db") as queue:
        queue.submit_many(names)
        queue.complete(queue.claim("anna"))

    def listed(*arguments):
        code, output, errors = rinq("jobs", *arguments)
        assert code == 0
        return [line.split()[0] for line in output.splitlines()[1:]], errors

    assert listed() == (
        names[-50:],
        "The newest 50 of 2,500: --limit N lists more, --all all of them.\n",
    )
    assert listed("--limit", "1100")[0] == names[-1100:]
    assert listed("--limit", "2500") == (names, "")
    assert listed("--all") == (names, "")
    assert listed("--status", "processed") == (names[:1], "")
    assert listed("--status", "unprocessed", "--limit", "2")[1].startswith("The newest 2 of 2,499:")
    for arguments, expected in (((), names), (("--all",), names), (("--limit", "3"), names[-3:])):
        told = json.loads(rinq("jobs", "--json", *arguments)[1])
        assert [job["name"] for job in told] == expected
    assert rinq("jobs", "--status", "failed", "--json")[1] == "[]\n"
    assert rinq("jobs", "--status", "failed")[1] == "No such jobs.\n"
    assert rinq("jobs", "--all", "--limit", "3")[0] == 2


def test_jobs_are_read_in_parts_and_never_all_at_once(rinq, tmp_path, monkeypatch):
    with PersistentQSQLite(tmp_path / "rinq.db") as queue:
        queue.submit_many([f"job{n:07}" for n in range(5000)])
    parts = []

    def read(self, *arguments, **options):
        parts.append(len(found := jobs(self, *arguments, **options)))
        return found

    jobs = PersistentQSQLite.jobs
    monkeypatch.setattr(PersistentQSQLite, "jobs", read)
    for arguments in (("--json",), ("--all",), ("--limit", "3000")):
        assert rinq("jobs", *arguments)[0] == 0
    assert max(parts) == 1000
    parts.clear()
    rinq("jobs")
    assert sum(parts) == 50


HOSTILE = "\x1b[31mred\x07\r\n12:00:00 completed abcdefghij\u202e \x9b2J\u2028end"


def test_no_escape_sequence_and_no_forged_line_reaches_the_terminal(rinq, tmp_path):
    with PersistentQSQLite(tmp_path / "rinq.db") as queue:
        queue.submit("abcdefghij", HOSTILE)
        queue.fail(queue.claim(HOSTILE), HOSTILE, n_tries=1)
        queue.registry.register(
            HOSTILE, HOSTILE, pid=1, started=0.0, host="x", owned=False, alive=lambda _: False
        )
        queue.registry.ended(HOSTILE, 1, "stopped")
    with contextlib.closing(sqlite3.connect(tmp_path / "rinq.db")) as by_hand, by_hand:
        by_hand.execute("UPDATE jobs SET at = 1, name = ?", [HOSTILE])
    (tmp_path / ".rinq/logs").mkdir(parents=True)
    (tmp_path / ".rinq/logs/anna.log").write_text(HOSTILE)
    (tmp_path / HOSTILE.partition("\n")[0]).touch()
    for command in ("jobs", "ps", "audit", "history x", "logs anna"):
        _, output, errors = rinq(*command.split())
        assert all(line.isprintable() for line in (output + errors).split("\n")), command
        assert not any(line.startswith("12:00:00") for line in output.split("\n")) or (
            command == "logs anna"  # each line of a log is its own
        )
    assert r"\x1b[31mred" in rinq("jobs")[1]


def test_a_copy_is_never_written_over_a_file_and_the_file_is_named(rinq, tmp_path):
    (tmp_path / "mine").touch()
    (tmp_path / "link").symlink_to("nothing")
    (tmp_path / ".rinq").mkdir()
    for name in ("mine", "link", ".rinq"):
        code, output, errors = rinq("simulate", "--hours", "0.01", "--save", name)
        assert (code, output) == (1, "")
        assert f"there already: {name}. It was left" in errors
    assert (tmp_path / "mine").read_bytes() == b""
    code, _, errors = rinq("simulate", "--hours", "0.01", "--save", "none/day.db")
    assert (code, errors.count("\n")) == (1, 1)
    assert "no copy in none/day.db" in errors


def test_a_folder_that_was_deleted_under_the_terminal_gets_one_line(rinq, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    code, _, errors = rinq("status")
    assert (code, errors.count("\n")) == (1, 1)
    assert "No such file or directory" in errors


def test_what_a_terminal_cannot_show_is_printed_with_escapes(tmp_path):
    (tmp_path / "caf\xe9").write_text("text")
    command = [*COMMAND, "submit", "caf\xe9"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert r"caf\xe9" in done.stdout


def test_nothing_is_made_by_only_looking(rinq, tmp_path):
    for command in ("status", "ps", "jobs", "history x", "audit"):
        rinq(*command.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["start", "baker"], ["stop"], ["redrive"], ["nonsense"], ["jobs", "--status", "x"]],
)
def test_wrong_usage_has_exit_code_2(rinq, arguments):
    assert rinq(*arguments)[0] == 2


def test_every_command_takes_a_config_and_every_list_can_be_json():
    commands = typer.main.get_group(app).commands
    options = {name: {o for p in c.params for o in p.opts} for name, c in commands.items()}
    of_learners = {"check", "new-queue"}  # queues that have no config
    assert {name for name, found in options.items() if "--config" not in found} == of_learners
    printing = {"ps", "logs", "submit", "status", "jobs", "history", "audit", "check", "simulate"}
    assert all("--json" in options[name] for name in printing)


def test_the_demo_ends_in_what_became_of_every_job(tmp_path):
    command = [*COMMAND, "demo", "--seconds", "3", "--seed", "7"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    submitted, settled, left = (
        int(part.split()[0]) for part in done.stdout.strip().splitlines()[-1].split(", ")
    )
    assert submitted == settled + left > 0
    assert list(tmp_path.iterdir()) == []


def test_the_seeds_command_name_is_the_same_program():
    import importlib.metadata

    scripts = importlib.metadata.entry_points(group="console_scripts")
    values = {s.name: s.value for s in scripts if s.value.startswith("rinq.")}
    assert values["atk-training-rin-q-basic"] == values["rinq"] == "rinq.cli:main"


def test_a_day_is_simulated_and_the_same_seed_tells_the_same(rinq, tmp_path):
    given = ("simulate", "--hours", "0.5", "--seed", "3", "--set", "consumers=2")
    code, output, _ = rinq(*given, "--json", "--save", "day.db")
    told = json.loads(output)
    assert (code, told["verdict"]) == (0, "valid")
    assert told["scenario"]["consumers"] == 2
    assert told["measures"]["arrivals"] == 360
    assert json.loads(rinq(*given, "--json")[1])["digest"] == told["digest"]
    assert "verdict            valid" in rinq(*given)[1]
    (tmp_path / "config.yaml").write_text("general: {database: day.db}")
    assert sum(json.loads(rinq("status", "--json")[1])["counts"].values()) == 360


def test_a_scenario_is_read_from_a_file(rinq, tmp_path):
    (tmp_path / "scenario.yaml").write_text(
        "seconds: 600\nconsumers: 2\nfaults: [{at: 30, do: kill, whom: consumer-1}]\n"
    )
    code, output, _ = rinq("simulate", "scenario.yaml", "--json")
    assert (code, json.loads(output)["measures"]["seconds"]) == (0, 600)
    (tmp_path / "scenario.yaml").write_text("secnds: 600")
    code, _, errors = rinq("simulate", "scenario.yaml")
    assert code == 1
    assert "secnds: unknown" in errors
