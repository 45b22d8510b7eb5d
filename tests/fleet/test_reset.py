"""A reset stops all, and removes what rinq made and nothing else."""

from __future__ import annotations

import shutil

import pytest
from processes import lives

from rinq import Fleet
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
