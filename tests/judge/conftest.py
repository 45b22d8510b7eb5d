"""Files of a learner, and several queues judged at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from rinq.judge import check


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a source as ``my_queue.py`` where the judge searches; returns the target."""
    monkeypatch.chdir(tmp_path)

    def _write(source):
        (tmp_path / "my_queue.py").write_text(source, "utf-8")
        return "my_queue:ReferenceQueue"

    return _write


@pytest.fixture(scope="module")
def judge_all(tmp_path_factory):
    """Quick reports by name of several queues at a time, since the judge mostly waits for leases.

    Each is given as a target or the source of a ``ReferenceQueue``, and the properties to try.
    """

    def _judge_all(queues):
        folder = tmp_path_factory.mktemp("queues")
        targets = {}
        for name, (queue, only) in queues.items():
            if "\n" in queue:
                (folder / f"{name}.py").write_text(queue, "utf-8")
            targets[name] = f"{name}:ReferenceQueue" if "\n" in queue else queue, only
        with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(4) as threads:
            patch.chdir(folder)
            found = threads.map(lambda it: check(it[0], only=it[1], quick=True), targets.values())
            return dict(zip(queues, found, strict=True))

    return _judge_all
