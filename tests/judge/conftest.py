"""A place in which a learner's file lies."""

from __future__ import annotations

import pytest


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a source as ``my_queue.py`` where the judge looks; returns the target."""
    monkeypatch.chdir(tmp_path)

    def _write(source):
        (tmp_path / "my_queue.py").write_text(source, "utf-8")
        return "my_queue:ReferenceQueue"

    return _write
