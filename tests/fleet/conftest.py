"""A fleet of real processes on a queue of its own, fifty times as fast as real time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
import yaml

from rinq import Fleet
from rinq.config import Config
from rinq.files import Files
from rinq.queue import open_queue

HANDLERS = """
import collections, itertools, os, time, uuid


def act(text):
    if text == "sleep":
        time.sleep(1000)
    if text == "busy in C":
        collections.deque(itertools.repeat(0), maxlen=0)
    if text == "chatter":
        for _ in range(30_000):
            print("x" * 99)
    if text == "forge":
        raise ValueError("\\x1b[31m\\n12:00:00.000 completed forged")
    if text == "fail":
        raise ValueError("no")
    return f"{text} {uuid.uuid4()}"
"""


@pytest.fixture
def configure(tmp_path):
    """Writes a config file, ``configure(consumer={"n_tries": 1})``, and reads it."""
    (tmp_path / "handlers_here.py").write_text(HANDLERS)

    def write(name="config.yaml", **sections):
        values: dict[str, dict[str, Any]] = {
            "general": {"primary_path": "jobs", "speed": 50, "durability": "normal", "seed": 7},
            "producer": {"interval": 5},
            "consumer": {"interval": [1, 2], "handler": "handlers_here:act"},
        }
        for section, keys in sections.items():
            values.setdefault(section, {}).update(keys)
        (tmp_path / name).write_text(yaml.safe_dump(values))
        return Config.load(tmp_path / name)

    return write


@pytest.fixture
def config(configure):
    return configure()


@pytest.fixture
def queue(config):
    config.primary_path.mkdir()
    with open_queue(config) as opened:
        yield opened


@pytest.fixture
def files(config):
    return Files(config.primary_path, durable=False)


@pytest.fixture
def fleet(config, queue):
    with Fleet(config) as opened:
        yield opened


@pytest.fixture
def submit(queue, files):
    def submit_one(name, text="some text"):
        files.create(name, text.encode())
        return queue.submit(name, "somebody")

    return submit_one


@pytest.fixture
def process(fleet):
    """A process as it stands now, by name."""
    return lambda name: next(p for p in fleet.processes() if p.name == name)


@pytest.fixture
def holds(queue, eventually):
    """Waits until the process of this name holds a job; returns the job."""

    def wait(name):
        def held():
            return [job for job in queue.jobs() if job.process == name]

        return eventually(held)[0]

    return wait


@pytest.fixture
def settled(queue, eventually):
    """Waits until every job is processed, or failed and cleaned."""

    def wait():
        def at_rest():
            counts = queue.counts()
            return counts["processed"] + counts["cleaned"] == sum(counts.values())

        eventually(at_rest)

    return wait


@pytest.fixture
def program(config, tmp_path):
    """Starts a program of another process; it is killed at the end, if it still lives."""
    started = []

    def start(code, *arguments):
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(config.file), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a process group of its own, to be interrupted as a whole
        )
        started.append(child)
        return child

    yield start
    for child in started:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdin.close()
        child.stdout.close()
