"""The README keeps up with the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import typer.main

from rinq.cli import app
from rinq.config import LIVE, parameters
from rinq.queue import MOVES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_command_is_in_the_readme():
    for name in typer.main.get_group(app).commands:
        assert f"`rinq {name}" in README


def test_every_parameter_is_in_the_table_with_whether_it_is_live():
    rows = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|.*\| (.*?) ?\|$", README, re.MULTILINE))
    assert list(rows) == [name for name, _, _ in parameters()]
    assert [name for name, live in rows.items() if live == "yes"] == list(LIVE)


def test_the_state_diagram_shows_exactly_the_legal_moves():
    drawn = set()
    for source, target, events in re.findall(r"^    (\S+) --> (\w+): (.+)$", README, re.MULTILINE):
        for event in events.split(", "):
            drawn.add((event, None if source == "[*]" else source, target))
    assert drawn == MOVES


def test_the_guarantee_is_stated_in_its_own_words():
    assert "at-least-once execution, and at most one accepted completion per job" in README
    assert "`submit` returning means that the job survives `kill -9`" in README


def test_every_link_and_picture_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_every_notebook_has_a_row():
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"](notebooks/{notebook.name}) |" in README


def test_the_requirements_are_those_of_the_package_and_install_it_in_place():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    required = [line.partition("#")[0].strip() for line in lines]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert [line for line in required if line and line != "-e ."] == project["dependencies"]
    assert "-e ." in required
