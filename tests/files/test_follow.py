"""The files of primary_path: they follow the row, and nothing else is touched (rules 5 and 10)."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rinq.errors import FileInTheWay, FilesUnavailable, InvalidName, UnreadableFile
from rinq.files import MAX_BYTES, Files
from rinq.files.disk import DiskStore
from rinq.queue import Job, Status

NAME = "abcdefghij"
OTHER = "zyxwvutsrq"
RESULTS = ".rinq/results"
HOSTILE = (
    "",
    ".",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "abc",
    "abcdefghijk",
    "abcdefghi/",
    "abcde/fghi",
    "abcdefghi.",
    "abcdefgh\0i",
    "abcdefghi\n",
    "abcdefghij\n",
    "ábcdefghij",
    "../abcdefg",
    "..\\abcdefg",
    "abcdefgh*?",
    "abcdefghi ",
    "\udc80bcdefghi",
)


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path / "jobs")


def job(status, attempt=1, name=NAME):
    """A row as it stands, as far as files are concerned."""
    return Job(
        id=1,
        name=name,
        status=Status(status),
        attempt=attempt,
        tries=0,
        reassigns=0,
        process=None,
        since=0.0,
        lease_until=None,
        queue_position=0,
        due=0.0,
        checksum=None,
        entries=1,
        last_entry=1,
        event="submit",
        actor=None,
        at=0.0,
        judged_by_limit=None,
        error=None,
    )


def lay(folder, **content):
    """Write regular files; ``result_2`` is the kept result of attempt 2."""
    for kind, text in content.items():
        _path(folder, kind).write_text(text)


def _path(folder, kind, name=NAME):
    if kind.startswith("result_"):
        return folder / RESULTS / f"{name}.{kind.removeprefix('result_')}"
    return folder / {"original": name}.get(kind, f"{name}.{kind}")


def snapshot(folder):
    """Everything below a folder: what it is, and its content or target."""
    seen = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            seen[str(path.relative_to(folder))] = path.read_bytes()
        elif stat.S_ISLNK(mode):
            seen[str(path.relative_to(folder))] = ("link", str(path.readlink()))
        else:
            seen[str(path.relative_to(folder))] = stat.S_IFMT(mode)
    return seen


def contents(folder):
    return {
        path: value.decode() for path, value in snapshot(folder).items() if type(value) is bytes
    }


# What follow does, status by status


@pytest.mark.parametrize("status", ["unprocessed", "processing"])
def test_a_job_at_the_start_of_its_life_keeps_its_file(files, status):
    lay(files.folder, original="text")
    assert files.follow(job(status)) == []
    assert contents(files.folder) == {NAME: "text"}


@pytest.mark.parametrize("status", ["unprocessed", "processing"])
def test_a_redriven_job_gets_its_file_back(files, status):
    lay(files.folder, failed="text")
    assert files.follow(job(status)) == []
    assert contents(files.folder) == {NAME: "text"}


def test_a_result_is_kept_while_its_attempt_holds_the_job(files):
    lay(files.folder, original="text", result_2="new", result_1="old")
    assert files.follow(job("processing", attempt=2)) == []
    assert contents(files.folder) == {NAME: "text", f"{RESULTS}/{NAME}.2": "new"}


def test_a_result_goes_when_its_attempt_was_taken_back(files):
    lay(files.folder, original="text", result_1="old")
    assert files.follow(job("unprocessed", attempt=1)) == []
    assert contents(files.folder) == {NAME: "text"}


def test_only_the_accepted_attempts_result_is_published(files):
    lay(files.folder, original="text", result_1="zombie", result_2="good", result_3="from nowhere")
    assert files.follow(job("processed", attempt=2)) == []
    assert contents(files.folder) == {NAME: "text", f"{NAME}.processed": "good"}


def test_a_late_zombie_does_not_change_a_published_result(files):
    lay(files.folder, original="text", processed="good", result_1="zombie")
    assert files.follow(job("processed", attempt=2)) == []
    assert contents(files.folder) == {NAME: "text", f"{NAME}.processed": "good"}


def test_a_failed_jobs_file_is_renamed(files):
    lay(files.folder, original="text", result_1="half")
    assert files.follow(job("failed")) == []
    assert contents(files.folder) == {f"{NAME}.failed": "text"}


@pytest.mark.parametrize("kind", ["original", "failed"])
def test_a_cleaned_job_has_no_file(files, kind):
    lay(files.folder, **{kind: "text"}, result_1="half")
    assert files.follow(job("cleaned")) == []
    assert contents(files.folder) == {}


@pytest.mark.parametrize("status", list(Status))
def test_a_job_without_files_is_no_trouble(files, status):
    assert files.follow(job(status)) == []
    assert contents(files.folder) == {}


# What is in the way


@pytest.mark.parametrize("status", ["unprocessed", "processing", "failed"])
def test_a_stray_failed_file_is_kept_and_reported(files, status):
    lay(files.folder, original="text", failed="stray")
    (problem,) = files.follow(job(status))
    assert f"{NAME}.failed" in problem
    assert contents(files.folder) == {NAME: "text", f"{NAME}.failed": "stray"}


def test_a_stray_failed_file_of_a_processed_job_is_kept_and_reported(files):
    lay(files.folder, failed="stray", processed="good")
    (problem,) = files.follow(job("processed"))
    assert f"{NAME}.failed" in problem
    assert contents(files.folder) == {f"{NAME}.failed": "stray", f"{NAME}.processed": "good"}


def _folder(path, outside):
    path.mkdir()
    (path / "inside").write_text("kept")


def _link(path, outside):
    path.symlink_to(outside)


def _dangling(path, outside):
    path.symlink_to(outside.parent / "nothing")


def _pipe(path, outside):
    os.mkfifo(path)


OBSTACLES = {"folder": _folder, "link": _link, "dangling": _dangling, "pipe": _pipe}


@pytest.mark.parametrize("obstacle", OBSTACLES)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("processed", "processed"),
        ("processed", "result_1"),
        ("failed", "original"),
        ("failed", "failed"),
        ("cleaned", "original"),
        ("cleaned", "failed"),
        ("unprocessed", "result_1"),
    ],
)
def test_what_is_no_regular_file_is_left_alone_and_reported(
    files, tmp_path, status, kind, obstacle
):
    outside = tmp_path / "outside"
    outside.write_text("precious")
    lay(files.folder, original="text")
    if kind == "processed":
        lay(files.folder, result_1="result")
    path = _path(files.folder, kind)
    path.unlink(missing_ok=True)
    OBSTACLES[obstacle](path, outside)
    before = snapshot(path.parent)[path.name]
    (problem,) = files.follow(job(status))
    assert path.name in problem
    assert snapshot(path.parent)[path.name] == before
    assert outside.read_text() == "precious"


KINDS = ("original", "failed", "processed", "result_1", "result_2", "result_3")
THINGS = st.sampled_from(["file", *OBSTACLES])
CLUTTER = st.dictionaries(st.tuples(st.sampled_from(KINDS), st.sampled_from([NAME, OTHER])), THINGS)
STATES = st.lists(
    st.tuples(st.sampled_from(list(Status)), st.integers(0, 3)), min_size=1, max_size=5
)


@given(clutter=CLUTTER, states=STATES)
def test_following_twice_is_following_once_and_only_this_jobs_files_change(clutter, states):
    with tempfile.TemporaryDirectory() as folder:
        outside = Path(folder) / "outside"
        outside.write_text("precious")
        files = Files(Path(folder) / "jobs", durable=False)
        for (kind, name), thing in clutter.items():
            path = _path(files.folder, kind, name)
            if thing == "file":
                path.write_text(f"{kind} of {name}")
            else:
                OBSTACLES[thing](path, outside)
        for status, attempt in states:
            row = job(status, attempt)
            before = snapshot(files.folder)
            problems = files.follow(row)
            after = snapshot(files.folder)
            assert files.follow(row) == problems
            assert snapshot(files.folder) == after
            assert _of_others(after) == _of_others(before)
            assert _irregular(after) == _irregular(before)
            if status is not Status.CLEANED:
                assert _job_texts(after) == _job_texts(before), "a job's text was lost"
        assert outside.read_text() == "precious"


def _of_others(seen):
    return {path: value for path, value in seen.items() if NAME not in path}


def _irregular(seen):
    return {path: value for path, value in seen.items() if type(value) is not bytes}


def _job_texts(seen):
    """The file to work on, under either of its names: renamed at most, never lost."""
    texts = (seen.get(NAME), seen.get(f"{NAME}.failed"))
    return Counter(text for text in texts if type(text) is bytes)


# Names


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_touches_no_path(files, tmp_path, name):
    lay(files.folder, original="text", failed="text", result_1="text")
    before = snapshot(tmp_path)
    for act in (
        lambda: files.create(name, b"text"),
        lambda: files.read(name),
        lambda: files.write_result(name, 1, b"text"),
        lambda: files.discard(name),
    ):
        with pytest.raises(InvalidName):
            act()
    for status in Status:
        assert files.follow(job(status, name=name)) == []
    assert snapshot(tmp_path) == before


def test_every_possible_name_stays_inside_the_folder(files):
    for name in ("-----_____", "__init__-9", "0123456789", "ABCDEFGHIJ"):
        files.create(name, b"text")
        files.write_result(name, 1, b"new")
        files.follow(job("processed", name=name))
        assert (files.folder / f"{name}.processed").read_bytes() == b"new"


# Making and reading a job's file


def test_a_file_is_made_once(files):
    files.create(NAME, b"first")
    with pytest.raises(FileInTheWay):
        files.create(NAME, b"second")
    assert files.read(NAME) == b"first"


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_no_file_is_made_where_anything_is(files, tmp_path, obstacle):
    outside = tmp_path / "outside"
    outside.write_text("precious")
    OBSTACLES[obstacle](files.folder / NAME, outside)
    before = snapshot(tmp_path)
    with pytest.raises(FileInTheWay):
        files.create(NAME, b"text")
    assert snapshot(tmp_path) == before


def test_a_discarded_file_is_gone_and_may_be_gone_already(files):
    files.create(NAME, b"text")
    files.discard(NAME)
    files.discard(NAME)
    assert contents(files.folder) == {}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_is_no_regular_file_is_not_read(files, tmp_path, obstacle):
    outside = tmp_path / "outside"
    outside.write_text("secret")
    OBSTACLES[obstacle](files.folder / NAME, outside)
    with pytest.raises(UnreadableFile, match=NAME):
        files.read(NAME)


def test_a_link_that_comes_just_after_the_look_is_not_followed(files, tmp_path, monkeypatch):
    (tmp_path / "outside").write_text("precious")
    for path in (files.folder / NAME, files.folder / RESULTS / f"{NAME}.1"):
        path.symlink_to(tmp_path / "outside")
    monkeypatch.setattr(Path, "is_symlink", lambda _: False)
    monkeypatch.setattr(DiskStore, "kind", lambda *_: None)
    with pytest.raises(UnreadableFile):
        files.read(NAME)
    with pytest.raises(FilesUnavailable):
        files.write_result(NAME, 1, b"text")
    assert (tmp_path / "outside").read_text() == "precious"


def test_a_missing_or_empty_file_is_not_read(files):
    with pytest.raises(UnreadableFile, match="missing"):
        files.read(NAME)
    files.create(NAME, b"")
    with pytest.raises(UnreadableFile, match="empty"):
        files.read(NAME)


def test_a_huge_file_is_not_read(files):
    with (files.folder / NAME).open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(UnreadableFile, match="67,108,865 bytes"):
        files.read(NAME)


def test_a_small_file_takes_little_memory(files):
    files.create(NAME, b"text")
    tracemalloc.start()
    try:
        assert files.read(NAME) == b"text"
        assert tracemalloc.get_traced_memory()[1] < 2**20, "bytes at most meanwhile"
    finally:
        tracemalloc.stop()


def test_the_largest_file_is_read(files):
    with (files.folder / NAME).open("wb") as file:
        file.truncate(MAX_BYTES)
    assert len(files.read(NAME)) == MAX_BYTES


def _denied(*_, **__):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_a_file_that_the_system_does_not_let_read_is_no_fault_of_the_job(files, monkeypatch):
    files.create(NAME, b"text")
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", _denied)  # permissions do not bind the superuser
        with pytest.raises(FilesUnavailable, match="Permission denied"):
            files.read(NAME)
    assert files.read(NAME) == b"text"


def test_a_result_is_written_anew_when_an_attempt_writes_twice(files):
    files.write_result(NAME, 1, b"a long first result")
    files.write_result(NAME, 1, b"second")
    assert contents(files.folder) == {f"{RESULTS}/{NAME}.1": "second"}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_a_result_is_not_written_through_what_is_in_the_way(files, tmp_path, obstacle):
    outside = tmp_path / "outside"
    outside.write_text("precious")
    OBSTACLES[obstacle](files.folder / RESULTS / f"{NAME}.1", outside)
    before = snapshot(tmp_path)
    with pytest.raises(FileInTheWay):
        files.write_result(NAME, 1, b"text")
    assert snapshot(tmp_path) == before


# The folder


@pytest.mark.parametrize("inner", [".rinq", ".rinq/results"])
@pytest.mark.parametrize("target", ["elsewhere", "nothing"])
def test_a_state_folder_that_is_a_link_is_refused(tmp_path, inner, target):
    folder, elsewhere = tmp_path / "jobs", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / inner).parent.mkdir(parents=True)
    (folder / inner).symlink_to(tmp_path / target)
    with pytest.raises(FilesUnavailable):
        Files(folder)
    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path):
    (tmp_path / "jobs").write_text("a file")
    with pytest.raises(FilesUnavailable, match="jobs"):
        Files(tmp_path / "jobs")


@pytest.mark.parametrize("call", ["replace", "unlink", "fsync"])
def test_a_refusal_of_the_system_is_passing_trouble(files, monkeypatch, call):
    lay(files.folder, original="text", result_1="half")
    with monkeypatch.context() as patched:
        patched.setattr(Path if call == "unlink" else os, call, _denied)
        with pytest.raises(FilesUnavailable, match="Permission denied"):
            files.follow(job("failed"))
    assert files.follow(job("failed")) == []
    assert contents(files.folder) == {f"{NAME}.failed": "text"}


def test_a_file_that_was_not_synced_is_not_left_half_made(files, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", _denied)
        with pytest.raises(FilesUnavailable):
            files.create(NAME, b"text")
    assert contents(files.folder) == {}


def test_a_discard_that_is_refused_is_passing_trouble(files, monkeypatch):
    files.create(NAME, b"text")
    monkeypatch.setattr(Path, "unlink", _denied)
    with pytest.raises(FilesUnavailable):
        files.discard(NAME)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from rinq.errors import FilesUnavailable
from rinq.files import Files

files = Files(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit is an error then
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for act in (
    lambda: files.create("abcdefghij", bytes(5000)),
    lambda: files.write_result("abcdefghij", 1, bytes(5000)),
):
    try:
        act()
    except FilesUnavailable as trouble:
        print(trouble)
files.create("abcdefghij", b"small")
"""


def test_a_full_disk_is_passing_trouble_and_leaves_no_half_file(tmp_path):
    folder = tmp_path / "jobs"
    command = [sys.executable, "-c", FULL_DISK, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.count("File too large") == 2
    assert contents(folder) == {NAME: "small"}


# What may be half done


def test_what_a_crash_may_have_left_is_listed_by_name(files):
    lay(files.folder, original="text", failed="x", processed="y", result_12="half")
    found = {file: name for name, file in files.half_done()}
    assert found == {f"{RESULTS}/{NAME}.12": NAME, f"{NAME}.failed": NAME}


def test_strays_are_listed_too_whatever_they_are_called(files):
    (files.folder / ".failed").write_text("")
    (files.folder / "my notes.failed").mkdir()
    (files.folder / RESULTS / "noise").write_text("")
    (files.folder / "plain.txt").write_text("")
    found = {file for _, file in files.half_done()}
    assert found == {".failed", "my notes.failed", f"{RESULTS}/noise"}
