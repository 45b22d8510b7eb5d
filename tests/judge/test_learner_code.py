"""A step is a line of a learner's code, or a second call into C on one."""

from __future__ import annotations

import random

from rinq.judge.learner_code import Steps, is_library


def three_lines():
    a = len("a")
    b = len("b")
    return a + b


def one_line():
    return len("a") + len("b") + len("c")


def other_code():
    random.Random(1).shuffle([1, 2, 3])


def calls_a_helper():
    return three_lines()


def steps(function, halt_at=0):
    halts = []
    with Steps(halt_at, lambda _, line: halts.append(line)) as counted:
        function()
    return counted.count, halts


def test_each_line_is_a_step_and_each_later_call_into_c_on_it():
    assert steps(three_lines) == (3, [])
    assert steps(one_line) == (3, [])


def test_the_standard_library_has_no_steps():
    assert steps(other_code)[0] <= 3
    assert is_library(random.__file__)
    assert is_library("<frozen importlib>")
    assert not is_library(__file__)


def test_an_installed_package_has_steps():
    import psutil

    assert not is_library(psutil.__file__)


def test_the_halt_comes_before_that_step_and_once():
    first = three_lines.__code__.co_firstlineno
    assert [steps(three_lines, k)[1] for k in (1, 2, 3, 4)] == [
        [first + 1],
        [first + 2],
        [first + 3],
        [],
    ]


def test_the_place_of_a_halt_is_the_line_of_the_method_that_was_called():
    first = calls_a_helper.__code__.co_firstlineno
    assert steps(calls_a_helper) == (4, [])
    assert [steps(calls_a_helper, k)[1] for k in (1, 3)] == [[first + 1], [first + 1]]
