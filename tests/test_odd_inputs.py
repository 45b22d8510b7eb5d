"""Files of odd kinds and hostile YAML, wherever a file is read: one line, never a hang."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rinq.config import Config, parse_change
from rinq.config.yaml_text import MOST_BYTES
from rinq.errors import ConfigError, DatabaseError, ExperimentError, UnreadableFile
from rinq.files import MAX_BYTES, Files
from rinq.fleet import run as run_module
from rinq.lab.experiment import Experiment
from rinq.lab.faults.plan import FaultPlan
from rinq.lab.scenario import Scenario
from rinq.queue import PersistentQSQLite
from rinq.roles.operator import submit_files

pytestmark = pytest.mark.timeout(60)  # what hangs is a failure, not a long wait


def _scenario_of_an_experiment(file):
    """An experiment is resumed in a folder whose scenario is this file."""
    experiment = Experiment({"seconds": 60}, repeats=1)
    (file.parent / "001-1").mkdir(exist_ok=True)
    (file.parent / "001-1" / "result.json").write_text("{}")
    kept = file.parent / "001-1" / "scenario.yaml"
    kept.unlink(missing_ok=True)
    kept.symlink_to(file)
    with ThreadPoolExecutor(1) as executor:
        experiment.run(file.parent, executor=executor, progress=False)


READERS = {
    "config": Config.load,
    "scenario": Scenario.load,
    "fault plan": FaultPlan.load,
    "scenario of an experiment": _scenario_of_an_experiment,
}
reads_yaml = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


def make(kind, folder):
    """A path under which there is no regular file, or one that is too large."""
    path = folder / kind
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link to nothing":
        path.symlink_to("nothing")
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(2**33)  # a hole: it takes no room
    return {
        "device": Path("/dev/zero"),
        "missing": path,
        "long name": folder / ("x" * 5000),
        "long path": folder.joinpath(*["x" * 100] * 50),
        "below a file": Path(__file__) / "x",
        "nul": folder / "a\0b",
        "half a character": folder / "a\ud800b",
        "nobody's home": Path("~nobody-of-this-name/x"),
    }.get(kind, path)


KINDS = (
    *("fifo", "folder", "link to nothing", "link to a device", "huge", "device", "missing"),
    *("long name", "long path", "below a file", "nul", "half a character", "nobody's home"),
)
odd_files = pytest.mark.parametrize("kind", KINDS)


def one_line(error):
    assert len(str(error).splitlines()) == 1
    assert str(error).isprintable()
    assert len(str(error)) < 1000
    return str(error)


@odd_files
@pytest.mark.parametrize("read", [Config.load, Scenario.load, FaultPlan.load])
def test_a_file_of_an_odd_kind_is_no_config_scenario_or_plan(tmp_path, read, kind):
    with pytest.raises(ConfigError, match=r"cannot be read|no such file") as caught:
        read(make(kind, tmp_path))
    one_line(caught.value)


@odd_files
def test_a_file_of_an_odd_kind_is_not_submitted(queue, tmp_path, kind):
    files = Files(tmp_path / "jobs")
    with pytest.raises(UnreadableFile) as caught:
        submit_files(queue, files, [make(kind, tmp_path)], random.Random(1))
    one_line(caught.value)
    assert queue.jobs() == []
    assert files.listing().folder == {}


@pytest.mark.parametrize("kind", ["fifo", "folder", "link to a device", "device"])
def test_a_file_of_an_odd_kind_is_no_database(tmp_path, kind):
    with pytest.raises(DatabaseError, match="no regular file") as caught:
        PersistentQSQLite(make(kind, tmp_path))
    one_line(caught.value)


@pytest.mark.parametrize("kind", ["fifo", "link to a device", "huge", "folder", "long text"])
def test_an_owner_s_file_of_an_odd_kind_is_passed_over(tmp_path, monkeypatch, kind):
    """Anybody can make one in the folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "rinq-other").mkdir()
    owner = tmp_path / "rinq-other" / run_module.OWNER
    if kind == "long text":
        owner.write_text("9" * 10_000 + " 1")
    else:
        make(kind, tmp_path).rename(owner)
    with run_module.Run():
        pass
    assert owner.exists() or owner.is_symlink()


@pytest.mark.parametrize("kind", ["fifo", "link to a device", "huge", "folder"])
def test_a_result_of_an_odd_kind_is_no_result(tmp_path, kind):
    _with_result(tmp_path, lambda file: make(kind, tmp_path).rename(file))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, "[]", "5", "{}", '"x"', '{"verdict": ' + "9" * 5000 + "}", "\0"],
)
def test_a_result_that_is_none_is_no_result(tmp_path, text):
    _with_result(tmp_path, lambda file: file.write_text(text))


def _with_result(folder, put):
    """Resume an experiment after its only result was replaced."""
    experiment = Experiment({"seconds": 60}, repeats=1)
    with ThreadPoolExecutor(1) as executor:
        experiment.run(folder / "kept", executor=executor, progress=False)
        (folder / "kept/001-1/result.json").unlink()
        put(folder / "kept/001-1/result.json")
        with pytest.raises(ExperimentError, match="cannot be read") as caught:
            experiment.run(folder / "kept", executor=executor, progress=False)
    one_line(caught.value)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "alias bomb": (BOMB, "aliases are not read (line 2)"),
    "alias of itself": ("general: &a [*a]", "aliases are not read (line 1)"),
    "deep list": ("[" * 1000, "nested too deep"),
    "deep mapping": ("{a: " * 1000, "nested too deep"),
    "deep block": ("- " * 1000, "nested too deep"),
    "key twice": ("general:\n  speed: 1\n  speed: 2\n", "the key 'speed' is there twice (line 3)"),
    "section twice": (
        "general: {}\nconsumer: {}\ngeneral: {}",
        "'general' is there twice (line 3)",
    ),
    "tag": ("general: !!python/object:os.system {}", "tags are not read (line 1)"),
    "wrong tag": ("general: {speed: !!timestamp x}", "tags are not read (line 1)"),
    "long number": (f"general: {{seed: {'9' * 5000}}}", "too many digits (line 1)"),
    "nul": ("general: {speed: 2}\0", "character 20 is not allowed in YAML"),
    "escape": ("general: {speed: \x1b[31m2}", "character 18 is not allowed in YAML"),
    "two documents": ("a: 1\n---\na: 1\n", "this is not YAML (line 2)"),
    "list as a key": ("{[general]: 2}", "this is not YAML (line 1)"),
}


@pytest.mark.parametrize(("text", "line"), HOSTILE.values(), ids=HOSTILE)
@reads_yaml
def test_hostile_yaml_is_refused_in_one_line(tmp_path, read, text, line):
    (tmp_path / "file.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "file.yaml")
    assert line in one_line(caught.value)


@reads_yaml
def test_text_that_is_no_utf_8_is_refused_with_its_place(tmp_path, read):
    (tmp_path / "file.yaml").write_bytes("general: {speed: 2}  # caf\xe9".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"cannot be read: byte 27 is no UTF-8"):
        read(tmp_path / "file.yaml")


@reads_yaml
def test_a_file_is_read_up_to_a_limit(tmp_path, read):
    (tmp_path / "file.yaml").write_text("#" * MOST_BYTES + "\n")
    with pytest.raises(ConfigError, match="it has over"):
        read(tmp_path / "file.yaml")


@pytest.mark.parametrize("text", ["\ufeffgeneral: {speed: 2}\r\nconsumer:\r\n  n_tries: 5\r\n"])
def test_a_byte_order_mark_and_windows_ends_of_lines_are_read(tmp_path, text):
    (tmp_path / "file.yaml").write_bytes(text.encode())
    config = Config.load(tmp_path / "file.yaml")
    assert (config.general.speed, config.consumer.n_tries) == (2, 5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 10),
        ("-007", -7),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("+.inf", float("inf")),
        ("0x10", "0x10"),
        ("0o10", "0o10"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2024-01-31", "2024-01-31"),
        ("=", "="),
        ("<<", "<<"),
        ("yes", True),
        ("off", False),
        ("~", None),
    ],
)
def test_a_number_is_decimal_and_all_else_is_a_text(text, value, tmp_path):
    from rinq.config import dump_values, read_change, read_values

    assert read_change(f"key={text}") == ("key", value)
    (tmp_path / "file.yaml").write_text(f"key: {text}")
    assert read_values(tmp_path / "file.yaml") == {"key": value}
    for written in (value, text):  # also the text itself comes back as a text
        (tmp_path / "file.yaml").write_text(dump_values({"key": written}))
        assert read_values(tmp_path / "file.yaml") == {"key": written}


def test_what_is_written_has_no_aliases(tmp_path):
    pair = [1, 2]
    with run_module.Run({"producer": {"interval": pair}, "consumer": {"interval": pair}}) as run:
        assert run.config.producer.interval == run.config.consumer.interval


@pytest.mark.parametrize(
    "value",
    [
        "0x" + "f" * 5000,
        "9" * 5000,
        "exponential(" + " " * 20_000,
        "exponential(" + " " * 20_000 + "x",
        "exponential" + " " * 20_000 + "()",
        "erlang(" + "1," * 20_000 + ")",
        "[" * 1000,
        "x" * 5000,
        "{a: 1, a: 2}",
        "*a",
        ".nan",
        ".inf",
        "-1",
        "\0",
        "\x1b[31m",
        "\ud800",
        "1\n2",
        "---\n1\n---\n2",
    ],
)
@pytest.mark.parametrize(
    "key", ["speed", "consumer.interval", "manager.timeout", "paused", "x" * 5000]
)
def test_an_odd_value_is_refused_in_one_line(key, value):
    with pytest.raises(ConfigError) as caught:
        parse_change(f"{key}={value}")
    one_line(caught.value)


def test_a_law_with_many_spaces_is_still_a_law():
    _, value = parse_change("consumer.interval=exponential(" + " " * 20_000 + "5 )")
    assert str(Config().overridden({"consumer.interval": value}).consumer.interval) == (
        "exponential(5)"
    )


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 2**33])
def test_a_huge_file_is_not_read_whole(tmp_path, size):
    from rinq.regular import read_regular

    with (tmp_path / "huge").open("wb") as file:
        file.truncate(size)
    with pytest.raises(OSError, match="it has over 1,000 bytes"):
        read_regular(tmp_path / "huge", 1000)
