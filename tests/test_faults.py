"""Faults and failpoints: decided by seed, name and attempt alone (rule 12)."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rinq
from rinq.config import FaultsConfig
from rinq.faults import (
    FAILPOINT,
    POINTS,
    UNDER_THE_LOCK,
    Fault,
    digest,
    failpoint,
    fault_of_attempt,
)

names = st.text(min_size=1)
seeds = st.integers()
attempts = st.integers(1, 10**6)


def _rates(error=0.0, hang=0.0, crash=0.0):
    return SimpleNamespace(error_rate=error, hang_rate=hang, crash_rate=crash)


@given(seeds, names, attempts)
def test_nothing_is_struck_at_rate_zero_and_everything_at_rate_one(seed, name, attempt):
    assert fault_of_attempt(FaultsConfig(), seed, name, attempt) is None
    assert fault_of_attempt(_rates(error=1), seed, name, attempt) is Fault.ERROR
    assert fault_of_attempt(_rates(hang=1), seed, name, attempt) is Fault.HANG
    assert fault_of_attempt(_rates(crash=1), seed, name, attempt) is Fault.CRASH


@given(seeds, names, attempts, st.floats(0, 1))
def test_a_higher_rate_strikes_at_least_the_same_attempts(seed, name, attempt, rate):
    if fault_of_attempt(_rates(error=rate), seed, name, attempt):
        assert fault_of_attempt(_rates(error=(1 + rate) / 2), seed, name, attempt)


def test_each_fault_strikes_its_share_of_attempts():
    rates = _rates(error=0.3, hang=0.2, crash=0.1)
    struck = [fault_of_attempt(rates, 1, f"job{n}", 1 + n % 3) for n in range(20_000)]
    for fault, rate in ((Fault.ERROR, 0.3), (Fault.HANG, 0.2), (Fault.CRASH, 0.1), (None, 0.4)):
        assert struck.count(fault) / len(struck) == pytest.approx(rate, abs=0.015)


def test_the_next_attempt_is_decided_anew():
    rates = _rates(error=0.5)
    outcomes = {fault_of_attempt(rates, 1, "abcdefghij", attempt) for attempt in range(1, 50)}
    assert outcomes == {None, Fault.ERROR}


def test_a_digest_is_the_same_in_every_process():
    code = "from rinq.faults import digest; print(digest('fault', 7, 'abcdefghij', 2))"
    others = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert others == {str(digest("fault", 7, "abcdefghij", 2))}


def test_a_digest_tells_parts_apart():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest(1, 2) != digest(2, 1)


def test_a_failpoint_that_is_not_named_does_nothing(monkeypatch):
    monkeypatch.delenv(FAILPOINT, raising=False)
    failpoint("claimed")
    monkeypatch.setenv(FAILPOINT, "completed=kill")
    failpoint("claimed")


def test_every_failpoint_is_listed_and_every_listed_one_is_there():
    called = [
        point
        for path in Path(rinq.__file__).parent.rglob("*.py")
        for point in re.findall(r"""\bfailpoint\("(.*?)"\)""", path.read_text("utf-8"))
    ]
    assert sorted(called) == sorted(POINTS)
    assert set(UNDER_THE_LOCK) <= set(POINTS)


def test_a_failpoint_stops_a_process_once():
    code = (
        "from rinq.faults import failpoint; print('before', flush=True); "
        "failpoint('here'); print('after'); failpoint('here'); print('again')"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, FAILPOINT: "here=stop"},
        stdout=subprocess.PIPE,
        text=True,
    )
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(child.pid, signal.SIGCONT)
    said, _ = child.communicate(timeout=30)
    assert said.split() == ["before", "after", "again"]


def test_a_failpoint_that_is_named_ends_the_process_at_once():
    code = (
        "from rinq.faults import failpoint; print('before', flush=True); "
        "failpoint('here'); print('after')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, FAILPOINT: "here=kill"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (-9, ["before"])
