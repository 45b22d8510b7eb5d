"""A small world to audit, and another program that writes to its database."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from world import populate

from rinq.files import Files


@pytest.fixture
def files():
    return Files.in_memory()


@pytest.fixture
def world(queue, clock, files):
    populate(queue, clock, files)
    return queue


@pytest.fixture
def sql(world):
    """Write to the database of ``world`` as another program would."""
    with contextlib.closing(sqlite3.connect(world._db.path, isolation_level=None)) as other:
        yield other.executescript
