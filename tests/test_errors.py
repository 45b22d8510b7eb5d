"""The error tree: as drawn, and as it speaks."""

from __future__ import annotations

import pickle
import re

import pytest

from rinq import errors
from rinq.errors import ConfigError, RinqError, StaleClaim, TransientError, Unavailable, UnknownJob

CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, RinqError)
]
DRAWN = re.compile(r"^    ([ │├└─]*)(\w+)( \*)?(?: {2,}.*)?$", re.MULTILINE)


def _drawn_tree():
    """The tree of the module's docstring: each name's parent, and the names marked *."""
    parents, starred, above = {}, set(), {}
    for indent, name, star in DRAWN.findall(errors.__doc__):
        depth = len(indent) // 4
        above[depth] = name
        parents[name] = above.get(depth - 1)
        if star:
            starred.add(name)
    return parents, starred


def test_the_tree_is_as_drawn():
    parents, starred = _drawn_tree()
    assert len(parents) > 15
    assert set(parents) == {cls.__name__ for cls in CLASSES} - {"TransientError"}
    for cls in CLASSES:
        if cls not in (RinqError, TransientError):
            assert cls.__bases__[0].__name__ == parents[cls.__name__]
            assert issubclass(cls, TransientError) == (cls.__name__ in starred)


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_is_one_line_with_its_particulars(cls):
    line = str(cls("what happened."))
    assert "what happened" in line
    assert "\n" not in line
    assert ".." not in line
    assert line.endswith((".", "?", "happened"))


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_without_particulars_can_be_printed(cls):
    assert "None" not in str(cls())


def test_an_error_says_what_is_wrong_then_the_particulars_then_what_to_do():
    assert str(UnknownJob("abc")) == (
        "There is no job of this name: abc. List them with 'rinq jobs'."
    )
    assert str(StaleClaim()) == (
        "This claim no longer holds the job. "
        "Drop the work: whoever holds the job now will finish it."
    )
    assert str(ConfigError("a: expected b.")) == "a: expected b."


def test_advice_can_be_given_where_the_error_is_raised():
    assert str(Unavailable("x", advice="Wait.")) == "The database cannot be used just now: x. Wait."


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_crosses_from_process_to_process(cls):
    error = pickle.loads(pickle.dumps(cls("detail", advice="advice")))
    assert type(error) is cls
    assert (error.detail, error.advice) == ("detail", "advice")
