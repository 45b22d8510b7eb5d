"""What the four roles have in common: live settings, and the loop around a step."""

from __future__ import annotations

import logging
import threading

import pytest

from rinq.errors import ConfigError, CorruptDatabase, Unavailable
from rinq.queue import PersistentQSQLite
from rinq.roles.cleaner import Cleaner
from rinq.roles.consumer import Consumer
from rinq.roles.interface import PersistentQInterface
from rinq.roles.manager import Manager
from rinq.roles.producer import Producer

DAYS = 1e6


class Ticker(PersistentQInterface):
    """Counts its steps, which are far apart."""

    role = "manager"
    steps = looks = 0
    closed = False

    def step(self):
        self.steps += 1
        return self.end_cycle()

    def draw_wait(self):
        return self.config.manager.interval

    def refresh(self):
        super().refresh()
        self.looks += 1

    def close(self):
        self.closed = True


@pytest.fixture
def ticker(hire):
    return hire(Ticker, manager={"interval": DAYS})


@pytest.fixture
def running(ticker, eventually):
    """The ticker in a loop of its own, its first step made."""
    stop = threading.Event()
    loop = threading.Thread(target=ticker.run, args=(stop.is_set,))
    loop.start()
    eventually(lambda: ticker.steps == 1)
    yield ticker
    stop.set()
    loop.join(30)
    assert not loop.is_alive()
    assert ticker.closed


# The loop


def test_a_wait_lasts_its_queue_time(running, clock, eventually):
    clock.now += DAYS - 1
    looks = running.looks
    eventually(lambda: running.looks > looks + 2)
    assert running.steps == 1
    clock.now += 1
    eventually(lambda: running.steps == 2)


def test_a_change_of_speed_acts_on_a_wait_that_has_begun(running, queue, clock, eventually):
    queue.clock.set_speed(1000)
    clock.now += DAYS / 1000 - 1
    looks = running.looks
    eventually(lambda: running.looks > looks + 2)
    assert running.steps == 1
    clock.now += 1
    eventually(lambda: running.steps == 2)


def test_a_shorter_interval_acts_on_a_wait_that_has_begun(running, queue, clock, eventually):
    queue.settings.change({"manager.interval": 5})
    looks = running.looks
    eventually(lambda: running.looks > looks + 2)
    clock.now += 5
    eventually(lambda: running.steps == 2)


def test_a_wait_is_ended_by_a_wake(running, eventually):
    running.wake.set()
    eventually(lambda: running.steps == 2)


def test_a_wait_is_ended_by_a_stop(ticker):
    asked = iter([False, False, False, True])
    ticker.run(lambda: next(asked, True))
    assert ticker.steps == 1
    assert ticker.closed


def test_trouble_in_the_middle_of_a_wait_ends_no_loop(running, queue, trouble, eventually):
    trouble(queue.settings, "read")
    eventually(lambda: running.steps == 2)


def test_passing_trouble_is_met_with_growing_pauses_and_told(ticker, monkeypatch, caplog):
    pauses = []
    monkeypatch.setattr(ticker, "_sleep", lambda seconds, _: pauses.append(seconds))
    monkeypatch.setattr(ticker, "_wait", lambda *_: pauses.append("waited"))
    outcomes = iter([*["trouble"] * 6, "well", "trouble", "well"])

    def step():
        if next(outcomes) == "trouble":
            raise Unavailable("disk full")
        return 0.0

    monkeypatch.setattr(ticker, "step", step)
    ticker.run(lambda: len(pauses) == 9)
    assert pauses == [0.5, 1, 2, 4, 8, 8, "waited", 0.5, "waited"]
    assert "disk full" in caplog.text
    assert "Trying again in 4 s." in caplog.text


def test_a_pause_is_one_also_when_a_task_has_just_called(ticker):
    waits = []

    class Wake(threading.Event):
        def wait(self, timeout=None):
            waits.append(self.is_set())
            return self.is_set()

    ticker.wake = Wake()
    ticker.wake.set()  # as an execution does when it ends, or is cancelled
    ticker._sleep(1.0, lambda: False)
    assert waits == [True, False, False, False], "else trouble is met with a hot loop"


def test_a_pause_is_ended_by_a_stop(ticker):
    ticker._sleep(1e9, lambda: True)


def test_other_trouble_ends_the_loop_and_hands_back(ticker, monkeypatch):
    def step():
        raise CorruptDatabase("rinq.db")

    monkeypatch.setattr(ticker, "step", step)
    with pytest.raises(CorruptDatabase):
        ticker.run(lambda: False)
    assert ticker.closed


# Settings


def test_live_settings_lie_over_the_config(ticker, queue):
    queue.settings.change({"manager.interval": 3, "faults.error_rate": 0.5})
    assert ticker() == 3
    assert ticker.config.faults.error_rate == 0.5
    queue.settings.change({"manager.interval": None})
    assert ticker() == DAYS


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("manager.interval", "-5"),
        ("manager.interval", '"soon"'),
        ("manager.interval", "not JSON"),
        ("no.such", "1"),
        ("nonsense", "1"),
        ("paused", '"perhaps"'),
        ("paused", "yes"),
        ("manager.interval", "[" * 100_000),
        ("manager.interval", "[" * 900 + "]" * 900),
        ("manager.interval", "9" * 4000),
        ("manager.interval", "NaN"),
        ("manager.interval", "1e999"),
        ("", "1"),
    ],
)
def test_settings_written_wrongly_by_hand_are_ignored(ticker, queue, key, text, caplog):
    """Each is told once, in a short line; the others count."""
    queue.settings.change({"faults.error_rate": 0.5})
    with PersistentQSQLite(queue._db.path) as another:
        another._db.run("INSERT INTO settings VALUES (:key, :text)", {"key": key, "text": text})
        for _ in range(3):
            another.registry.record_event(None, "so that it is read again")
            assert ticker() == DAYS
    assert not ticker.paused
    assert ticker.config.faults.error_rate == 0.5
    if key != "paused":
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert len(record.getMessage()) < 500


# Names


@pytest.mark.parametrize("kind", [Producer, Consumer, Cleaner, Manager])
@pytest.mark.parametrize("name", ["", "../evil", "a b", "a/b", "x" * 41, "é", "a\n"])
def test_a_role_with_an_impossible_name_is_refused(queue, files, ticker, desk, kind, name):
    with pytest.raises(ConfigError):
        kind(queue, files, ticker.config, name)
