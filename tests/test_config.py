"""config.yaml: what is read, what it means, and the one line that a mistake gets."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from rinq.config import CHANGEABLE, DEFAULT_HANDLER, LIVE, Config, parameters, parse_change
from rinq.distributions import Backoff, Times
from rinq.errors import ConfigError

SHIPPED = Path(__file__).parent.parent / "config.yaml"
SEED_DEFAULTS = {
    "general.primary_path": None,
    "general.database": None,
    "general.speed": 1,
    "general.durability": "full",
    "general.seed": None,
    "producer.interval": 5,
    "consumer.n_time": 3600,
    "consumer.n_tries": 3,
    "consumer.interval": [7, 15],
    "consumer.work_time": 0,
    "consumer.retry_wait": 0,
    "consumer.handler": DEFAULT_HANDLER,
    "consumer.heartbeat": False,
    "cleaner.interval": 30,
    "manager.interval": 10,
    "manager.timeout": 60,
    "manager.n_reassigns": 5,
    "faults.error_rate": 0,
    "faults.hang_rate": 0,
    "faults.crash_rate": 0,
}


@pytest.fixture
def load(tmp_path):
    """Write a config file and load it."""

    def write_and_load(text):
        file = tmp_path / "config.yaml"
        file.write_text(text, "utf-8")
        return Config.load(file)

    return write_and_load


@pytest.fixture
def complaint(load, tmp_path):
    """The line that a config file gets, after the file's name."""

    def of(text):
        with pytest.raises(ConfigError) as caught:
            load(text)
        file, line = str(tmp_path / "config.yaml"), str(caught.value)
        assert line.startswith(f"{file}: ")
        assert "\n" not in line
        return line.removeprefix(f"{file}: ")

    return of


def _parse(key, value):
    section, _, name = key.partition(".")
    config = Config.parse({section: {name: value}})
    return getattr(getattr(config, section), name)


# The shipped file


def test_the_defaults_are_those_of_the_design():
    assert {key: default for key, default, _ in parameters()} == SEED_DEFAULTS


def test_the_shipped_file_holds_the_defaults_except_its_folder():
    shipped = Config.load(SHIPPED).model_dump()
    assert shipped["general"].pop("primary_path") == "jobs"
    defaults = Config().model_dump()
    del defaults["general"]["primary_path"]
    assert shipped == defaults


def test_the_shipped_folder_is_ignored_by_git():
    assert f"/{yaml.safe_load(SHIPPED.read_text())['general']['primary_path']}/" in (
        SHIPPED.with_name(".gitignore").read_text().splitlines()
    )


def _comments():
    """The comment of each parameter in the shipped file, by its dotted name."""
    section, comments = "", {}
    for line in SHIPPED.read_text("utf-8").splitlines():
        if match := re.match(r"(\w+):", line):
            section = match[1]
        elif match := re.match(r"  (?:# )?(\w+): .*\S\s+# (\S.*)", line):
            comments[f"{section}.{match[1]}"] = match[2]
    return comments


def test_the_shipped_file_lists_every_parameter_with_a_comment_in_the_order_of_the_model():
    assert list(_comments()) == [key for key, _, _ in parameters()]


def test_the_shipped_file_says_what_can_be_changed_while_processes_run():
    marked = {key for key, comment in _comments().items() if "(live" in comment}
    assert marked == {"general.speed", *LIVE}


def test_every_parameter_says_what_it_means():
    assert all(meaning for _, _, meaning in parameters())


# What is read


def test_a_missing_file_in_the_current_folder_means_the_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Config.load() == Config()
    assert Config.load().primary_path == tmp_path
    assert Config.load().database == tmp_path / "rinq.db"
    assert Config.load().file is None


def test_the_config_of_the_current_folder_is_read_where_no_other_is_named(load, monkeypatch):
    folder = load("producer: {interval: 2}").folder
    monkeypatch.chdir(folder)
    assert Config.load().producer.interval.plain == 2


@pytest.mark.parametrize("text", ["", "# nothing\n", "general:\n", "{}", "consumer: {}\n"])
def test_what_is_missing_takes_its_default(load, text):
    assert load(text).model_dump() == Config().model_dump()


def test_one_parameter_leaves_the_others_at_their_defaults(load):
    consumer = load("consumer:\n  n_tries: 1\n").consumer
    assert (consumer.n_tries, consumer.n_time, consumer.interval.plain) == (1, 3600, [7, 15])


def test_the_seed_s_own_file_is_read(load, tmp_path):
    config = load(
        "consumer:\n    n_time: 3600\n    n_tries: 3\n"
        "general:\n    primary_path: current/directory\n"
    )
    assert config.primary_path == tmp_path / "current" / "directory"


@pytest.mark.parametrize(
    ("general", "primary_path", "database"),
    [
        ("primary_path: a", "a", "a/rinq.db"),
        ("primary_path: a, database: b/q.db", "a", "b/q.db"),
        ("primary_path: a, database: /elsewhere/q.db", "a", "/elsewhere/q.db"),
        ("primary_path: /elsewhere", "/elsewhere", "/elsewhere/rinq.db"),
    ],
)
def test_a_relative_path_counts_from_the_file_s_folder(
    load, tmp_path, general, primary_path, database
):
    config = load(f"general: {{{general}}}")
    assert config.primary_path == tmp_path / primary_path
    assert config.database == tmp_path / database
    assert config.folder == tmp_path


def test_a_path_may_begin_at_the_user_s_home(load, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert load("general: {primary_path: ~/jobs}").primary_path == Path("/home/somebody/jobs")


def test_a_relative_config_path_counts_from_the_current_folder(load, tmp_path, monkeypatch):
    load("general: {primary_path: a}")
    monkeypatch.chdir(tmp_path)
    config = Config.load("config.yaml")
    monkeypatch.chdir("/")
    assert config.primary_path == tmp_path / "a"


def test_a_path_missing_from_a_file_means_the_current_folder(load, tmp_path, monkeypatch):
    config = load("general: {speed: 2}")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert config.primary_path == tmp_path / "here"


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("consumer.interval", 5, Times("constant", (5,))),
        ("consumer.interval", [1, 2.5], Times("uniform", (1, 2.5))),
        ("consumer.work_time", "erlang(3, 2)", Times("erlang", (3, 2))),
        ("consumer.retry_wait", [1, 4], Times("uniform", (1, 4))),
        ("consumer.retry_wait", "backoff(1, 2, 60)", Backoff(1, 2, 60)),
        ("producer.interval", 0, Times("constant", (0,))),
        ("general.speed", 1000, 1000),
        ("general.seed", -3, -3),
        ("consumer.n_tries", 1, 1),
        ("consumer.heartbeat", True, True),
        ("consumer.handler", "my.own:work", "my.own:work"),
        ("faults.crash_rate", 1, 1),
        ("general.durability", "normal", "normal"),
    ],
)
def test_a_value_in_range_is_read_as_it_stands(key, value, read):
    assert _parse(key, value) == read


def test_a_config_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Config().consumer.n_tries = 5  # type: ignore[misc]


# Mistakes


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("consumer: {n_tires: 3}", "consumer.n_tires: unknown key. Did you mean consumer.n_tries?"),
        ("consumer: {timeout: 3}", "consumer.timeout: unknown key. Did you mean manager.timeout?"),
        ("consumers: {n_tries: 3}", "consumers: unknown key. Did you mean consumer?"),
        ("n_time: 3", "n_time: unknown key. Did you mean consumer.n_time?"),
        ("consumer: {n_tries: 0}", "consumer.n_tries: expected a whole number from 1 up, got 0."),
        ("consumer: 5", "consumer: expected a section with keys below it, got 5."),
        (
            "consumer: [n_tries]",
            "consumer: expected a section with keys below it, got ['n_tries'].",
        ),
        ("- consumer", "expected sections such as 'consumer:', with keys below."),
        ("just words", "expected sections such as 'consumer:', with keys below."),
        ("consumer: [", "this is not YAML (line 1)."),
        ("a: 1\n\tb: 2", "this is not YAML (line 2)."),
        (
            "general: {speed: 2024-99-99}",
            "general.speed: expected a number above 0, at most 1000, got '2024-99-99'.",
        ),
        (
            "faults: {error_rate: 0.6, crash_rate: 0.6}",
            "faults: expected rates whose sum is at most 1.",
        ),
        (
            "consumer: {n_tries: 0, n_time: 0}\nmanager: {timeout: x}",
            "consumer.n_time: expected a number of seconds above 0, got 0. (and 2 more)",
        ),
    ],
)
def test_a_mistake_gets_one_line_with_file_key_and_expectation(complaint, text, line):
    assert complaint(text) == line


def test_an_unknown_key_that_resembles_none_lists_those_there_are(complaint):
    line = complaint("zzz: 1")
    assert line.startswith("zzz: unknown key. Known are general, producer, ")
    assert all(key in line for key, _, _ in parameters())


@pytest.mark.parametrize("text", ['"a\\nb": 1', 'consumer: {"n_\\ntries": 1}', "1: 2", "null: 2"])
def test_a_strange_key_gets_one_line_too(complaint, text):
    assert "unknown key" in complaint(text)


NUMBERS = [key for key, default, _ in parameters() if type(default) in (int, float, tuple)]


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("value", ["5", True, None, [], {}, -1, math.nan, math.inf, [1, 2, 3]])
def test_no_number_is_read_from_anything_else(key, value):
    with pytest.raises(ConfigError, match=rf"^config: {key}: expected .*, got "):
        _parse(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("general.speed", 0),
        ("general.speed", 1001),
        ("general.seed", 1.5),
        ("general.seed", "one"),
        ("general.seed", True),
        ("general.primary_path", 5),
        ("general.primary_path", ""),
        ("general.primary_path", "a\0b"),
        ("general.database", ["a"]),
        ("general.durability", "none"),
        ("general.durability", False),
        ("consumer.n_time", 0),
        ("consumer.n_tries", 2.0),
        ("consumer.n_tries", 2.5),
        ("consumer.interval", [15, 7]),
        ("consumer.interval", [7]),
        ("consumer.interval", [7, True]),
        ("consumer.interval", "7-15"),
        ("consumer.interval", "normal(5)"),
        ("consumer.work_time", "exponential(-1)"),
        ("producer.interval", "exponential(5, 6)"),
        ("consumer.retry_wait", "backoff(1, 2)"),
        ("consumer.retry_wait", "backoff(0, 2, 60)"),
        ("consumer.retry_wait", "backoff(1, 0.5, 60)"),
        ("consumer.retry_wait", "backoff(5, 2, 4)"),
        ("consumer.heartbeat", 1),
        ("consumer.heartbeat", "yes"),
        ("consumer.handler", "work"),
        ("consumer.handler", "my module:work"),
        ("consumer.handler", "__main__:work"),
        ("consumer.handler", ":work"),
        ("consumer.handler", None),
        ("cleaner.interval", 0),
        ("manager.interval", 0),
        ("manager.timeout", 0),
        ("manager.n_reassigns", 0),
        ("faults.error_rate", 1.01),
    ],
)
def test_a_value_out_of_range_is_refused(key, value):
    with pytest.raises(ConfigError, match=rf"^config: {key}: expected .*, got "):
        _parse(key, value)


def test_a_long_value_is_cut_in_the_message(complaint):
    assert len(complaint(f"general: {{speed: {'x' * 10_000}}}")) < 200


@given(parts=st.lists(st.integers(0, 100), min_size=3, max_size=3))
@example(parts=[33, 56, 11])  # whose floating-point sum is above 1
def test_rates_may_fill_exactly_the_whole_and_no_more(parts):
    error, hang, crash = (part / 100 for part in parts)
    rates = {"faults": {"error_rate": error, "hang_rate": hang, "crash_rate": crash}}
    if sum(parts) <= 100:
        Config.parse(rates)
    else:
        with pytest.raises(ConfigError, match="sum"):
            Config.parse(rates)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
                    max_leaves=8))  # fmt: skip
def test_no_value_whatever_gets_more_than_a_config_error(value):
    sections = list(Config.model_fields)
    for values in (value, dict.fromkeys(sections, value), {"consumer": {"interval": value}}):
        try:
            Config.parse(values)
        except ConfigError as error:
            line = str(error)
            assert len(line.splitlines()) == 1


def test_a_missing_file_is_named_with_the_nearest_one(load, tmp_path):
    load("")
    with pytest.raises(ConfigError) as caught:
        Config.load(tmp_path / "confg.yaml")
    assert str(caught.value) == (
        f"{tmp_path / 'confg.yaml'}: no such file. Did you mean {tmp_path / 'config.yaml'}?"
    )


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ConfigError, match=f"There is no folder {tmp_path / 'no'}"):
        Config.load(tmp_path / "no" / "config.yaml")


def test_a_folder_or_a_binary_file_cannot_be_read(tmp_path):
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, tmp_path / "binary.yaml", tmp_path / "binary.yaml" / "config.yaml"):
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            Config.load(path)
        assert len(str(caught.value).splitlines()) == 1


# A warning


def test_a_time_above_the_lease_without_a_heartbeat_is_warned_about_naming_both_keys():
    (sentence,) = Config().warnings
    assert "consumer.n_time (3600 s) exceeds manager.timeout (60 s)" in sentence


@pytest.mark.parametrize(
    "values", [{"consumer": {"n_time": 60}}, {"consumer": {"heartbeat": True}}]
)
def test_a_time_within_the_lease_or_a_heartbeat_is_not_warned_about(values):
    assert Config.parse(values).warnings == []


# Changes while processes run


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("speed=20", ("speed", 20)),
        ("speed=", ("speed", None)),
        ("faults.error_rate=0.3", ("faults.error_rate", 0.3)),
        ("faults.error_rate=", ("faults.error_rate", None)),
        (" producer.interval = 2 ", ("producer.interval", 2)),
        ("consumer.interval=[1, 2]", ("consumer.interval", [1, 2])),
        ("paused=true", ("paused", True)),
        ("paused=on", ("paused", True)),
        ("paused=", ("paused", None)),
    ],
)
def test_a_change_is_a_key_and_a_value(text, change):
    assert parse_change(text) == change


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("speed", "'speed': expected KEY=VALUE, such as speed=20."),
        ("fault.error_rate=1", "fault.error_rate: unknown setting. Did you mean faults.error_rate"),
        ("general.speed=2", "general.speed: unknown setting. Did you mean speed?"),
        ("consumer.n_tries=2", "consumer.n_tries: this is read when a process starts. Change it"),
        ("paused=maybe", "paused: expected true or false, got 'maybe'."),
        ("speed=0", "settings: general.speed: expected a number above 0, at most 1000, got 0."),
        ("speed=[", "speed: '[' is no value: this is not YAML (line 1)."),
    ],
)
def test_a_change_that_cannot_be_made_gets_one_line(text, line):
    with pytest.raises(ConfigError) as caught:
        parse_change(text)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_every_live_parameter_is_a_parameter_and_can_be_changed():
    assert set(LIVE) <= {key for key, _, _ in parameters()}
    assert set(CHANGEABLE) == {"speed", "paused", *LIVE}
    for key in LIVE:
        assert parse_change(f"{key}=1") == (key, 1)


def test_settings_lie_over_the_config_and_leave_it_as_it_was(load, tmp_path):
    config = load("consumer: {n_tries: 7}")
    laid_over = config.overridden({"faults.error_rate": 0.5, "consumer.interval": [1, 2]})
    assert laid_over.faults.error_rate == 0.5
    assert laid_over.consumer.interval == Times("uniform", (1, 2))
    assert laid_over.consumer.n_tries == 7
    assert laid_over.folder == tmp_path
    assert config.faults.error_rate == 0
    assert config.overridden({}) is config


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match=r"^settings: faults.error_rate: expected a share"):
        Config().overridden({"faults.error_rate": 2})
    with pytest.raises(ConfigError, match=r"^settings: faults: expected rates whose sum"):
        Config().overridden({"faults.error_rate": 1, "faults.hang_rate": 1})
    with pytest.raises(ConfigError, match=r"^settings: faults.eror_rate: unknown key"):
        Config().overridden({"faults.eror_rate": 1})
    with pytest.raises(ConfigError, match=r"^settings: fault: unknown key. Did you mean faults"):
        Config().overridden({"fault.error_rate": 1})
