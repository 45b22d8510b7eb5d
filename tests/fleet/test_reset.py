"""A reset stops all, and removes what rinq made and nothing else."""

from __future__ import annotations

import contextlib
import errno
import shutil
import sqlite3
from pathlib import Path

import pytest
from processes import lives

from rinq import Fleet
from rinq.errors import FilesUnavailable, FleetError, ForeignDatabase, Unavailable
from rinq.files import Files
from rinq.fleet.reset import plan_reset, reset
from rinq.queue import open_queue

NAME, FAILED, DONE = "abcdefghij", "klmnopqrst", "uvwxyzabcd"


@pytest.fixture
def used(configure):
    """The config of a queue with jobs in several statuses, files, logs, and a process."""
    config = configure()
    with open_queue(config) as queue:
        files = Files.of(config, queue)
        for name in (DONE, FAILED, NAME):
            files.create(name, b"text")
            queue.submit(name)
        claim = queue.claim("c1")
        files.write_result(DONE, 1, b"result")
        queue.complete(claim)
        queue.fail(queue.claim("c1"), "no", 1)
        for name in (DONE, FAILED):
            files.follow(queue.job(name))
    return config


def test_all_that_was_made_goes_with_its_folder(used):
    with Fleet(used, keep=True) as fleet:
        pid = fleet.start("manager", "mine").row.pid
        plan = reset(used)
        assert not lives(pid)
    assert (plan.running, set(plan.jobs)) == (("mine",), {NAME, FAILED, DONE})
    assert not used.primary_path.exists()
    assert used.file.exists()
    assert not reset(used)


def test_what_somebody_else_put_there_stays(used, tmp_path):
    folder = used.primary_path
    strangers = [folder / name for name in ("notes.txt", "zzzzzzzzzz", "zzzzzzzzzz.failed")]
    strangers += [folder / ".rinq" / "mine", folder / f"{NAME}.txt"]
    for file in strangers:
        file.write_text("mine")
    (folder / f"{DONE}.failed").symlink_to(tmp_path)
    reset(used)
    left = {path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}
    assert left == {*strangers, folder / f"{DONE}.failed"}
    assert {file.read_text() for file in strangers} == {"mine"}


def test_the_folder_of_the_config_stays_also_where_it_is_empty(configure):
    config = configure(general={"primary_path": "."})
    open_queue(config).close()
    reset(config)
    assert config.file.exists()
    assert not config.database.exists()


@pytest.fixture
def apart(configure, tmp_path):
    """The config of a queue with a job, whose database lies elsewhere than its files."""
    config = configure(general={"database": "apart/rinq.db"})
    with open_queue(config) as queue:
        Files.of(config, queue).create(NAME, b"text")
        queue.submit(NAME)
    return config


def test_the_mark_of_the_folder_goes_too_so_that_the_next_queue_may_have_it(apart):
    assert reset(apart).files_stay == ""
    assert not apart.primary_path.exists()
    apart.primary_path.mkdir()
    with open_queue(apart) as queue:
        Files.of(apart, queue).check()


@pytest.mark.parametrize("place", ["nothing", "empty", "another queue's"])
def test_in_the_place_of_a_folder_that_is_away_nothing_is_removed(apart, tmp_path, place):
    folder, kept = apart.primary_path, tmp_path / "kept"
    folder.rename(kept)
    if place != "nothing":
        folder.mkdir()
    if place == "another queue's":
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        (folder / ".rinq/queue").write_text("another")
    before = sorted(folder.rglob("*"))
    assert "but not their files" in str(plan_reset(apart))
    reset(apart)
    assert not apart.database.exists()
    assert sorted(folder.rglob("*")) == before
    assert folder.exists() is (place != "nothing")
    assert (kept / NAME).exists()


def test_a_database_that_cannot_be_read_goes_and_the_files_of_its_jobs_stay(used):
    for path in used.primary_path.glob("rinq.db-*"):
        path.unlink()
    used.database.write_bytes(b"no database " * 1000)
    reset(used)
    assert sorted(path.name for path in used.primary_path.iterdir()) == [
        NAME,
        f"{FAILED}.failed",
        DONE,
        f"{DONE}.processed",
    ]


def test_a_plan_says_what_goes_and_changes_nothing(used):
    before = sorted(used.primary_path.rglob("*"))
    assert str(plan_reset(used)).startswith("removes 3 jobs with their files, ")
    assert str(used.database) in str(plan_reset(used))
    assert sorted(used.primary_path.rglob("*")) == before


def test_the_database_of_another_program_stays(configure):
    config = configure(general={"database": "mine.db"})
    with contextlib.closing(sqlite3.connect(config.database)) as theirs, theirs:
        theirs.execute("CREATE TABLE mine (x)")
    with pytest.raises(ForeignDatabase):
        reset(config)
    assert config.database.exists()


def test_while_the_database_cannot_be_read_nothing_is_removed(used, monkeypatch):
    def unavailable(_):
        raise Unavailable("locked")

    before = sorted(used.primary_path.rglob("*"))
    monkeypatch.setattr("rinq.fleet.reset.open_queue", unavailable)
    with pytest.raises(Unavailable):
        reset(used)
    assert sorted(used.primary_path.rglob("*")) == before


@pytest.mark.parametrize("folder", ["logs", "results"])
def test_nothing_is_removed_behind_a_link_in_place_of_a_folder(used, tmp_path, folder):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for name in ("p.log", f"{NAME}.1"):
        (theirs / name).write_text("mine")
    link = used.primary_path / ".rinq" / folder
    with contextlib.suppress(OSError):
        link.rmdir()
    link.symlink_to(theirs)
    with contextlib.suppress(FilesUnavailable):
        reset(used)
    assert link.is_symlink()
    assert len(list(theirs.iterdir())) == 2


def test_a_strange_file_among_logs_and_results_stays(used):
    state = used.primary_path / ".rinq"
    (state / "logs").mkdir(exist_ok=True)
    for path in (state / "logs" / "notes.txt", state / "results" / "notes.txt"):
        path.write_text("mine")
    (state / "logs" / "p.log").write_text("")
    (state / "results" / f"{NAME}.3").write_text("")
    reset(used)
    left = [path.name for path in used.primary_path.rglob("*") if path.is_file()]
    assert left == ["notes.txt", "notes.txt"]


def test_jobs_that_are_submitted_until_the_last_process_stops_go_too(used, monkeypatch):
    late = "latelatela"

    def stop_all(fleet):
        (used.primary_path / late).write_text("text")
        with fleet.queue() as queue:
            queue.submit(late)
        return {}

    with Fleet(used) as fleet:
        fleet.start("manager", "mine")
        monkeypatch.setattr(Fleet, "stop_all", stop_all)
        reset(used)
    assert not used.primary_path.exists() or not list(used.primary_path.glob("late*"))


def test_what_cannot_be_deleted_is_told_in_one_sentence(used, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(FilesUnavailable, match="Read-only file system"):
        reset(used)


def test_a_process_of_a_host_that_is_gone_holds_up_a_reset_until_it_is_forgotten(used):
    with open_queue(used) as queue:
        queue.registry.register(
            "mine", "manager", pid=1, started=1, host="gone", owned=False, alive=lambda _: False
        )
    with pytest.raises(FleetError, match=r"mine could not be stopped\. .*rinq forget"):
        reset(used)
    Fleet(used).forget("mine")
    reset(used)
    assert not used.primary_path.exists()
