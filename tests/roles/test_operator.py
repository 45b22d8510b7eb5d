"""What a person does to the queue: hand in a file, redrive, change settings."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from rinq import audit
from rinq.config import Config
from rinq.errors import (
    ConfigError,
    FilesUnavailable,
    IllegalMove,
    Unavailable,
    UnknownJob,
    UnreadableFile,
)
from rinq.files import MAX_BYTES
from rinq.queue import Status
from rinq.roles.operator import change_settings, redrive, submit_files

NAME = "abcdefghij"


@pytest.fixture
def rng():
    return random.Random(7)


def test_a_file_is_copied_in_under_a_fresh_name(queue, files, tmp_path, rng):
    source = tmp_path / "letter.txt"
    source.write_text("dear reader")
    names = submit_files(queue, files, [source, source], rng)
    assert len({*names}) == 2
    assert {files.read(name) for name in names} == {b"dear reader"}
    assert audit(queue, files).at_rest


def test_a_name_that_is_taken_is_drawn_again(queue, files, tmp_path):
    source = tmp_path / "letter.txt"
    source.write_text("dear reader")
    (first,) = submit_files(queue, files, [source], random.Random(7))
    (second,) = submit_files(queue, files, [source], random.Random(7))  # its file is in the way
    files.discard(first)
    (third,) = submit_files(queue, files, [source], random.Random(7))  # its name was used
    assert len({first, second, third}) == 3
    with pytest.raises(UnreadableFile):
        files.read(first)


def test_a_file_that_cannot_be_worked_on_is_refused(queue, files, tmp_path, rng):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "good").write_text("text")
    for name in ("missing", "folder", "empty", "huge", "pipe", "x" * 5000, "nul\0"):
        with pytest.raises(UnreadableFile, match=name[:3]) as caught:
            submit_files(queue, files, [tmp_path / "good", tmp_path / name], rng)
        assert len(str(caught.value)) < 500
    with pytest.raises(UnreadableFile, match="no regular file"):
        submit_files(queue, files, [Path("/dev/zero")], rng)
    assert queue.jobs() == []
    assert files.listing().folder == {}


def test_where_one_file_cannot_be_made_none_is_submitted(queue, files, tmp_path, rng, trouble):
    source = tmp_path / "letter.txt"
    source.write_text("dear reader")
    trouble(files, "create", error=FilesUnavailable)
    with pytest.raises(FilesUnavailable):
        submit_files(queue, files, [source, source], rng)
    assert (queue.jobs(), files.listing().folder) == ([], {})


@pytest.mark.parametrize("after", [False, True])
def test_a_submit_that_meets_a_long_lock_leaves_no_file_behind(
    queue, files, tmp_path, rng, trouble, after
):
    """Unless its commit was made, and only saying so failed: then it is a job like any other."""
    source = tmp_path / "letter.txt"
    source.write_text("dear reader")
    trouble(queue, "submit_many", after=after)
    if after:
        (name,) = submit_files(queue, files, [source], rng)
        assert queue.job(name).status is Status.UNPROCESSED
    else:
        with pytest.raises(Unavailable):
            submit_files(queue, files, [source], rng)
        assert (queue.jobs(), files.listing().folder) == ([], {})


def test_a_redriven_job_gets_its_file_back(queue, files, submit):
    submit(NAME)
    queue.fail(queue.claim("consumer-1"), "no", n_tries=1)
    files.follow(queue.job(NAME))
    job, problems = redrive(queue, files, NAME)
    assert (job.status, job.actor, problems) == (Status.UNPROCESSED, "operator", [])
    assert files.read(NAME) == b"some text"


def test_what_is_not_failed_is_not_redriven(queue, files, submit):
    submit(NAME)
    with pytest.raises(IllegalMove):
        redrive(queue, files, NAME)
    with pytest.raises(UnknownJob):
        redrive(queue, files, "zyxwvutsrq")


def test_settings_are_changed_together_or_not_at_all(queue):
    config = Config()
    change_settings(queue, config, {"faults.error_rate": 0.6, "speed": 20})
    assert queue.settings.read() == {"faults.error_rate": 0.6}
    assert queue.clock.speed == 20
    with pytest.raises(ConfigError, match="at most 1"):
        change_settings(queue, config, {"faults.hang_rate": 0.6, "speed": 5})
    assert queue.settings.read() == {"faults.error_rate": 0.6}
    assert queue.clock.speed == 20
    change_settings(queue, config, {"faults.error_rate": None, "speed": None})
    assert queue.settings.read() == {}
    assert queue.clock.speed == 1
