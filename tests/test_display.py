"""What a person is shown: no text acts on a terminal, forges a line, or fills a screen."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rinq.display import LONGEST, cut, printable, shortened
from rinq.fleet.logs import write_to_stderr

anything = st.text(st.characters(), max_size=300)  # halves of characters, too


@given(anything)
def test_a_printable_text_is_one_line_that_every_terminal_can_be_given(text):
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")


@given(anything)
def test_what_is_harmless_is_shown_as_it_is(text):
    harmless = "".join(filter(str.isprintable, text))
    assert printable(harmless) == harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("caf\xe9 日本 🙂", "caf\xe9 日本 🙂"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J", r"\x9b2J"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\u2028\u202e\ufeff", r"\u2028\u202e\ufeff"),
        ("\udcff", r"\udcff"),
        ("\x7f\x00", r"\x7f\x00"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_with_escapes(text, shown):
    assert printable(text) == shown


def test_a_long_path_keeps_its_two_ends():
    shown = cut("/first/" + "x" * 5000 + "/last")
    assert shown.startswith("/first/")
    assert shown.endswith("/last")
    assert len(shown) <= LONGEST + 3


nested = st.recursive(
    st.none() | st.booleans() | st.floats() | anything | st.integers(-(10**5000), 10**5000),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(nested)
def test_a_value_is_shown_in_a_short_line(value):
    shown = shortened(value)
    assert shown.isprintable()
    assert len(shown) < 2000


def test_a_value_that_repeats_itself_is_shown_too():
    bomb: list = ["x"]
    for _ in range(50):
        bomb = [bomb] * 10
    assert len(shortened(bomb)) < 2000
    itself = []
    itself.append(itself)
    assert shortened(itself).startswith("[")
    assert shortened(10**5000) == "a number of very many digits"


def test_a_line_of_a_log_is_one_line_whatever_the_handler_raised(capsys, monkeypatch):
    logger = logging.getLogger("rinq")
    monkeypatch.setattr(logger, "handlers", [])
    write_to_stderr("anna")
    raised = "\x1b[31mno\n12:00:00.000 anna completed abcdefghij"
    logger.warning("%s: %s", "abcdefghij", raised)
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert written.endswith(
        r"anna abcdefghij: \x1b[31mno\n12:00:00.000 anna completed abcdefghij" + "\n"
    )
