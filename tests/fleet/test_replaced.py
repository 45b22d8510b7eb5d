"""The folder is deleted, or a file of the database deleted or replaced, under a running fleet."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from processes import lives

from rinq import Fleet, audit
from rinq.errors import DatabaseError, DatabaseReplaced
from rinq.queue import PersistentQSQLite, Status

ROLES = ("producer", "consumer", "cleaner", "manager")
A, B = "aaaaaaaaaa", "bbbbbbbbbb"


def test_no_process_outlives_the_folder_that_it_works_in(configure, eventually):
    with Fleet(configure()) as fleet:
        pids = [fleet.start(role).row.pid for role in ROLES]
        shutil.rmtree(fleet.config.primary_path)
        eventually(lambda: not any(lives(pid) for pid in pids))


def test_beside_a_new_database_no_process_works_on_the_old_one(configure, eventually):
    config = configure()
    with Fleet(config) as old, Fleet(config) as new:
        former = old.start("consumer", "mine").row.pid
        shutil.rmtree(config.primary_path)
        latter = new.start("consumer", "mine").row.pid
        eventually(lambda: not lives(former))
        assert lives(latter)
        assert [process.row.pid for process in new.processes()] == [latter]


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_a_fleet_whose_log_or_index_is_deleted_ends_and_loses_nothing(
    configure, eventually, ending
):
    config = configure()
    with Fleet(config) as fleet:
        pids = [fleet.start(role).row.pid for role in ROLES]
        with fleet.queue() as queue:
            eventually(lambda: queue.counts()[Status.PROCESSED] > 1)
        Path(f"{config.database}{ending}").unlink()
        eventually(lambda: not any(lives(pid) for pid in pids))
        assert any("deleted or replaced" in line for line in fleet.tail("producer-1"))
        submitted = [line.split()[-1] for line in fleet.tail("producer-1") if "submitted" in line]
        with fleet.queue() as queue:
            assert {job.name for job in queue.jobs()} >= set(submitted)
            assert audit(queue)


@pytest.mark.parametrize("ending", ["", "-wal", "-shm"])
@pytest.mark.parametrize("act", ["delete", "replace"])
def test_a_connection_finds_that_its_file_is_gone(tmp_path, act, ending):
    path = tmp_path / "rinq.db"
    with PersistentQSQLite(path) as queue:
        incarnation = queue.registry.register(
            "m", "manager", pid=1, started=0, host="", owned=False, alive=lambda _: False
        )
        assert not queue.registry.stop_requested("m", incarnation)
        file = Path(f"{path}{ending}").rename(tmp_path / "kept")
        if act == "replace":
            shutil.copyfile(file, f"{path}{ending}")
        with pytest.raises(DatabaseReplaced, match=f"deleted or replaced.*rinq.db{ending}"):
            queue.registry.stop_requested("m", incarnation)
        with pytest.raises(DatabaseReplaced):  # before anybody is told that it is durable
            queue.submit(A)


def test_a_log_that_was_deleted_is_missed_and_no_new_one_takes_its_place(tmp_path):
    path = tmp_path / "rinq.db"
    PersistentQSQLite(path).close()
    _die_with_a_job_in_the_log(path)
    log = Path(f"{path}-wal").rename(tmp_path / "kept")
    with pytest.raises(DatabaseError, match=r"rinq.db-wal was deleted.* Put it back"):
        PersistentQSQLite(path, wait=0.1)
    shutil.copyfile(log, f"{path}-wal")
    with PersistentQSQLite(path) as queue:
        assert [job.name for job in queue.jobs()] == [A]


def test_without_log_and_index_the_database_opens_as_it_is(tmp_path):
    path = tmp_path / "rinq.db"
    with PersistentQSQLite(path) as queue:
        queue.submit(B)
    _die_with_a_job_in_the_log(path)
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink()
    with PersistentQSQLite(path) as queue:
        assert [job.name for job in queue.jobs()] == [B]


def _die_with_a_job_in_the_log(path):
    code = f"""if True:
        import os, sys
        from rinq import PersistentQSQLite
        queue = PersistentQSQLite({str(path)!r})
        queue.submit({A!r})
        os._exit(9)"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
