"""The audit of a damaged database: it says so, whatever page is hit, and judges nothing."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rinq import audit
from rinq.errors import CorruptDatabase, RinqError
from rinq.lab.audit.report import AuditVerdict
from rinq.queue import PersistentQSQLite

HEADER = 100  # bytes
NAMES = [f"jobbeing{n:02}" for n in range(100)]


def trees(path):
    """The page size, and the first page of each table and index by its name."""
    with contextlib.closing(sqlite3.connect(path)) as other:
        found = other.execute("SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0")
        return other.execute("PRAGMA page_size").fetchone()[0], dict(found.fetchall())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A database with 100 jobs in all statuses, all of it in the one file."""
    path = tmp_path_factory.mktemp("whole") / "rinq.db"
    with PersistentQSQLite(path) as queue:
        queue.submit_many(NAMES)
        for n in range(75):
            claim = queue.claim("c1")
            if n % 3 == 0:
                queue.complete(claim)
            elif n % 3 == 1:
                queue.fail(claim, "boom", 1)
        queue.registry.record_event("c1", "kill")
        queue.settings.change({"paused": True})
    return path


@pytest.fixture
def path(tmp_path, whole):
    return Path(shutil.copy(whole, tmp_path))


def audited(path):
    """As ``rinq audit`` does it."""
    try:
        with PersistentQSQLite(path) as queue:
            return audit(queue)
    except CorruptDatabase as error:
        return error


TREES = [
    *("jobs", "jobs_live", "jobs_failed", "sqlite_autoindex_jobs_1"),
    *("transitions", "clock", "settings", "process_events"),
]


@pytest.mark.parametrize("tree", TREES)
def test_a_damaged_page_of_any_table_or_index_is_told(path, tree):
    size, roots = trees(path)
    with path.open("r+b") as file:
        file.seek((roots[tree] - 1) * size + size // 2)
        file.write(random.Random(1).randbytes(size // 2))
    found = audited(path)
    if not isinstance(found, CorruptDatabase):
        assert found.verdict is AuditVerdict.UNKNOWN
        (found,) = found.undecided
    assert "SQLite cannot read this file as a database: " in str(found)
    assert len(str(found).splitlines()) == 1


def test_a_damaged_name_of_a_column_is_told(path):
    content = path.read_bytes()
    assert content.count(b"judged_by_limit INTEGER") == 2
    path.write_bytes(content.replace(b"judged_by_limit INTEGER", b"judged_by_limi\xff INTEGER"))
    assert "its schema is damaged" in str(audited(path))


def test_an_index_that_misses_a_row_is_told_with_what_to_do_and_mended_so(path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.executescript(
            "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, "
            "'unprocessed', 'none') WHERE name = 'jobs_live'; PRAGMA writable_schema = RESET; "
            "REINDEX jobs_live; PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = "
            "replace(sql, 'none', 'unprocessed') WHERE name = 'jobs_live'"
        )
    found = audited(path)
    assert found.verdict is AuditVerdict.UNKNOWN
    assert "row 76 missing from index jobs_live" in str(found)
    assert "REINDEX in SQLite's own program mends them" in str(found)
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("REINDEX")
    assert audited(path)


def test_a_value_that_a_check_refuses_is_judged_as_any_other(path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA ignore_check_constraints = ON")
        other.execute(f"UPDATE jobs SET tries = -1 WHERE name = '{NAMES[-1]}'")
    (problem,) = audited(path).problems
    assert "tries is -1 in the row, but 0 by the history" in problem.sentence


flips = st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 255)), min_size=1, max_size=5)


@given(flips)
def test_whatever_bytes_are_flipped_the_audit_ends_without_a_traceback(
    whole, tmp_path_factory, drawn
):
    flipped = bytearray(whole.read_bytes())
    for place, mask in drawn:
        flipped[HEADER + place % (len(flipped) - HEADER)] ^= mask
    path = tmp_path_factory.mktemp("flipped") / "rinq.db"
    path.write_bytes(flipped)
    with contextlib.suppress(RinqError):
        str(audited(path))
