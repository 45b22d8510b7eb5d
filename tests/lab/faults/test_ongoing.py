"""Faults that last: how they overlap, when they end, and that none is left over."""

from __future__ import annotations

import pytest

from rinq.errors import RinqError, Unavailable
from rinq.lab.faults.ongoing import LOCK, RATES, OngoingFaults, begin_rates
from rinq.lab.faults.plan import Act, ScheduledFault
from rinq.queue import PersistentQSQLite

FREEZE = (Act.FREEZE, "consumer-1")


@pytest.fixture
def faults():
    return OngoingFaults()


@pytest.fixture
def ended():
    """What was undone, in order."""
    return []


@pytest.fixture
def begin(faults, ended):
    def begin_one(key, due, name=None):
        with faults.begin(key, due, lambda: ended.append(name or key)) as is_new:
            return is_new

    return begin_one


@pytest.mark.parametrize(
    ("second", "due"), [((5, 10), 20), ((5, 20), 25), ((15, 5), 20), ((19, 30), 49)]
)
def test_faults_of_one_key_that_overlap_end_once_and_at_the_later_time(
    faults, begin, ended, second, due
):
    at, seconds = second
    assert begin(FREEZE, 20, "first")
    assert not begin(FREEZE, at + seconds, "second")
    assert faults.remaining(FREEZE, at) == due - at
    faults.end_due(due - 0.001)
    assert ended == []
    faults.end_due(due)
    assert ended == ["first"]  # what the second would undo is what the first one did
    assert FREEZE not in faults


def test_faults_of_different_keys_end_each_at_its_own_time(faults, begin, ended):
    other = (Act.FREEZE, "consumer-2")
    assert begin(FREEZE, 20)
    assert begin(other, 10)
    faults.end_due(10)
    assert ended == [other]
    assert len(faults) == 1


def test_after_its_end_a_fault_can_begin_again(faults, begin, ended):
    begin(FREEZE, 10, "first")
    faults.end_due(10)
    assert faults.remaining(FREEZE, 11) == 0
    assert begin(FREEZE, 30, "second")
    faults.end_due(30)
    assert ended == ["first", "second"]


@pytest.mark.parametrize(
    "end", [lambda faults: faults.end_due(20), lambda faults: faults.end_all()]
)
def test_of_faults_that_end_together_the_lock_is_released_first(faults, begin, ended, end):
    for key in (RATES, LOCK, FREEZE):
        begin(key, 20)
    end(faults)
    assert ended[0] == LOCK
    assert sorted(ended, key=str) == sorted([RATES, LOCK, FREEZE], key=str)
    assert not faults


def test_a_fault_that_something_else_ended_is_not_undone(faults, begin, ended):
    begin(FREEZE, 20)
    faults.forget(FREEZE)
    faults.forget(FREEZE)
    faults.end_due(20)
    faults.end_all()
    assert ended == []


def test_a_fault_that_could_not_begin_is_undone_at_once(faults, ended):
    with pytest.raises(RinqError), faults.begin(LOCK, 20, lambda: ended.append(LOCK)):
        raise Unavailable("the lock is held")
    assert ended == [LOCK]
    assert not faults


def test_a_fault_interrupted_while_it_begins_is_left_for_the_end_of_all(faults, ended):
    with (
        pytest.raises(KeyboardInterrupt),
        faults.begin(LOCK, 20, lambda: ended.append(LOCK)),
    ):
        raise KeyboardInterrupt
    assert ended == []
    faults.end_all()
    assert ended == [LOCK]


def test_a_prolonged_fault_whose_second_beginning_fails_continues(faults, begin, ended):
    begin(RATES, 20)
    with pytest.raises(RinqError), faults.begin(RATES, 30, list):
        raise Unavailable("the lock is held")
    assert ended == []
    assert faults.remaining(RATES, 0) == 30


def fail_once(ended, key):
    failures = [Unavailable("the lock is held")]

    def undo():
        if failures:
            raise failures.pop()
        ended.append(key)

    return undo


def test_what_cannot_be_ended_is_ended_by_a_later_call(faults, begin, ended):
    with faults.begin(FREEZE, 20, fail_once(ended, FREEZE)):
        pass
    begin(RATES, 20)
    with pytest.raises(Unavailable):
        faults.end_due(20)
    assert ended == []
    faults.end_due(21)
    assert ended == [FREEZE, RATES]


def test_one_that_cannot_be_ended_keeps_no_other_from_its_end(faults, begin, ended):
    begin(RATES, 20)
    with faults.begin(FREEZE, 20, fail_once(ended, FREEZE)):
        pass
    begin(LOCK, 20)
    with pytest.raises(Unavailable):
        faults.end_all()
    assert ended == [LOCK, RATES]
    assert FREEZE in faults


def test_rates_that_overlap_end_in_the_rates_before_the_first(faults):
    with PersistentQSQLite(":memory:") as queue:
        queue.settings.change({"faults.hang_rate": 0.5})
        for at, rates in ((0, (0.25, 0, 0)), (10, (0, 0, 1))):
            fault = ScheduledFault(at, Act.RATES, seconds=20, rates=rates)
            begin_rates(queue, faults, fault, at + 20)
        assert queue.settings.read()["faults.crash_rate"] == 1
        faults.end_due(30)
        assert queue.settings.read() == {"faults.hang_rate": 0.5}
        assert [(row.event, row.detail) for row in queue.registry.process_events()] == [
            ("rates", "error_rate=0.25"),
            ("rates", "crash_rate=1"),
            ("rates-over", "hang_rate=0.5"),
        ]
