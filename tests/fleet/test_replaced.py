"""The folder is deleted, or the database replaced, under a running fleet."""

from __future__ import annotations

import shutil

import pytest
from processes import lives

from rinq import Fleet
from rinq.errors import DatabaseReplaced
from rinq.queue import PersistentQSQLite

ROLES = ("producer", "consumer", "cleaner", "manager")


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


@pytest.mark.parametrize("act", ["delete", "replace"])
def test_a_connection_finds_that_its_file_is_gone(tmp_path, act):
    path = tmp_path / "rinq.db"
    with PersistentQSQLite(path) as queue:
        incarnation = queue.registry.register(
            "m", "manager", pid=1, started=0, host="", owned=False, alive=lambda _: False
        )
        assert not queue.registry.stop_requested("m", incarnation)
        path.rename(tmp_path / "kept.db")
        if act == "replace":
            PersistentQSQLite(path).close()
        with pytest.raises(DatabaseReplaced, match="deleted or replaced"):
            queue.registry.stop_requested("m", incarnation)
