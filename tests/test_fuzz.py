"""Whatever is given: an end within a limit, no traceback, one line of error, an exit code.

The longer run, each time with other examples::

    pytest --hypothesis-profile=campaign --timeout=0 tests/test_fuzz.py
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rinq.cli import main
from rinq.config import CHANGEABLE, Config, parameters, parse_change
from rinq.errors import ConfigError
from rinq.lab.faults.plan import FaultPlan
from rinq.lab.scenario import Scenario
from rinq.queue import PersistentQSQLite

LIMIT = 100  # real seconds for one case, on a busy machine too; a hang is told as a failure
MANY = settings.default.max_examples  # of the profile
SHIPPED = (Path(__file__).parents[1] / "config.yaml").read_text("utf-8")
JOB = "abcdefghij"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the watchdog is a signal of POSIX")


class Hangs(BaseException):
    """The case did not end in time. No code of rinq catches it."""


@contextlib.contextmanager
def watchdog():
    """Raises: Hangs, where the block takes longer than ``LIMIT``. pytest's own timer goes on."""

    def bark(*_):
        raise Hangs

    began = time.monotonic()
    handler = signal.signal(signal.SIGALRM, bark)
    outer, interval = signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        left = max(0.01, outer - (time.monotonic() - began)) if outer else 0
        signal.setitimer(signal.ITIMER_REAL, left, interval)
        signal.signal(signal.SIGALRM, handler)


# What is given

ODD_TEXTS = (
    *("", " ", "-", "--", "=", ":", "*a", "&a", "!!int", "[", "{", "]", "- ", "? ", "%", "@", "`"),
    *("010", "0x10", "1_000", "12:30", "1e999", "-1", "nan", ".nan", "inf", "-.inf", "9" * 5000),
    *("0x" + "f" * 5000, "yes", "null", "~", "2024-99-99", "<<", "on", "[[[[", "{a: {a: {a: 1}}}"),
    *("exponential(", "exponential(" + " " * 20_000, "erlang(1000, 1e9)", "lognormal(1,1,1)"),
    *("uniform(9, 1)", "exponential(1_0)", "x" * 5000, "a/" * 2500, "\x1b[31mred", "a\nb\rc"),
    *("\u202e\u2028", "caf\xe9", "\u65e5\u672c", "\udcff\udcfe", "../../x", "a.b.c", "module:work"),
    *("os:system", "consumer-1", "consumer", JOB, "-bcdefghij", "=1+1", "[bold]", "[/x]"),
)  # fmt: skip
plain = st.characters(exclude_characters="\0/~.", exclude_categories=["Cs"])
texts = st.sampled_from(ODD_TEXTS) | st.text(plain, max_size=20)
numbers = st.integers() | st.floats() | st.sampled_from([0, -1, 1, 2**63, 10**400, 10**4000])
values = st.recursive(
    texts | numbers | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from([*CHANGEABLE, *(key for key, _, _ in parameters()), "consumers"]) | texts


@st.composite
def mutated(draw, text):
    """The text with some of its parts taken out, doubled, moved, or replaced by odd ones."""
    for _ in range(draw(st.integers(1, 4))):
        lines = text.split("\n")
        n = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 5)):
            case 0:
                del lines[n]
            case 1:
                lines.insert(n, lines[draw(st.integers(0, len(lines) - 1))])
            case 2:
                lines[n] = draw(st.sampled_from([" ", "\t", "- ", "? ", "&a ", "*a "])) + lines[n]
            case 3:
                head, colon, _ = lines[n].partition(":")
                lines[n] = f"{head}{colon} {draw(texts)}"
            case 4:
                at = draw(st.integers(0, len(lines[n])))
                lines[n] = lines[n][:at] + draw(texts) + lines[n][at:]
            case 5:
                lines = lines[:n]
        text = "\n".join(lines) or draw(texts)
    return text


PLAN = """\
- {at: 30, do: kill, whom: consumer-1}
- {every: [20, 60], do: freeze, whom: consumer, seconds: [5, 90]}
- {at: 50, do: clock, by: -120}
- {at: 80, do: rates, error_rate: 0.3, seconds: 100}
"""
SCENARIO = "seconds: 60\nconsumers: 2\nconfig:\n  consumer: {interval: [1, 2]}\nfaults: []\n"
punctuation = st.text("ab:-[]{}&*!#|>'\" \n\t%@,?01")
yaml_texts = mutated(SHIPPED) | mutated(PLAN) | mutated(SCENARIO) | texts | punctuation


def one_line(error):
    text = str(error)
    assert text.isprintable()
    assert len(text) < 3000


@settings(max_examples=4 * MANY)
@given(yaml_texts, st.booleans())
def test_any_text_is_a_config_a_scenario_and_a_plan_or_gets_one_line(text, is_binary):
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        content = text.encode("utf-8", "surrogateescape")
        Path(file.name).write_bytes(content[::-1] if is_binary else content)
        for read in (Config.load, Scenario.load, FaultPlan.load):
            with watchdog():
                try:
                    read(file.name)
                except ConfigError as error:
                    one_line(error)


@settings(max_examples=2 * MANY)
@given(st.dictionaries(texts | st.sampled_from(list(Config.model_fields)), values, max_size=3))
def test_any_values_are_a_config_a_scenario_and_an_entry_or_get_one_line(given_values):
    for read in (Config.parse, Scenario.parse, lambda values: FaultPlan.parse([values])):
        with watchdog():
            try:
                read(given_values)
            except ConfigError as error:
                one_line(error)


@settings(max_examples=4 * MANY)
@given(keys, texts)
def test_any_change_is_made_or_gets_one_line(key, value):
    with watchdog():
        try:
            parse_change(f"{key}={value}")
        except ConfigError as error:
            one_line(error)


# Command lines


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A folder with a queue that has a job in each status, and with files of odd kinds."""
    folder = tmp_path_factory.mktemp("template")
    names = [JOB, "bbbbbbbbbb", "-bcdefghij", "dddddddddd"]
    with PersistentQSQLite(folder / "rinq.db", durability="normal") as queue:
        queue.submit_many(names)
        for name in names:
            (folder / name).write_text("text")
        queue.complete(queue.claim("consumer-1"))
        queue.fail(queue.claim("consumer-1"), "\x1b[31mno\nfourth: [/x] line", n_tries=1)
        queue.claim("consumer-2")
    (folder / "folder").mkdir()
    (folder / "mute").write_text("x")
    (folder / "bad.yaml").write_bytes(b"general: {speed: \xff}")
    (folder / "bomb.yaml").write_text("a: &a [x]\nb: [*a, *a]")
    (folder / "far.yaml").write_text(f"general: {{primary_path: {'a/' * 400}}}")
    (folder / "device.yaml").write_text("general: {database: /dev/zero}")
    (folder / "good.yaml").write_text("general: {durability: normal}")
    (folder / "scenario.yaml").write_text(SCENARIO)
    return folder


paths = st.sampled_from(
    [
        *("pipe", "folder", "mute", "bad.yaml", "bomb.yaml", "far.yaml", "device.yaml", "missing"),
        *("good.yaml", "scenario.yaml", "rinq.db", "/dev/zero", "/dev/null", "x" * 5000, "mute/x"),
    ]
)
failing = st.sampled_from(["pipe", "folder", "bad.yaml", "bomb.yaml", "missing", "/dev/zero"])
no_config = st.builds("--config={}".format, failing)
roles = st.sampled_from(["producer", "consumer", "manager", "cleaner"])
names = st.sampled_from([JOB, "bbbbbbbbbb", "consumer-1", "dddddddddd"]) | texts
not_names = st.sampled_from(["", "a b", "../x", "x" * 41, "\x1b[31m", "caf\xe9", "a\nb", "\udcff"])
options = st.lists(
    st.sampled_from(["--json", "--all", "--yes", "--limit", "--lines", "--status", "failed"])
    | st.builds("--limit={}".format, texts | numbers)
    | st.builds("--seed={}".format, texts)
    | st.builds("--config={}".format, paths)
    | texts,
    max_size=3,
)  # fmt: skip


def line(*parts):
    """A command line: each part is a word, or a strategy for words."""
    words = [st.just([part]) if isinstance(part, str) else part for part in parts]
    return st.tuples(*words).map(
        lambda drawn: [
            str(w) for part in drawn for w in (part if isinstance(part, list) else [part])
        ]
    )


READING = ("status", "jobs", "ps", "audit", "history", "logs", "doctor", "pm2", "reset", "redrive")
command_lines = st.one_of(
    line(st.sampled_from(READING), st.lists(names, max_size=2), options),
    line(st.sampled_from(["stop", "kill", "freeze", "thaw"]), st.lists(names, max_size=2), options),
    line("redrive", st.lists(names, max_size=2), options),
    line("jobs", options),
    line("history", names),
    line("submit", st.lists(paths | names, min_size=1, max_size=3), options),
    line("set", st.lists(st.builds("{}={}".format, keys, texts) | texts, min_size=1, max_size=3)),
    line("simulate", "--hours=0.005", "--set", st.builds("{}={}".format, keys, texts)),
    line("simulate", "--hours=0.005", paths, st.builds("--save={}".format, paths)),
    line("simulate", "--hours", st.sampled_from(["nan", "inf", "-1", "0", "1e-300", "x"]), options),
    line("new-queue", not_names | paths.filter(lambda path: not path.startswith("/"))),
    line("check", not_names),
    line("check", "mute:Queue", "--only", texts),
    # these would start processes or a server: only what must fail before that
    line("start", roles, not_names),
    line("run", roles, not_names),
    line(st.sampled_from(["start", "run"]), roles, "consumer-1", no_config),
    line(st.sampled_from(["lab", "app", "demo"]), no_config),
    line(st.sampled_from(["demo", "start", "run", "x", "", "--x", "-"]), "--seconds=x", options),
)  # fmt: skip


@contextlib.contextmanager
def inside_a_copy(template):
    """The current folder is a copy of the template, with a pipe in it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(template, Path(folder) / "copy")
        os.mkfifo(copy / "pipe")
        with contextlib.chdir(copy):
            yield copy


def call(words):
    """Exit code, output and errors of ``rinq WORDS``, in this process."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace") for _ in "12")
    with (
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
        mock.patch.object(sys, "argv", ["rinq", *words]),
        mock.patch.object(sys, "stdin", io.StringIO()),
        watchdog(),
    ):
        try:
            main()
            code = None
        except SystemExit as end:
            code = end.code
            if isinstance(code, str):  # the interpreter prints it, and exits with 1
                print(code, file=errors)
                code = 1
    return code or 0, *(_written(stream) for stream in (output, errors))


def _written(stream):
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8")


def check(words):
    code, output, errors = call(words)
    assert code in (0, 1, 2, 3), code
    assert "Traceback" not in output + errors
    assert all(text.isprintable() for text in output.split("\n"))
    *notes, last = errors.splitlines() or [""]
    if code == 2:  # how the command is used, then what is wrong
        assert "Usage: " in errors or "Error: " in errors
        return
    assert all(text.isprintable() for text in errors.split("\n"))
    assert all(note.startswith("warning: ") for note in notes)
    assert len(last) < 2000
    if code == 1 and not output:
        assert last.startswith(("rinq: ", "Aborted")), errors


@settings(max_examples=2 * MANY)
@given(command_lines)
def test_any_command_line_ends_with_a_line_and_an_exit_code(template, words):
    with inside_a_copy(template):
        check(words)


# Rows that somebody wrote by hand

CELLS = (
    *("jobs.name", "jobs.process", "jobs.actor", "jobs.error", "jobs.event"),
    *("transitions.event", "transitions.actor", "transitions.error", "settings.value"),
    *("process_events.process", "process_events.event", "process_events.detail"),
)


@settings(max_examples=MANY // 2)
@given(st.sampled_from(CELLS), texts, st.sampled_from(READING), st.booleans())
def test_any_text_in_a_row_is_shown_or_told(template, cell, text, command, as_json):
    table, column = cell.split(".")
    with inside_a_copy(template):
        with contextlib.closing(sqlite3.connect("rinq.db")) as by_hand, by_hand:
            by_hand.execute("INSERT INTO settings VALUES ('speed', '1')")
            by_hand.execute("INSERT INTO process_events VALUES (1, 0, 'a', 'kill', 'b')")
            row = f"SELECT min(rowid) FROM {table}"
            text = text.encode("utf-8", "backslashreplace").decode()
            by_hand.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ({row})", [text])
        words = [JOB] if command in ("history", "logs") else []
        check([command, *words, *(["--json"] if as_json else [])])
