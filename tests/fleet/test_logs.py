"""The log of a process: one file, bounded in size."""

from __future__ import annotations

import contextlib

import pytest

from rinq.errors import ConfigError, FilesUnavailable
from rinq.fleet.logs import KEPT_BYTES, MOST_BYTES, LogReader, bound, log_path, open_log, tail
from rinq.queue import Status


def test_a_short_log_is_left_as_it_is(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"x" * MOST_BYTES)
    bound(log)
    assert log.stat().st_size == MOST_BYTES


def test_a_long_log_keeps_its_end_in_whole_lines(tmp_path):
    log = tmp_path / "log"
    lines = [f"line {i}\n" for i in range(200_000)]
    log.write_text("".join(lines))
    bound(log)
    kept = log.read_text().splitlines(keepends=True)
    assert log.stat().st_size <= KEPT_BYTES
    assert kept == lines[-len(kept) :]
    assert len(kept) > 20_000


def test_a_writer_goes_on_after_the_log_was_cut(tmp_path):
    log = tmp_path / "log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 99 + b"\n")
        writer.write(b"y" * MOST_BYTES)
        bound(log)
        writer.write(b"the next line\n")
    assert log.read_bytes().endswith(b"the next line\n")
    assert log.stat().st_size < MOST_BYTES


def test_the_last_lines_are_read(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\nhalf \xff a character\n")
    assert tail(log, 2) == ["two", "half \ufffd a character"]
    assert tail(log, 0) == []
    assert tail(log, 10, start=4) == ["two", "half \ufffd a character"]
    assert tail(log, 10, start=1000)[0] == "one", "it was cut since"
    assert tail(tmp_path / "none", 10) == []


def test_a_log_has_a_place_of_its_own(config):
    path = log_path(config, "mine")
    assert path == config.primary_path / ".rinq" / "logs" / "mine.log"
    with pytest.raises(ConfigError):
        log_path(config, "../mine")


def test_a_handler_that_chatters_does_not_fill_the_disk(fleet, config, queue, submit, eventually):
    submit("chatterbox", "chatter")
    submit("lastlinesd", "some text")
    fleet.start("consumer", "mine")
    eventually(lambda: queue.counts()[Status.PROCESSED] == 2)
    log = log_path(config, "mine")
    eventually(lambda: log.stat().st_size <= MOST_BYTES)
    assert any("completed lastlinesd" in line for line in fleet.tail("mine"))


@pytest.mark.parametrize("linked", ["log", "folder", "state folder"])
def test_no_log_is_written_through_a_symbolic_link(tmp_path, linked):
    victim = tmp_path / "victim"
    state = tmp_path / "jobs" / ".rinq"
    path = {"log": state / "logs" / "p.log", "folder": state / "logs", "state folder": state}[
        linked
    ]
    path.parent.mkdir(parents=True)
    if linked == "log":
        victim.write_text("precious\n" * 200_000)
    else:
        (victim / "logs").mkdir(parents=True)
    path.symlink_to(victim)
    before = sorted((file, file.stat().st_size) for file in tmp_path.rglob("*"))
    log = state / "logs" / "p.log"
    for act in (lambda: open_log(log, "ab"), lambda: bound(log), lambda: tail(log, 5)):
        with contextlib.suppress(FilesUnavailable, FileNotFoundError):
            act()
    with pytest.raises(FilesUnavailable):
        open_log(log, "ab")
    assert list(LogReader(log.parent).read()) == []
    assert sorted((file, file.stat().st_size) for file in tmp_path.rglob("*")) == before


def test_what_a_handler_raises_forges_no_line_in_the_log(fleet, submit, eventually):
    submit("forgerrrrr", "forge")
    fleet.start("consumer", "anna")
    log = log_path(fleet.config, "anna")
    eventually(lambda: "completed forged" in log.read_text("utf-8"))
    written = log.read_text("utf-8")
    assert r"\x1b[31m\n12:00:00.000 completed forged" in written
    assert "\x1b" not in written
    assert not any(line.startswith("12:00:00.000") for line in written.splitlines())
