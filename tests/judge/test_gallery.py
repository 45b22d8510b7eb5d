"""The judge finds the flaw of every queue in the gallery, and names it."""

from __future__ import annotations

import importlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rinq.judge import gallery
from rinq.judge.check import check
from rinq.judge.gallery.__main__ import drawn
from rinq.judge.gallery.catalogue import FLAWED, GALLERY
from rinq.judge.gallery.reference import ReferenceQueue
from rinq.judge.gallery.table import markdown, outcomes, tell
from rinq.judge.properties import PROPERTIES
from rinq.judge.verdict import Outcome, PropertyVerdict, Report

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
NAMES = [it.name for it in FLAWED]
# which one flaw is easily taken for another's; the whole table is made by the command
ALIKE = ("one-claim", "retries-end", "live-claim", "stale-completion", "finished")


@pytest.fixture(scope="module")
def reports():
    """The judge mostly waits for leases: several queues are judged at a time."""

    def judge(entry):
        tried = dict.fromkeys((*ALIKE, *entry.broken, *entry.unknown))
        return check(entry.target, only=tuple(tried), quick=True)

    with ThreadPoolExecutor(3) as threads:
        return dict(zip(NAMES, threads.map(judge, FLAWED), strict=True))


@pytest.mark.parametrize("entry", FLAWED, ids=NAMES)
def test_the_judge_finds_the_flaw_and_nothing_else(reports, entry):
    report = reports[entry.name]
    found = outcomes(report)
    assert found == {name: entry.outcomes[name] for name in found}, report


@pytest.mark.parametrize("entry", FLAWED, ids=NAMES)
def test_a_flawed_queue_is_the_right_one_with_a_few_statements_changed(entry):
    module = importlib.import_module(entry.module)
    flawed = getattr(module, entry.name)
    assert flawed.__mro__[1] is ReferenceQueue
    assert flawed.__doc__
    assert entry.met_in
    assert module.__doc__.rstrip().endswith(f" Shown by {entry.broken[0]}.")


def test_every_module_of_the_gallery_is_in_the_catalogue():
    here = Path(gallery.__file__).parent
    others = {"__init__", "__main__", "catalogue", "table"}
    modules = {f"{gallery.__name__}.{it.stem}" for it in here.glob("*.py") if it.stem not in others}
    assert modules == {it.module for it in GALLERY if it.module.startswith(gallery.__name__)}


def test_only_names_of_properties_are_in_the_catalogue():
    known = [it.name for it in PROPERTIES]
    for entry in GALLERY:
        assert list(entry.outcomes) == known


def test_the_readme_shows_the_table_of_the_gallery():
    assert drawn({it: it.outcomes for it in GALLERY}) in README


def test_the_table_tells_the_outcomes_apart_and_leaves_out_what_nobody_attempts():
    none = Outcome.NOT_ATTEMPTED
    rows = {
        ("one",): {"a": Outcome.HOLDS, "b": Outcome.BROKEN, "c": none},
        ("two",): {"a": Outcome.UNKNOWN, "b": none, "c": none},
    }
    assert markdown(("queue",), rows).splitlines() == [
        "| queue | a | b |",
        "| --- | --- | --- |",
        "| one | ✓ | **✗** |",
        "| two | ? | – |",  # noqa: RUF001
    ]


def test_the_command_ends_with_1_where_a_verdict_is_another(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["gallery", "--quick"])
    said = Report(
        "", tuple(PropertyVerdict(it, it, is_, "") for it, is_ in FLAWED[0].outcomes.items())
    )
    monkeypatch.setattr("rinq.judge.gallery.table.check", lambda *_, **__: said)
    assert tell(FLAWED[:1], drawn) == 0
    table = capsys.readouterr().out
    assert table == drawn({FLAWED[0]: FLAWED[0].outcomes}) + "\n"
    assert tell(FLAWED[:2], drawn) == 1
    assert f"{FLAWED[1].name} was to be otherwise" in capsys.readouterr().out
