"""A power cut at any moment: what was synced is there afterwards, and it is enough."""

from __future__ import annotations

import itertools
import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from rinq import audit
from rinq.config import Config
from rinq.errors import FilesUnavailable
from rinq.faults import watched
from rinq.files import Files
from rinq.queue import Status, open_queue
from rinq.roles.cleaner import Cleaner
from rinq.roles.consumer import Consumer
from rinq.roles.producer import Producer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks up descriptors in /proc")


class PowerCut(Exception):
    """Nothing of this program runs after it."""


class SyncedDisk:
    """What of a folder would be there after a power cut: what was synced, as it was then.

    Args:
        root: a folder that itself is on disk.
        cut: before which sync, counted from 0, the power is cut; None: at ``cut_now``.
        database: a copy of it as of the cut goes to ``saved``.
    """

    def __init__(self, root, database, saved, *, cut=None):
        self.root, self.database, self.saved, self.cut = root, database, saved, cut
        self.syncs = 0
        self.is_off = False
        self._folders: dict[int, dict[str, int]] = {}  # by inode: the inode of each entry
        self._files: dict[int, bytes] = {}
        self._kept: list[int] = []  # descriptors, so that no inode is given twice

    def sync(self, descriptor):
        """In the place of ``os.fsync``."""
        if self.syncs == self.cut:
            self.cut_now()
        self.syncs += 1
        path, found = Path(f"/proc/self/fd/{descriptor}").readlink(), os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            entries = os.scandir(path)
            self._folders[found.st_ino] = {entry.name: entry.inode() for entry in entries}
        else:
            self._files[found.st_ino] = path.read_bytes()
        self._kept.append(os.dup(descriptor))

    def cut_now(self):
        if not self.is_off:
            self.is_off = True
            with sqlite3.connect(self.database) as db:
                db.execute("VACUUM INTO ?", (str(self.saved),))
            db.close()
        raise PowerCut

    def restore(self, target, folder=None):
        """Write what is there after the cut to a new folder."""
        target.mkdir()
        inode = self.root.stat().st_ino if folder is None else folder
        for name, entry in self._folders.get(inode, {}).items():
            if entry in self._files:
                (target / name).write_bytes(self._files[entry])
            else:
                self.restore(target / name, entry)

    def close(self):
        for descriptor in self._kept:
            os.close(descriptor)


@pytest.fixture
def live(tmp_path, desk, monkeypatch):
    """Lets one job live from producer to result, with a power cut; returns what is left."""

    def run(trial, *, cut=None, point=None, durability="full"):
        folder = tmp_path / str(trial)
        folder.mkdir()
        (folder / "disk").mkdir()
        config = _config(folder / "disk", folder / "rinq.db", durability)
        with open_queue(config) as queue, monkeypatch.context() as patched:
            disk = SyncedDisk(folder / "disk", config.database, folder / "saved.db", cut=cut)
            patched.setattr(os, "fsync", disk.sync)
            desk.at_once = lambda task: task.finish()
            try:
                with watched(lambda name: disk.cut_now() if name == point else None):
                    _work(queue, Files.of(config, queue), config, desk)
            except PowerCut:
                pass
            disk.restore(folder / "after")
            disk.close()
        return disk, _config(folder / "after", disk.saved, durability)

    return run


def _config(disk, database, durability):
    primary_path = disk / "below" / "jobs"  # both are made
    general = {"primary_path": str(primary_path), "database": str(database)}
    return Config.parse({"general": {**general, "durability": durability}})


def _work(queue, files, config, desk):
    Producer(queue, files, config, "producer-1")()
    consumer = Consumer(queue, files, config, "consumer-1", work=desk)
    for _ in range(2):
        consumer()


def _recover(config, desk):
    """What a fleet does that is started after the cut. Returns the status of each job."""
    with open_queue(config) as queue:
        files = Files.of(config, queue)
        queue.clock.shift(1000)
        queue.reassign("manager-1")
        Cleaner(queue, files, config, "cleaner-1")()
        consumer = Consumer(queue, files, config, "consumer-2", work=desk)
        for _ in range(2):
            consumer()
        assert not audit(queue, files).problems
        assert not audit(queue, files).pending
        for job in queue.jobs():
            assert files.read(job.name)
            assert (files.folder / f"{job.name}.processed").read_bytes() == b"new text"
        return [job.status for job in queue.jobs()]


def test_a_power_cut_before_any_sync_loses_no_job(live, desk):
    survived = []
    for cut in itertools.count():
        disk, after = live(cut, cut=cut)
        if not disk.is_off:
            break
        survived.append(_recover(after, desk))
    assert cut > 8
    assert {Status.PROCESSED} == {status for statuses in survived for status in statuses}
    assert survived[-1] == [Status.PROCESSED]


@pytest.mark.parametrize("point", ["claimed", "result-written", "completed", "following"])
def test_after_a_power_cut_the_row_decides_and_the_files_follow(live, desk, point):
    disk, after = live("trial", point=point)
    assert disk.is_off
    if point == "completed":
        jobs = after.primary_path
        assert [path.name[10:] for path in (jobs / ".rinq/results").iterdir()] == [".1"]
        assert not list(jobs.glob("*.processed"))
    assert _recover(after, desk) == [Status.PROCESSED]


def test_without_syncs_the_same_power_cut_does_lose_the_file(live, desk):
    _, after = live("trial", point="completed", durability="normal")
    with pytest.raises(FilesUnavailable, match="there is no folder"):
        _recover(after, desk)
