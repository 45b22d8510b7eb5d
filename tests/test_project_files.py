"""The project's files agree with each other, and CONTRIBUTING.md with the code."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
import rooms
import yaml

import rinq

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PAGE = rooms.PAGE.read_text("utf-8")
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
CHANGES = (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_version_stands_in_pyproject_and_is_the_same_everywhere():
    """After a new version: ``pip install -e .`` once, which writes the installed metadata."""
    assert rinq.__version__ == PROJECT["version"] == CITATION["version"]
    assert f"\n## [{rinq.__version__}] - {CITATION['date-released']}\n" in CHANGES


def test_the_changelog_has_the_form_of_keep_a_changelog():
    versions = re.findall(r"^## (.*)$", CHANGES, re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", it) for it in versions[1:])
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", CHANGES, re.MULTILINE)) <= kinds


def test_the_citation_has_what_its_format_requires():
    assert {"cff-version", "message", "title", "authors"} <= set(CITATION)
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["authors"] == PROJECT["authors"]
    assert CITATION["license"] == PROJECT["license"] == "MIT"
    assert PROJECT["authors"][0]["name"] in (ROOT / "LICENSE").read_text("utf-8")


def test_the_picture_of_the_rooms_is_drawn_from_the_imports():
    """Made anew by ``python tests/rooms.py --write``."""
    assert rooms.draw() in PAGE


PATH = re.compile(r"`((?:(?:rinq|tests|notebooks|\.ci)/[\w./-]+)|[\w.]+\.(?:md|toml|cff|txt))`")
STEP = re.compile(r"^\|[^|]*\|[^|]*\| `(rinq/\S+)` \| (.*) \|$", re.MULTILINE)


@pytest.mark.parametrize("path", sorted(set(PATH.findall(PAGE))))
def test_each_file_that_the_page_names_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("file", "names"), STEP.findall(PAGE))
def test_each_step_of_a_job_is_where_the_page_says(file, names):
    text = (ROOT / file).read_text("utf-8")
    for name in re.findall(r"\w+", names):
        assert re.search(rf"\b{name}\b", text), name


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text("utf-8")):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_every_place_to_work_is_set_up_from_the_same_requirements():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    assert f"```bash\n{container['postCreateCommand']}\n```" in PAGE
    wanted = (ROOT / ".binder/requirements.txt").read_text("utf-8").splitlines()
    assert [line for line in wanted if not line.startswith("#")] == ["-r ../requirements.txt"]
    python = (ROOT / ".binder/runtime.txt").read_text("utf-8").removeprefix("python-").strip()
    assert PROJECT["requires-python"] == f">={python}"
    assert container["image"] == f"python:{python}"


def test_every_check_before_a_commit_is_one_that_is_installed():
    """Nothing is fetched: each is a program of .venv, and what it reads is here."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [source["repo"] for source in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        program, *arguments = hook["entry"].split()
        assert (Path(sys.executable).parent / program.removeprefix(".venv/bin/")).exists()
        assert all((ROOT / it).exists() for it in arguments if it.endswith(".py"))
