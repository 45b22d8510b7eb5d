"""Names, statuses and the legal moves (rules 2 and 10)."""

from __future__ import annotations

import dataclasses
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rinq.errors import ConfigError, InvalidName
from rinq.queue import ATTEMPT_ENDS, MOVES, SETTLED, UNSETTLED, Event, Job, Status
from rinq.queue.model import check_job_name, check_process_name, is_job_name
from rinq.queue.sqlite.connection import read_sql

ALPHABET = string.ascii_letters + string.digits + "_-"
NO_NAMES = [
    "",
    "short",
    "elevenchars",
    "with space",
    "../../../etc"[:10],
    "a/b/c/d/e/",
    "..........",
    "abcdefghi\n",
    "abcdefghij\n",
    "abcdefghi\0",
    "äbcdefghij",
    "０１２３４５６７８９",  # noqa: RUF001 (digits, but not those of ASCII)
    "abc\udcffefghi",
    None,
    1234567890,
    b"abcdefghij",
    ["a"] * 10,
]


@given(st.text(ALPHABET, min_size=10, max_size=10))
def test_ten_of_the_characters_are_a_job_name(name):
    assert is_job_name(name)
    assert check_job_name(name) == name


@given(st.text())
def test_nothing_else_is_a_job_name(name):
    assert is_job_name(name) == (len(name) == 10 and set(name) <= set(ALPHABET))


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_is_none_is_refused_in_one_line(name):
    assert not is_job_name(name)
    with pytest.raises(InvalidName) as caught:
        check_job_name(name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["a", "c1", "the-best-consumer", "A" * 40])
def test_letters_digits_and_dash_are_a_process_name(name):
    assert check_process_name(name) == name


@pytest.mark.parametrize("name", ["", "a b", "a_b", "A" * 41, "ä", "a\n", "../a", "-c1\0"])
def test_nothing_else_is_a_process_name(name):
    with pytest.raises(ConfigError) as caught:
        check_process_name(name, "consumer")
    assert "\n" not in str(caught.value)


def test_an_empty_process_name_is_told_which_role_needs_it():
    with pytest.raises(ConfigError, match="A consumer needs a name"):
        check_process_name("", "consumer")


def test_what_has_settled_moves_only_by_a_cleaner_or_an_operator():
    events = {event for event, origin, _ in MOVES if origin in SETTLED}
    assert events == {Event.CLEAN, Event.REDRIVE}


def test_every_status_can_be_reached_and_every_event_is_a_move_or_a_verdict():
    assert {target for _, _, target in MOVES} == set(Status)
    assert {event for event, _, _ in MOVES} == set(Event) - {Event.ILLEGAL, Event.REFUSED}


def test_an_attempt_ends_in_whatever_leaves_processing_but_in_a_release_or_a_cancel():
    leaves = {event for event, origin, _ in MOVES if origin is Status.PROCESSING}
    assert set(ATTEMPT_ENDS) == leaves - {Event.RELEASE, Event.CANCEL}
    assert {*SETTLED, *UNSETTLED} == set(Status)
    assert not SETTLED & UNSETTLED


def test_the_schema_spells_the_same_moves_and_statuses():
    schema = read_sql("schema.sql") + read_sql("triggers.sql")
    spelled = set(re.findall(r"\('(\w+)', +'(\w+)', +'(\w+)'\)", schema))
    moves = {tuple(map(str, move)) for move in MOVES if move[0] is not Event.SUBMIT}
    assert spelled == moves
    check = re.search(r"status IN \(([^)]*)\)", schema)[1]
    assert re.findall(r"'(\w+)'", check) == [str(status) for status in Status]


def test_a_job_has_the_columns_of_its_table():
    columns = re.search(r"CREATE TABLE jobs \((.*?)\) STRICT", read_sql("schema.sql"), re.DOTALL)[1]
    names = re.findall(r"^  (\w+) +(?:INTEGER|TEXT|REAL)", columns, re.MULTILINE)
    assert names == [field.name for field in dataclasses.fields(Job)]
