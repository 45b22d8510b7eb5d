"""The project's files agree with each other, and CONTRIBUTING.md with the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

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
