"""What a person does to the queue: hand in a file, redrive, change settings."""

from __future__ import annotations

import random

import pytest

from rinq import audit
from rinq.config import Config
from rinq.errors import ConfigError, IllegalMove, UnknownJob, UnreadableFile
from rinq.files import MAX_BYTES
from rinq.queue import Status
from rinq.roles.operator import change_settings, redrive, submit_file

NAME = "abcdefghij"


@pytest.fixture
def rng():
    return random.Random(7)


def test_a_file_is_copied_in_under_a_fresh_name(queue, files, tmp_path, rng):
    source = tmp_path / "letter.txt"
    source.write_text("dear reader")
    names = {submit_file(queue, files, source, rng).name for _ in range(2)}
    assert len(names) == 2
    assert {files.read(name) for name in names} == {b"dear reader"}
    assert audit(queue, files).at_rest


def test_a_name_that_is_taken_is_drawn_again(queue, files, tmp_path):
    source = tmp_path / "letter.txt"
    source.write_text("dear reader")
    first = submit_file(queue, files, source, random.Random(7)).name
    second = submit_file(queue, files, source, random.Random(7)).name  # its file is in the way
    files.discard(first)
    third = submit_file(queue, files, source, random.Random(7)).name  # its name was used
    assert len({first, second, third}) == 3
    with pytest.raises(UnreadableFile):
        files.read(first)


def test_a_file_that_cannot_be_worked_on_is_refused(queue, files, tmp_path, rng):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for name in ("missing", "folder", "empty", "huge"):
        with pytest.raises(UnreadableFile, match=name):
            submit_file(queue, files, tmp_path / name, rng)
    assert queue.jobs() == []


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
