"""Rows written by hand with values that no verb writes: each costs its own job, never the fleet."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import tempfile
from pathlib import Path

import pytest
from conftest import FakeTime
from hypothesis import given, settings
from hypothesis import strategies as st

from rinq import audit
from rinq.config import Config
from rinq.files import Files
from rinq.lab.simulation.virtual_work import VirtualTask, VirtualWork
from rinq.queue import SETTLED, PersistentQSQLite, Status
from rinq.queue.liveness import is_alive, this_process
from rinq.roles.cleaner import Cleaner
from rinq.roles.consumer import Consumer
from rinq.roles.manager import Manager
from rinq.roles.producer import Producer

VALUES = {
    "consumer": {"n_tries": 2, "interval": 0, "n_time": 100},
    "manager": {"timeout": 200, "n_reassigns": 2},
}
ROUNDS = 60  # of a step of each role, 20 seconds apart
EDGE = 2**63 - 1


class SlowTask(VirtualTask):
    """Done when it is looked at for the second time."""

    looks = 0

    def done(self):
        self.looks += 1
        return self.looks > 1 and super().done()


class SlowWork(VirtualWork):
    def start(self, content, fault, wake):
        return SlowTask(content, fault)


class FleetByHand:
    """The four roles on a queue in a file, stepped in turn; and somebody who writes to it.

    At first a job waits, one is held by a consumer that is gone, one has failed, and one is
    processed.
    """

    def __init__(self, folder):
        self.clock = FakeTime(boot_id="boot")
        self.queue = PersistentQSQLite(folder / "rinq.db", durability="normal", moment=self.clock)
        self.files = Files.in_memory()
        self.hand = sqlite3.connect(folder / "rinq.db", isolation_level=None)
        config = Config.parse(VALUES)
        common = self.queue, self.files, config
        consumers = [
            Consumer(*common, f"c{n}", rng=random.Random(n), work=SlowWork(), crash=lambda: None)
            for n in (1, 2)
        ]
        self.producer = Producer(*common, "p1", rng=random.Random(0))
        self.roles = [*consumers, Manager(*common, "m1"), Cleaner(*common, "k1")]
        pid, started, host = this_process()
        for role in (self.producer, *self.roles):
            self._register(role.name, role.role, pid=pid, started=started, host=host)
        for _ in range(3):
            self.producer()
        consumers[0]()
        self.queue.fail(self.queue.claim("gone"), "boom", 1)
        self.producer()
        self.queue.claim("gone")
        self.queue.registry.record_event("c1", "kill")
        self.queue.settings.change({"consumer.work_time": 1})

    def _register(self, name, role, **values):
        self.queue.registry.register(
            name, role, owned=False, alive=lambda row: is_alive(row) and False, **values
        )

    def write(self, statement):
        """As another program does; the database may refuse it."""
        with contextlib.suppress(sqlite3.IntegrityError):
            self.hand.execute(statement)

    def work(self, rounds=ROUNDS):
        """Let the roles work on what there is, and on one job more."""
        for n in range(rounds):
            for role in [self.producer] * (n == 3) + self.roles:
                role()
            self.clock.now += 20

    def look(self):
        """Start processes, and audit."""
        for name in ("c1", "c3"):
            self._register(name, "consumer", pid=0, started=0, host="here")
        audit(self.queue, self.files)

    def unsettled(self):
        """The names of the jobs that are still to be worked on."""
        return [job.name for job in self.queue.jobs() if job.status not in SETTLED]

    def close(self):
        self.hand.close()
        self.queue.close()


@contextlib.contextmanager
def fleet_by_hand():
    with tempfile.TemporaryDirectory() as folder:
        fleet = FleetByHand(Path(folder))
        try:
            yield fleet
        finally:
            fleet.close()


INTEGERS = [-EDGE - 1, -1, 0, 1, 10**9 - 1, 10**9, 10**9 + 1, 2**31, 2**40, 2**53, 2**62, EDGE]
NUMBERS = ["-9e999", "-1e300", "-1.0", "0.0", "1e9", "1e10", "1e11", "1e12", "1e17", "9e999"]
TEXTS = [
    "''",
    "'processing'",
    "'failed'",
    "'complete'",
    "'../../x'",
    "'a' || char(10) || 'b'",
    "'abcdefghi' || char(0)",
    "char(27) || '[31m'",
    "CAST(x'ff' AS TEXT)",
    "replace(hex(zeroblob(30000)), '0', '[')",
    "'NaN'",
    "'1e999'",
    "'{'",
]
literals = st.sampled_from([*map(str, INTEGERS), *NUMBERS, *TEXTS, "NULL", "x'00'"])
TABLES = ("jobs", "transitions", "clock", "settings", "processes", "process_events", "database")


@st.composite
def hand_written(draw):
    """A statement that changes one column of one row, or adds or deletes a row."""
    with PersistentQSQLite(":memory:") as queue:
        table = draw(st.sampled_from(TABLES))
        columns = [row["name"] for row in queue._db.run(f"PRAGMA table_info({table})")]
    order = draw(st.sampled_from(["ASC", "DESC"]))
    one = f"rowid = (SELECT rowid FROM {table} ORDER BY rowid {order} LIMIT 1)"
    column, value = draw(st.sampled_from(columns)), draw(literals)
    if draw(st.integers(0, 9)) == 0:
        return f"DELETE FROM {table} WHERE {one}"
    if draw(st.booleans()):
        return f"UPDATE {table} SET {column} = {value} WHERE {one}"
    values = {name: name for name in columns} | {column: value}
    if "id" in values and column != "id":
        values["id"] = "NULL"
    if table == "jobs" and column != "name":
        values["name"] = "'by-hand-01'"
    listed = ", ".join(values.values())
    return f"INSERT INTO {table} SELECT {listed} FROM {table} WHERE {one}"


WAITS = "WHERE status = 'unprocessed'"
CASES = {
    "an attempt that cannot grow": f"UPDATE jobs SET attempt = {EDGE} {WAITS}",
    "tries that cannot grow": f"UPDATE jobs SET tries = {EDGE}, name = 'has-nofile' {WAITS}",
    "reassigns that cannot grow": f"UPDATE jobs SET reassigns = {EDGE} WHERE status = 'processing'",
    "entries that cannot grow": f"UPDATE jobs SET entries = {EDGE} WHERE status = 'processing'",
    "a job's id that leaves no next": f"UPDATE jobs SET id = {EDGE} {WAITS}",
    "a new job's id that leaves no next": (
        f"INSERT INTO jobs (id, name) VALUES ({EDGE}, 'by-hand-01')"
    ),
    "an entry's id that leaves no next": f"UPDATE transitions SET id = {EDGE} WHERE id = 4",
    "an entry's number that leaves no next": (
        "INSERT INTO transitions (job_id, number, event, at, attempt) SELECT max(id) + 1, "
        f"{EDGE}, 'submit', 1e6, 0 FROM jobs"
    ),
    "an infinite time of a job": f"UPDATE jobs SET at = 9e999, status = 'failed' {WAITS}",
    "an infinite time of an entry": "UPDATE transitions SET at = 9e999",
    "the latest time that is followed": "UPDATE transitions SET at = 99999999999",
    "the latest time that is allowed": "UPDATE transitions SET at = 999999999999999",
    "no clock": "DELETE FROM clock",
    "a clock that stands still": "UPDATE clock SET speed = 0",
    "a clock that runs back": "UPDATE clock SET speed = -1",
    "a clock at no time": "UPDATE clock SET base_queue = 9e999",
    "deeply nested settings": (
        f"INSERT INTO settings VALUES ('manager.timeout', '{'[' * 100_000}')"
    ),
    "a process that ended in no known way": "UPDATE processes SET outcome = 'flew away'",
    "an incarnation that leaves no next": f"UPDATE processes SET incarnation = {EDGE}",
    "a name that is no text": f"UPDATE jobs SET name = CAST(x'ff' AS TEXT) {WAITS}",
    "a name with an end in the middle": f"UPDATE jobs SET name = 'abcdefghi' || char(0) {WAITS}",
    "a name of two lines": f"UPDATE jobs SET name = 'abcd' || char(10) || 'fghij' {WAITS}",
    "a process that is no text": (
        "UPDATE jobs SET process = CAST(x'ff' AS TEXT) WHERE status = 'processing'"
    ),
}


@pytest.mark.parametrize("statement", CASES.values(), ids=CASES)
def test_a_value_that_nothing_can_go_on_from_costs_its_own_row(statement):
    with fleet_by_hand() as fleet:
        fleet.write(statement)
        before = len(fleet.queue.jobs())
        fleet.work()
        fleet.look()
        assert len(fleet.queue.jobs()) == before + 1
        assert len(fleet.unsettled()) <= 1
        assert len(fleet.queue.jobs(Status.PROCESSED)) >= 3


@settings(max_examples=60)
@given(st.lists(hand_written(), min_size=1, max_size=3), st.integers(0, 5))
def test_whatever_is_written_by_hand_into_any_column_the_other_jobs_settle(statements, rounds):
    with fleet_by_hand() as fleet:
        fleet.work(rounds)
        for statement in statements:
            fleet.write(statement)
        before = len(fleet.queue.jobs())
        fleet.work()
        fleet.look()
        assert len(fleet.queue.jobs()) == before + 1
        assert len(fleet.unsettled()) <= len(statements)
