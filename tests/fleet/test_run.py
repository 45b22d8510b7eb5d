"""A fleet in a temporary folder of its own, for lessons and experiments."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from rinq import Run, Status
from rinq.errors import ConfigError

FAST: dict[str, Any] = {
    "general": {"speed": 100, "durability": "normal", "seed": 7},
    "consumer": {"interval": [0, 2]},
}


def test_a_run_settles_what_it_is_given_and_leaves_nothing():
    with Run(FAST) as run:
        for name in ("abcdefghij", "zyxwvutsrq"):
            run.files.create(name, b"some text")
            run.queue.submit(name)
        run.fleet.start("consumer")
        counts = asyncio.run(run.settled())
        assert counts[Status.PROCESSED] == 2
        folder = run.folder
        assert (folder / "jobs" / "abcdefghij.processed").exists()
        assert repr(run) == "Run()", "a saved cell must not hold a path"
    assert not folder.exists()


def test_it_waits_for_so_many_jobs():
    with Run(FAST) as run:
        run.fleet.start("producer")
        run.fleet.start("consumer")
        counts = asyncio.run(run.settled(2))
        assert counts[Status.PROCESSED] >= 2


def test_a_wait_that_is_over_says_how_far_it_came():
    with Run(FAST) as run:
        run.queue.submit("abcdefghij")
        with pytest.raises(TimeoutError, match="0 jobs settled in 0 s"):
            asyncio.run(run.settled(timeout=0))


def test_a_wrong_config_makes_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ConfigError):
        Run({"consumer": {"n_tries": 0}})
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_forgotten_deletes_its_folder():
    run = Run(FAST)
    folder = run.folder
    run.queue.close()
    del run
    gc.collect()
    assert not folder.exists()


def test_a_run_that_nobody_holds_any_more_stops_its_processes_before_its_folder_goes():
    run = Run()
    folder, pid = run.folder, run.fleet.start("cleaner").row.pid
    del run
    gc.collect()
    assert not psutil.pid_exists(pid)
    assert not folder.exists()


def test_the_folder_of_a_program_that_was_killed_is_swept_by_the_next_run():
    program = "import os, rinq; run = rinq.Run(); print(run.folder); os.kill(os.getpid(), 9)"
    command = [sys.executable, "-u", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    left = Path(done.stdout.strip())
    assert left.exists()
    with Run() as run:
        assert not left.exists()
        with Run():
            assert run.folder.exists()
