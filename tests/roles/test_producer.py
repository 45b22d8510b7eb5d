"""The Producer, step by step: a file complete on disk, then its name submitted."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from rinq import audit
from rinq.errors import FilesUnavailable, Unavailable
from rinq.queue import Status
from rinq.queue.model import is_job_name
from rinq.roles import producer as module
from rinq.roles.producer import Producer


def names(files):
    return sorted(path.name for path in files.folder.iterdir() if path.is_file())


@pytest.fixture
def producer(hire):
    return hire(Producer)


def test_it_makes_a_file_and_submits_its_name(producer, queue, files):
    assert producer() == 5
    (job,) = queue.jobs()
    assert job.status is Status.UNPROCESSED
    assert job.actor == "producer-1"
    assert is_job_name(job.name)
    assert job.name.isalpha()
    assert job.name.islower()
    assert len(files.read(job.name).decode().split()) > 10
    assert audit(queue, files).at_rest


def test_the_file_is_complete_before_its_name_is_submitted(producer, queue, files):
    submit = queue.submit
    seen = []

    def watched(name, process=None):
        seen.append(files.read(name))
        return submit(name, process)

    queue.submit = watched
    producer()
    assert seen == [files.read(queue.jobs()[0].name)]


def test_a_seed_repeats_names_and_texts(hire, queue, files):
    producer = hire(Producer)
    producer()
    producer()
    first = {job.name: files.read(job.name) for job in queue.jobs()}
    queue._db.run("DELETE FROM jobs")
    for name in first:
        files.discard(name)
    again = hire(Producer)
    again()
    again()
    assert {job.name: files.read(job.name) for job in queue.jobs()} == first


@pytest.fixture
def draw(monkeypatch):
    """Sets the names that are drawn next."""

    def arrange(*drawn):
        left = iter(drawn)
        monkeypatch.setattr(module, "draw_name", lambda _: next(left))

    return arrange


def test_a_file_in_the_way_is_left_and_another_name_drawn(producer, queue, files, draw):
    draw("collisions", "freshnames")
    (files.folder / "collisions").write_text("somebody's")
    producer()
    assert [job.name for job in queue.jobs()] == ["freshnames"]
    assert (files.folder / "collisions").read_text() == "somebody's"


def test_a_name_used_before_is_drawn_again_and_leaves_no_file(producer, queue, files, draw):
    draw("usedbefore", "freshnames")
    queue.submit("usedbefore")
    assert producer() == 0  # at once
    assert names(files) == []
    assert producer() == 5
    assert names(files) == ["freshnames"]


def test_a_paused_producer_makes_nothing(producer, queue, files):
    queue.settings.change({"paused": True})
    assert producer() == 0.25
    assert (queue.jobs(), names(files)) == ([], [])
    queue.settings.change({"paused": None})
    producer()
    assert len(queue.jobs()) == 1


def test_its_interval_is_a_live_setting(producer, queue):
    queue.settings.change({"producer.interval": 2.5})
    assert producer() == 2.5


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_trouble_at_any_call_loses_no_file_and_no_job(
    hire, queue, files, saboteur, patiently, after
):
    calls = [(queue.settings, "read"), (queue.clock, "now"), (queue, "submit")]
    calls += [(queue.registry, "record_cycle")]
    methods: list[tuple[Any, ...]] = [(target, verb, Unavailable) for target, verb in calls]
    methods += [(files, "discard", FilesUnavailable)]
    if not after:
        methods += [(files, "create", FilesUnavailable)]  # which leaves nothing when it fails
    for at in itertools.count():
        producer = hire(Producer, general={"seed": at})
        watch = saboteur(methods, at, after=after)
        with watch:
            patiently(producer)
        made = {job.name: job for job in queue.jobs()}
        assert sorted(made) == names(files), watch.hit
        assert all(files.read(name) for name in made)
        if watch.hit is None:
            break
    assert at >= 4
    assert audit(queue, files).at_rest


def test_a_submit_that_was_committed_though_it_raised_keeps_its_file(
    producer, queue, files, trouble, patiently
):
    trouble(queue, "submit", after=True)
    assert patiently(producer) == 5
    (job,) = queue.jobs()
    assert names(files) == [job.name]
    producer()
    assert len(queue.jobs()) == 2
