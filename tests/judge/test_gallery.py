"""The judge finds the flaw of every queue in the gallery, and names it."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from rinq.judge import Outcome, PropertyVerdict, Report, Result, check
from rinq.judge.gallery import broken
from rinq.judge.gallery.__main__ import gallery_table
from rinq.judge.gallery.catalogue import FLAWED, GALLERY
from rinq.judge.gallery.reference import ReferenceQueue
from rinq.judge.gallery.table import judge_and_print, markdown
from rinq.judge.properties import PROPERTIES

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BY_NAME = {it.name: it for it in FLAWED}
# one of these flaws is easily taken for another; the whole table is made by the command
ALIKE = ("one-claim", "retries-end", "live-claim", "stale-completion", "finished")


@pytest.fixture(scope="module")
def reports(judge_all):
    return judge_all(
        {
            it.name: (it.target, tuple(dict.fromkeys((*ALIKE, *it.broken, *it.unknown))))
            for it in FLAWED
        }
    )


@pytest.fixture
def shown(reports):
    """The counterexample of a broken queue, and its two events."""

    def _shown(name):
        verdict = reports[name][BY_NAME[name].broken[0]]
        assert verdict.outcome is Outcome.BROKEN, verdict
        assert verdict.hint
        found = verdict.counterexample
        assert verdict.reason == found.sentence
        assert f"Rule: {found.rule}" in str(verdict)
        return found, found.history[found.first], found.history[found.second]

    return _shown


@pytest.mark.parametrize("entry", FLAWED, ids=BY_NAME)
def test_the_judge_finds_the_flaw_and_nothing_else(reports, entry):
    report = reports[entry.name]
    assert report.outcomes == {name: entry.outcomes[name] for name in report.outcomes}, report


def test_the_race_is_found_every_time_at_the_same_line(shown):
    found, first, second = shown("SelectThenUpdateQueue")
    assert (first.process, first.attempt, second.process, second.attempt) == ("B", 1, "A", 2)
    assert first.job == second.job == found.job
    source, begin = inspect.getsourcelines(broken.SelectThenUpdateQueue.claim)
    line = begin + source.index("        self.change(\n")
    assert found.sentence == (
        f"While A's claim is halted at broken.py:{line}, B's claim returns {found.job}; "
        f"A goes on, and its claim returns {found.job} too."
    )
    again = check(broken.SelectThenUpdateQueue, only="one-claim")["one-claim"]
    assert again.reason == found.sentence


def test_a_fence_on_status_only_lets_a_stale_completion_in(shown):
    found, first, second = shown("StatusFenceQueue")
    assert str(first) == f"A's complete of {found.job}, attempt 1 returns"
    assert str(second) == "M's claim returns nothing"
    assert found.sentence == (
        f"A, which held attempt 1 of {found.job}, completes it while B holds attempt 2; "
        "B's attempt fails, and the job is never handed out again."
    )


def test_a_rescuer_that_is_killed_must_not_stop_all_later_ones(shown):
    found, _, second = shown("StalledRescuerQueue")
    assert "M1 is killed in its reassign" in found.sentence
    assert any(it.result is Result.INDEFINITE and it.process == "M1" for it in found.history)
    assert second.what == "claim"


def test_every_queue_on_the_page_of_broken_ones_is_in_the_catalogue_in_its_order():
    queues = [
        it for it in vars(broken).values() if getattr(it, "__module__", "") == broken.__name__
    ]
    assert [it.queue for it in FLAWED] == queues


@pytest.mark.parametrize("entry", FLAWED, ids=BY_NAME)
def test_a_flawed_queue_is_the_right_one_with_a_few_statements_changed(entry):
    assert entry.queue.__mro__[1] is ReferenceQueue
    assert entry.met_in
    assert entry.queue.__doc__.rstrip().endswith(f" Shown by {entry.broken[0]}.")


def test_only_names_of_properties_are_in_the_catalogue():
    known = [it.name for it in PROPERTIES]
    for entry in GALLERY:
        assert list(entry.outcomes) == known


def test_the_readme_shows_the_table_of_the_gallery():
    assert gallery_table({it: it.outcomes for it in GALLERY}) in README


def test_the_table_distinguishes_the_outcomes_and_leaves_out_what_nobody_attempts():
    none = Outcome.NOT_ATTEMPTED
    rows: dict[tuple[str, ...], dict[str, Outcome]] = {
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
    report = Report(
        "", tuple(PropertyVerdict(it, it, is_, "") for it, is_ in FLAWED[0].outcomes.items())
    )
    monkeypatch.setattr("rinq.judge.gallery.table.check", lambda *_, **__: report)
    assert judge_and_print(FLAWED[:1], gallery_table) == 0
    table = capsys.readouterr().out
    assert table == gallery_table({FLAWED[0]: FLAWED[0].outcomes}) + "\n"
    assert judge_and_print(FLAWED[:2], gallery_table) == 1
    assert f"{FLAWED[1].name} differs from the catalogue" in capsys.readouterr().out
