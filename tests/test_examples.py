"""The examples in docstrings are run, each module's in an empty folder."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import rinq
from rinq.distributions import Times
from rinq.lab import theory
from rinq.lab.faults.plan import FaultPlan

PACKAGE = Path(rinq.__file__).parent
MODULES = [
    ".".join(("rinq", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text("utf-8")
]
SHOWN = (
    *(rinq.Config, rinq.Experiment, rinq.PersistentQSQLite, rinq.Scenario),
    *(rinq.audit, rinq.open_queue, rinq.simulate, FaultPlan, Times),
    *(it for it in vars(theory).values() if getattr(it, "__module__", "") == theory.__name__),
)
"""What learners and researchers call."""
WITHOUT = {theory.RandomTime, theory.Moments, theory._check, theory._check_number}


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_come_out_as_written(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(importlib.import_module(module)).failed == 0


@pytest.mark.parametrize("shown", [it for it in SHOWN if it not in WITHOUT])
def test_what_a_learner_calls_has_an_example_and_none_is_skipped(shown):
    found = doctest.DocTestFinder().find(shown, shown.__name__)
    examples = [example for test in found for example in test.examples]
    assert examples
    assert not any(example.options for example in examples)
