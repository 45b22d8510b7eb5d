"""A queue knows its folder again: an empty mount point, or another queue's folder, is not it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from rinq import audit
from rinq.config import Config
from rinq.errors import FilesUnavailable, UnreadableFile
from rinq.files import Files
from rinq.queue import open_queue

NAME, OTHER = "abcdefghij", "zyxwvutsrq"
MARK = ".rinq/queue"


@pytest.fixture
def config(tmp_path):
    """The database lies elsewhere than the files."""
    return configured(tmp_path / "disk" / "jobs", tmp_path / "database" / "rinq.db")


def configured(folder, database):
    general = {"primary_path": str(folder), "database": str(database), "durability": "normal"}
    return Config.parse({"general": general})


@pytest.fixture
def queue(config):
    with open_queue(config) as opened:
        yield opened


@pytest.fixture
def files(config, queue):
    return Files.of(config, queue)


@pytest.fixture
def used(files, queue):
    """A folder with the file of a job."""
    files.create(NAME, b"text")
    queue.submit(NAME)
    return files.folder


@pytest.fixture
def away(used, tmp_path):
    """What moves the folder away; it returns what brings the folder back."""

    def move():
        used.rename(tmp_path / "moved")
        return lambda: (shutil.rmtree(used, ignore_errors=True), (tmp_path / "moved").rename(used))

    return move


ACTS: dict[str, Callable[[Any, Any], object]] = {
    "check": lambda files, _: files.check(),
    "create": lambda files, _: files.create(OTHER, b"text"),
    "discard": lambda files, _: files.discard(NAME),
    "read": lambda files, _: files.read(NAME),
    "write_result": lambda files, _: files.write_result(NAME, 1, b"result"),
    "follow": lambda files, queue: files.follow(queue.job(NAME)),
    "erase": lambda files, _: files.erase([NAME]),
    "half_done": lambda files, _: files.half_done(),
    "listing": lambda files, _: files.listing(),
}
"""Everything that files are asked for."""


def test_a_folder_is_made_and_marked_for_a_queue_without_jobs(files, queue):
    files.create(NAME, b"text")
    assert (files.folder / MARK).read_text().strip() == queue.identity
    assert len(queue.identity) == 32


def test_the_mark_is_no_file_of_a_job_to_anybody(files, queue, used):
    assert files.listing().folder == {NAME: True}
    assert files.half_done() == []
    assert audit(queue, files).at_rest


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("place", ["nothing", "empty mount point", "another queue's", "a file"])
def test_in_the_place_of_a_folder_that_is_away_nothing_is_done(
    files, queue, used, away, tmp_path, place, act
):
    back = away()
    if place == "a file":
        used.touch()
    elif place != "nothing":
        used.mkdir()
    if place == "another queue's":
        other = configured(used, tmp_path / "other.db")
        with open_queue(other) as stranger:
            Files.of(other, stranger).create(NAME, b"not ours")
    before = sorted(used.rglob("*"))
    with pytest.raises(FilesUnavailable, match=str(used)):
        ACTS[act](files, queue)
    assert sorted(used.rglob("*")) == before
    if place == "a file":
        used.unlink()
    back()
    assert files.read(NAME) == b"text"
    ACTS[act](files, queue)


def test_a_file_that_is_missing_in_the_right_folder_is_the_jobs_own_fault(files, used):
    (used / NAME).unlink()
    with pytest.raises(UnreadableFile, match="missing"):
        files.read(NAME)


def test_a_folder_that_goes_while_a_file_is_written_is_found_out(files, used, away, monkeypatch):
    """Else the file would be in the mount point, out of sight once the disk is back."""
    write = files._store.write

    def late(entry, content, *, new):
        away()
        used.mkdir()
        write(entry, content, new=new)

    monkeypatch.setattr(files._store, "write", late)
    with pytest.raises(FilesUnavailable, match="mark"):
        files.create(OTHER, b"text")


def test_the_folder_of_an_earlier_version_is_known_by_a_file_of_a_job(config, queue, used):
    (used / MARK).unlink()
    (used / NAME).rename(used / f"{NAME}.failed")
    Files.of(config, queue).check()
    assert (used / MARK).read_text().strip() == queue.identity


def test_a_folder_without_a_mark_and_with_strangers_files_only_is_not_taken(config, queue, used):
    (used / MARK).unlink()
    (used / NAME).rename(used / OTHER)
    with pytest.raises(FilesUnavailable, match="does not have this queue's mark") as caught:
        Files.of(config, queue).check()
    (used / MARK).write_text(queue.identity)  # as the error says
    assert queue.identity in str(caught.value)
    Files.of(config, queue).check()


@pytest.mark.parametrize("mark", [None, "the mark of a database that was deleted here"])
def test_the_folder_in_which_the_database_lies_is_the_queues(tmp_path, mark):
    config = configured(tmp_path / "jobs", tmp_path / "jobs" / "rinq.db")
    with open_queue(config) as queue:
        queue.submit(NAME)
        if mark:
            (tmp_path / "jobs/.rinq").mkdir()
            (tmp_path / "jobs" / MARK).write_text(mark)
        Files.of(config, queue).check()
        assert (tmp_path / "jobs" / MARK).read_text().strip() == queue.identity


def test_beside_a_new_database_the_old_queue_takes_no_folder_back(tmp_path):
    config = configured(tmp_path / "jobs", tmp_path / "jobs" / "rinq.db")
    with open_queue(config) as old:
        files = Files.of(config, old)
        files.check()
        shutil.rmtree(tmp_path / "jobs")
        with pytest.raises(FilesUnavailable):
            files.check()
        assert not (tmp_path / "jobs").exists()
        with open_queue(config) as new:
            Files.of(config, new).check()
            with pytest.raises(FilesUnavailable, match="another queue"):
                files.check()
            Files.of(config, new).check()


@pytest.mark.parametrize("what", ["folder", "link"])
def test_a_mark_that_is_no_file_is_waited_out(config, queue, used, tmp_path, what):
    (used / MARK).unlink()
    if what == "folder":
        (used / MARK).mkdir()
    else:
        (tmp_path / "elsewhere").write_text(queue.identity)
        (used / MARK).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FilesUnavailable):
        Files.of(config, queue).read(NAME)
