"""Disks that fail under running roles: waited out and said, no job spent, and work goes on."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from rinq import audit
from rinq.config import Config
from rinq.files import Files
from rinq.queue import Status, open_queue

ROLES = ("producer", "consumer", "cleaner", "manager")
WAITING = ("abcdefghij", "bcdefghijk", "cdefghijkl")
DOOMED = "zyxwvutsrq"
MAIN = "from rinq.cli import main; main()"
SPACE = 2**21  # bytes of a small disk
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def mount(*arguments):
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no mounts are allowed here: {done.stderr.decode().strip()}")


class Disk:
    """What is mounted at ``folder``, and how that fails."""

    def __init__(self, folder, store):
        self.folder, self.store = folder, store

    def mount(self):
        mount("--bind", self.store, self.folder)

    def unmount(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True, capture_output=True)

    @contextmanager
    def unmounted(self):
        self.unmount()
        yield "does not have this queue's mark"
        assert list(self.folder.iterdir()) == [], "written into the mount point"
        self.mount()

    @contextmanager
    def replaced(self):
        other = self.store.parent / "other"
        general = {"primary_path": str(other), "database": str(other.parent / "other.db")}
        config = Config.parse({"general": general})
        with open_queue(config) as queue:
            Files.of(config, queue).check()
        before = sorted(other.rglob("*"))
        mount("--bind", other, self.folder)
        yield "belongs to another queue"
        self.unmount()
        assert sorted(other.rglob("*")) == before

    @contextmanager
    def moved_away(self):
        self.unmount()
        self.folder.rmdir()
        yield "there is no folder"
        assert not self.folder.exists()
        self.folder.mkdir()
        self.mount()

    @contextmanager
    def read_only(self):
        mount("-o", "remount,ro,bind", self.folder)
        yield "Read-only file system"
        mount("-o", "remount,rw,bind", self.folder)

    @contextmanager
    def forbidden(self):
        self.folder.chmod(0)
        yield "Permission denied"
        self.folder.chmod(0o700)

    @contextmanager
    def full(self):
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (2**16, 2**10, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    continue
        yield "No space left on device"
        filler.unlink()


@pytest.fixture
def disk(tmp_path):
    """A disk of two megabytes, seen through a mount that can be taken away and brought back."""
    store, folder = tmp_path / "store", tmp_path / "disk"
    store.mkdir()
    folder.mkdir()
    mount("-t", "tmpfs", "-o", f"size={SPACE}", "none", store)
    disk = Disk(folder, store)
    disk.mount()
    yield disk
    for path in (folder, store):
        while os.path.ismount(path):
            subprocess.run(["umount", "--lazy", path], check=False)


@pytest.fixture
def config(configure, disk):
    return configure(
        general={"primary_path": str(disk.folder), "database": "database/rinq.db", "speed": 1},
        producer={"interval": 0.2},
        consumer={"interval": 0.05, "handler": "handlers_here:act"},
        cleaner={"interval": 0.1},
        manager={"interval": 0.1},
    )


@pytest.fixture
def queue(config):
    with open_queue(config) as opened:
        yield opened


@pytest.fixture
def files(config, queue):
    return Files.of(config, queue)


@pytest.fixture
def role(config, tmp_path):
    """Runs a role in the foreground; returns its process, and what reads its log."""
    running = []

    def run(kind):
        log = tmp_path / f"{kind}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", MAIN, "run", kind, kind, "--config", str(config.file)],
                stderr=output,
                preexec_fn=_obey_permissions,  # noqa: PLW1509 (the child only calls prctl)
            )
        running.append(process)
        return process, log.read_text

    yield run
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.wait(30)


def _obey_permissions():
    """Permissions bind the superuser too, in the program that is executed next."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


@pytest.mark.parametrize(
    ("trouble", "begun"),
    [
        ("unmounted", False),
        ("unmounted", True),
        ("replaced", False),
        ("moved_away", False),
        ("read_only", False),
        ("forbidden", True),
        ("full", True),
    ],
)
def test_a_disk_that_fails_costs_no_job_and_work_goes_on_when_it_is_back(
    disk, queue, files, role, submit, settled, eventually, trouble, begun
):
    queue.settings.change({"paused": True})  # so that all happens while the disk fails
    cleaned = [] if trouble == "full" else [DOOMED]  # what is deleted makes room
    for name in cleaned:
        submit(name)
        queue.fail(queue.claim("somebody"), "no", n_tries=1)
    running = {kind: role(kind) for kind in ROLES} if begun else {}
    for name in WAITING:
        submit(name)
    for kind, (_, log) in running.items():
        eventually(lambda kind=kind, log=log: f"{kind} up" in log(), 120)
    eventually(lambda: not begun or queue.counts()[Status.CLEANED] == len(cleaned))
    with getattr(disk, trouble)() as words:
        queue.settings.change({"paused": None})
        running |= {} if begun else {kind: role(kind) for kind in ROLES}
        for kind in ("producer", "consumer", *(() if trouble == "full" else ("cleaner",))):
            eventually(lambda log=running[kind][1]: words in log(), 120)
        jobs = {job.name: job for job in queue.jobs()}
        assert set(jobs) == {*cleaned, *WAITING}, "nothing new is submitted"
        for name in WAITING:
            assert jobs[name].status in (Status.UNPROCESSED, Status.PROCESSING)
            assert (jobs[name].tries, jobs[name].reassigns) == (0, 0)
        for name in cleaned:
            assert jobs[name].status is (Status.CLEANED if begun else Status.FAILED)
    eventually(lambda: len(queue.jobs()) >= len(jobs) + 2)  # the producer goes on
    queue.settings.change({"producer.interval": 1000})
    settled()
    eventually(lambda: audit(queue, files).at_rest)
    counts = queue.counts()
    assert counts[Status.PROCESSED] == len(queue.jobs()) - len(cleaned)
    assert counts[Status.CLEANED] == len(cleaned)
    assert {(job.tries, job.reassigns) for job in queue.jobs() if job.name != DOOMED} == {(0, 0)}
    assert all(process.poll() is None for process, _ in running.values())
