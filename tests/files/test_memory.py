"""Files in memory do what files on disk do."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rinq.errors import RinqError
from rinq.files import Files
from rinq.queue import Job, Status

NAMES = ("abcdefghij", "abcdefghik", "zyxwvutsrq")
CONTENT = st.sampled_from([b"text", b"more text", b""])


def job(name, status, attempt):
    """A row as it stands, as far as files are concerned."""
    held = (None, 0.0, None)
    row: tuple[Any, ...] = (*held, 0, 0.0, None, 1, 1, "submit", None, 0.0, None, None)
    return Job(1, name, status, attempt, 0, 0, *row)


names, attempts = st.sampled_from(NAMES), st.integers(0, 3)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.tuples(names, CONTENT)),
        st.tuples(st.just("discard"), st.tuples(names)),
        st.tuples(st.just("read"), st.tuples(names)),
        st.tuples(st.just("write_result"), st.tuples(names, attempts, CONTENT)),
        st.tuples(
            st.just("follow"),
            st.builds(job, names, st.sampled_from(Status), attempts).map(lambda j: (j,)),
        ),
    ),
    max_size=30,
)


def outcome(files, verb, arguments):
    try:
        return getattr(files, verb)(*arguments)
    except RinqError as error:
        return type(error)


@given(acts)
def test_any_acts_do_the_same_on_disk_and_in_memory(todo):
    with tempfile.TemporaryDirectory() as folder:
        disk, memory = Files(Path(folder), durable=False), Files.in_memory()
        for verb, arguments in todo:
            assert outcome(memory, verb, arguments) == outcome(disk, verb, arguments)
            assert memory.listing() == disk.listing()
            assert list(memory.half_done()) == list(disk.half_done())


def test_a_listing_says_what_is_a_regular_file(tmp_path):
    files = Files(tmp_path)
    files.create(NAMES[0], b"text")
    files.write_result(NAMES[0], 2, b"result")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / NAMES[0])
    listing = files.listing()
    assert listing.folder == {NAMES[0]: True, "folder": False, "link": False}
    assert listing.results == {f"{NAMES[0]}.2": True}


def test_files_in_memory_leave_nothing_on_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = Files.in_memory()
    files.create(NAMES[0], b"text")
    assert files.read(NAMES[0]) == b"text"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "../abcdefg", "abcdefghij.failed"])
def test_names_cannot_escape_in_memory_either(name):
    files = Files.in_memory()
    assert issubclass(outcome(files, "create", (name, b"text")), RinqError)
    assert files.listing().folder == {}
