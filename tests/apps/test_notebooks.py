"""The learner's copy of the notebooks."""

from __future__ import annotations

import os
import subprocess

import nbformat
import pytest

from rinq.apps import notebooks
from rinq.config import Config
from rinq.errors import ConfigError


def test_the_copy_has_no_answers_in_it(tmp_path):
    folder = notebooks.copy_notebooks(tmp_path)
    copies = sorted(folder.glob("*.ipynb"))
    assert [path.name for path in copies] == sorted(
        p.name for p in notebooks.SOURCE.glob("*.ipynb")
    )
    for path in copies:
        for cell in nbformat.read(path, as_version=4).cells:
            assert cell.cell_type != "code" or (cell.outputs, cell.execution_count) == ([], None)


def test_pictures_come_along(tmp_path):
    folder = notebooks.copy_notebooks(tmp_path)
    assert list(folder.glob("images/*.png"))


def test_a_copy_that_was_worked_on_is_never_overwritten(tmp_path):
    folder = notebooks.copy_notebooks(tmp_path)
    mine = folder / notebooks.FIRST
    mine.write_text("my own answers")
    notebooks.copy_notebooks(tmp_path)
    assert mine.read_text() == "my own answers"


def test_without_the_notebooks_it_says_how_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "SOURCE", tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="pip install -e"):
        notebooks.copy_notebooks(tmp_path)


def test_lab_opens_the_room_of_the_copy_on_this_machine_alone(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text("")
    called = {}

    def run(command, *, env, check):
        called.update(command=command, config=env[notebooks.CONFIG_VARIABLE])
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    config = Config.load(tmp_path / "config.yaml")
    assert notebooks.open_lab(config, browser=False, port=9) == 3
    assert str(tmp_path / notebooks.COPY / notebooks.FIRST) in called["command"]
    assert {"--ServerApp.ip=127.0.0.1", "--no-browser", "--allow-root"} <= set(called["command"])
    assert called["config"] == str(tmp_path / "config.yaml")
