"""Roles called step by step: in the time of ``clock``, their handler run when the test says so."""

from __future__ import annotations

from multiprocessing import resource_tracker

import pytest

from rinq.config import Config
from rinq.errors import HandlerFailed, TransientError, Unavailable
from rinq.files import Files
from rinq.roles.work import Task, Work

TEXT = b"some text"

resource_tracker.ensure_running()  # one for this whole program, and none that a test leaves behind


class DeskTask(Task):
    """An execution that ends when the test calls ``finish`` or ``fail``."""

    def __init__(self, content, fault, wake):
        self.content, self.fault, self.wake = content, fault, wake
        self.cancelled = False
        self._result = self._error = None

    def finish(self, result=b"new text"):
        self._result = result
        self.wake()

    def fail(self, error="ValueError: no"):
        self._error = error
        self.wake()

    def done(self):
        return self.cancelled or self._result is not None or self._error is not None

    def result(self):
        if self._result is None:
            raise HandlerFailed(self._error or "the handler was cancelled")
        return self._result

    def cancel(self):
        self.cancelled = True
        self.wake()


class Desk(Work):
    """Where a test's handlers are run. ``at_once`` finishes each as it starts."""

    def __init__(self):
        self.tasks = []
        self.at_once = lambda _: None
        self.closed = False

    @property
    def task(self):
        return self.tasks[-1]

    def start(self, content, fault, wake):
        self.tasks.append(DeskTask(content, fault, wake))
        self.at_once(self.task)
        return self.task

    def close(self):
        self.closed = True


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path / "jobs", durable=False)


@pytest.fixture
def hire(queue, files, desk):
    """Makes a role: ``hire(Consumer, "c", consumer={"n_tries": 1})``; closes it at the end."""
    hired = []

    def hire_one(kind, name=None, **sections):
        sections.setdefault("general", {}).setdefault("seed", 7)
        more = {"work": desk} if kind.role == "consumer" else {}
        config = Config.parse(sections)
        role = kind(queue, files, config, name or f"{kind.role}-1", **more)
        hired.append(role)
        return role

    yield hire_one
    for role in hired:
        role.close()


@pytest.fixture
def submit(queue, files):
    """Makes a job's file and submits it."""

    def submit_one(name, content=TEXT):
        files.create(name, content)
        return queue.submit(name, "producer-1")

    return submit_one


@pytest.fixture
def events(queue):
    """What happened to a job: ``events("abcdefghij")`` → ``["submit", "claim"]``."""
    return lambda name: [row.event for row in queue.history.of(name)]


@pytest.fixture
def trouble():
    """Makes the next call of a method raise: ``trouble(queue, "complete", after=True)``.

    With ``after`` the call has its effect, and only saying so fails.
    """

    def arrange(target, verb, *, after=False, error=Unavailable):
        def fail_once(*args, **kwargs):
            delattr(target, verb)
            if after:
                getattr(target, verb)(*args, **kwargs)
            raise error("made to fail")

        setattr(target, verb, fail_once)

    return arrange


class Saboteur:
    """Makes one call of all that are made to some methods raise, the ``at``-th from 0.

    As a context manager it lets only the calls inside the block count.
    """

    def __init__(self, methods, at, *, after):
        self.methods, self.at, self.after = methods, at, after
        self.calls = 0
        self.hit = None

    def __enter__(self):
        for target, verb, error in self.methods:
            setattr(target, verb, self._watched(target, verb, error))

    def __exit__(self, *_):
        for target, verb, _ in self.methods:
            delattr(target, verb)

    def _watched(self, target, verb, error):
        real = getattr(target, verb)

        def call(*args, **kwargs):
            number, self.calls = self.calls, self.calls + 1
            if number != self.at:
                return real(*args, **kwargs)
            self.hit = verb
            if self.after:
                real(*args, **kwargs)
            raise error("made to fail")

        return call


@pytest.fixture
def saboteur():
    return Saboteur


@pytest.fixture
def patiently():
    """Steps a role again after passing trouble, as its loop does."""

    def step(role, tries=5):
        for _ in range(tries):
            try:
                return role()
            except TransientError:
                continue
        raise AssertionError("the trouble did not pass")

    return step
