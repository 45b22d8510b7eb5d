"""A fault plan: read and checked, and drawn by a seed."""

from __future__ import annotations

import random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rinq.errors import ConfigError
from rinq.faults import POINTS, UNDER_THE_LOCK
from rinq.lab.faults.plan import FARTHEST, LONGEST, MOST_OFTEN, Act, FaultPlan, ScheduledFault

NAMES = ["consumer-1", "consumer-2", "manager-1", "producer-1"]
EXAMPLE = """
- {at: 30, do: kill, whom: consumer-1}
- {every: [20, 60], do: freeze, whom: consumer, seconds: [5, 90]}
- {at: 40, do: lock, seconds: 5}
- {at: 50, do: clock, by: -120}
- {at: 60, do: failpoint, whom: manager-1, point: lapsed}
- {at: 80, do: rates, error_rate: 0.3, seconds: 100}
"""


def pairs(least, most):
    number = st.floats(least, most)
    return number | st.tuples(number, number).map(sorted)


whom = st.sampled_from([*NAMES, "consumer", "cleaner", "somebody"])
span = pairs(0, LONGEST).filter(lambda pair: pair > 0 if isinstance(pair, float) else pair[0] > 0)
acts = st.one_of(
    st.fixed_dictionaries({"do": st.just("kill"), "whom": whom}),
    st.fixed_dictionaries({"do": st.just("freeze"), "whom": whom, "seconds": span}),
    st.fixed_dictionaries({"do": st.just("lock"), "seconds": span}),
    st.fixed_dictionaries({"do": st.just("clock"), "by": pairs(-FARTHEST, FARTHEST)}),
    st.fixed_dictionaries(
        {"do": st.just("failpoint"), "whom": whom, "point": st.sampled_from(POINTS)}
    ),
    st.fixed_dictionaries(
        {"do": st.just("failpoint"), "whom": whom, "seconds": span}
        | {"point": st.sampled_from([p for p in POINTS if p not in UNDER_THE_LOCK])}
    ),
    st.fixed_dictionaries(
        {"do": st.just("rates"), "seconds": span},
        optional={"error_rate": st.floats(0, 0.3), "crash_rate": st.floats(0, 0.3)},
    ),
)
times = st.one_of(
    st.fixed_dictionaries({"at": pairs(0, 500)}),
    st.fixed_dictionaries({"every": pairs(MOST_OFTEN, 500)}),
)
written = st.lists(st.builds(lambda time, act: time | act, times, acts), max_size=5)
plans = written.map(FaultPlan.parse)
seeds = st.integers(0, 2**32)


def scheduled_faults(plan, seed, until=300.0, names=NAMES):
    return plan.scheduled_faults(random.Random(seed), names, until)


# What a seed makes of a plan


@given(plans, seeds)
def test_the_same_seed_gives_the_same_strikes_to_the_digit(plan, seed):
    assert scheduled_faults(plan, seed) == scheduled_faults(plan, seed, names=NAMES[::-1])


@given(plans, seeds)
def test_strikes_are_sorted_and_end_before_the_end(plan, seed):
    times = [fault.at for fault in scheduled_faults(plan, seed)]
    assert times == sorted(times)
    assert all(0 <= at < 300 for at in times)


@given(plans, seeds)
def test_a_longer_time_adds_strikes_and_changes_none(plan, seed):
    assert scheduled_faults(plan, seed, 100) == [
        s for s in scheduled_faults(plan, seed) if s.at < 100
    ]


@given(plans, seeds)
def test_everything_that_lasts_is_bounded(plan, seed):
    for fault in scheduled_faults(plan, seed):
        assert 0 <= fault.seconds <= LONGEST
        assert abs(fault.by) <= FARTHEST
        if fault.act in (Act.FREEZE, Act.LOCK, Act.RATES):
            assert fault.seconds > 0


@given(plans, seeds)
def test_a_role_becomes_one_of_its_processes(plan, seed):
    for fault in scheduled_faults(plan, seed):
        acts_on_somebody = fault.act in (Act.KILL, Act.FREEZE, Act.FAILPOINT)
        assert (fault.whom in [*NAMES, "somebody"]) is acts_on_somebody


@given(written, seeds)
def test_a_plan_survives_being_written_down(values, seed):
    plan = FaultPlan.parse(values)
    again = FaultPlan.parse(yaml.safe_load(yaml.safe_dump(plan.dump())))
    assert again == plan
    assert scheduled_faults(again, seed) == scheduled_faults(plan, seed)


def test_the_example_says_what_it_seems_to():
    found = scheduled_faults(FaultPlan.parse(yaml.safe_load(EXAMPLE)), seed=1, until=100)
    freezes = [fault for fault in found if fault.act is Act.FREEZE]
    assert [fault for fault in found if fault.act is not Act.FREEZE] == [
        ScheduledFault(30, Act.KILL, "consumer-1"),
        ScheduledFault(40, Act.LOCK, seconds=5),
        ScheduledFault(50, Act.CLOCK, by=-120),
        ScheduledFault(60, Act.FAILPOINT, "manager-1", point="lapsed"),
        ScheduledFault(80, Act.RATES, seconds=100, rates=(0.3, 0.0, 0.0)),
    ]
    assert freezes
    assert all(5 <= fault.seconds <= 90 for fault in freezes)


def test_in_time_a_random_entry_strikes_each_process_of_the_role():
    plan = FaultPlan.parse([{"every": 1, "do": "kill", "whom": "consumer"}])
    assert {fault.whom for fault in scheduled_faults(plan, seed=1, until=50)} == {
        "consumer-1",
        "consumer-2",
    }


def test_two_seeds_give_two_lists():
    plan = FaultPlan.parse(yaml.safe_load(EXAMPLE))
    assert scheduled_faults(plan, seed=1) != scheduled_faults(plan, seed=2)


# What is refused

AT = {"at": 5}
TROUBLE = [
    ({"at": 5}, "expected a list of entries"),
    ([7], "entry 1: expected keys such as 'at: 30, do: kill', got 7"),
    ([AT | {"do": "kill", "whom": "x"}, AT], "entry 2, do: expected one of kill, freeze"),
    ([AT | {"do": "smite"}], "got 'smite'"),
    ([AT | {"do": "kill"}], "entry 1: kill needs whom"),
    ([AT | {"do": "freeze", "whom": "x"}], "freeze needs seconds"),
    ([AT | {"do": "clock", "by": 1, "whom": "x"}], "entry 1, whom: clock takes none, only by"),
    ([AT | {"do": "kill", "whom": "x", "wen": 3}], "entry 1, wen: unknown key. Known are do, at"),
    ([AT | {"do": "kill", "whom": "x/y"}], "whom: expected the name of a process, or producer"),
    ([AT | {"do": "lock", "seconds": 0}], "seconds: expected a number of seconds above 0"),
    ([AT | {"do": "lock", "seconds": 4000}], "at most 3600"),
    ([AT | {"do": "lock", "seconds": [9, 3]}], "or a pair [least, most], got [9, 3]"),
    ([AT | {"do": "clock", "by": float("inf")}], "by: expected seconds forward or back"),
    ([{"do": "lock", "seconds": 1}], "expected either at or every"),
    ([AT | {"every": 5, "do": "lock", "seconds": 1}], "expected either at or every"),
    ([{"every": 0, "do": "lock", "seconds": 1}], "every: expected a number of seconds from 1 up"),
    ([AT | {"do": "failpoint", "whom": "x", "point": "nowhere"}], "point: expected one of file"),
    (
        [AT | {"do": "failpoint", "whom": "x", "point": "following", "seconds": 1}],
        "nobody is stopped at following, holding the write lock. To have the lock held",
    ),
    (
        [AT | {"do": "rates", "seconds": 1, "error_rate": 0.6, "hang_rate": 0.6}],
        "expected rates whose sum is at most 1",
    ),
    ([AT | {"do": "rates", "seconds": 1, "error_rate": 2}], "error_rate: expected a share"),
]


@pytest.mark.parametrize(("values", "words"), TROUBLE)
def test_what_is_wrong_is_said_in_one_line(values, words):
    with pytest.raises(ConfigError) as caught:
        FaultPlan.parse(values, source="here.yaml")
    said = str(caught.value)
    assert said.startswith("here.yaml: ")
    assert words in said
    assert "\n" not in said


def test_a_plan_is_read_from_a_file(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(EXAMPLE)
    assert FaultPlan.load(file) == FaultPlan.parse(yaml.safe_load(EXAMPLE))
    file.write_text("")
    assert FaultPlan.load(file) == FaultPlan()


@pytest.mark.parametrize("text", ["- [", "at: 5", "- {at: 5, do: nothing}"])
def test_an_error_in_a_file_names_the_file(tmp_path, text):
    file = tmp_path / "plan.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"plan\.yaml"):
        FaultPlan.load(file)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        FaultPlan.load(tmp_path / "plan.yaml")
