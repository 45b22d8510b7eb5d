"""The judge finds what is wrong, says which two events show it, and passes what is right."""

from __future__ import annotations

import doctest
import json

import pytest
from rewritten import body, changed

from rinq.judge import Outcome, check, judging
from rinq.judge.gallery.catalogue import RIGHT
from rinq.judge.properties import PROPERTIES

NAIVE = "rinq.judge.gallery.naive_queue:MyQueue"
NUMBERLESS = (
    (" AND status = 'claimed' AND attempt = ? RETURNING", " AND status = 'claimed' RETURNING"),
    ("claim.id, claim.attempt):", "claim.id):"),
)
READ_FIRST = (
    "        if self.change('SELECT attempt FROM jobs WHERE id = ?', claim.id)"
    " != [(claim.attempt,)]:\n            raise RuntimeError('stale')\n        held = "
)
ONE_LINE = (
    "        rows = self.change(\"SELECT id, name, attempt FROM jobs WHERE status = 'waiting'\"); "
    "rows and self.change(\"UPDATE jobs SET status = 'claimed' WHERE id = ?\", rows[0][0])\n"
    "        return Claim(*rows[0]) if rows else None\n"
)
WRONG = {
    "race_in_one_line": (changed((body("claim"), ONE_LINE)), "one-claim"),
    "fence_on_the_process": (
        changed(
            ("  lease_until REAL,", "  lease_until REAL, process TEXT,"),
            (
                "attempt = attempt + 1, lease_until = ? ",
                "attempt = attempt + 1, lease_until = ?, process = ? ",
            ),
            (
                "            time.time() + lease,\n",
                "            time.time() + lease,\n            process,\n",
            ),
            ("    attempt: int\n", "    attempt: int\n    process: str\n"),
            ('RETURNING id, name, attempt"', 'RETURNING id, name, attempt, process"'),
            (" AND attempt = ? RETURNING", " AND process = ? RETURNING"),
            ("claim.id, claim.attempt):", "claim.id, claim.process):"),
        ),
        "stale-completion",
    ),
    "fence_read_first": (changed(("        held = ", READ_FIRST), *NUMBERLESS), "stale-completion"),
}


@pytest.fixture(scope="module")
def reports(judge_all):
    whole = {it.name: (it.target, None) for it in RIGHT} | {"naive": (NAIVE, None)}
    return judge_all(whole | WRONG)


@pytest.mark.parametrize("entry", RIGHT, ids=[it.name for it in RIGHT])
def test_a_right_queue_passes_and_power_loss_is_not_claimed(reports, entry):
    report = reports[entry.name]
    assert report.outcomes == {
        it.name: Outcome.NOT_ATTEMPTED if it.name == "power-loss" else Outcome.HOLDS
        for it in PROPERTIES
    }, report
    assert report.broken == ()


def test_the_queue_to_begin_with_runs_and_is_broken_in_several_ways(reports):
    report = reports["naive"]
    assert report.outcomes == {
        "fifo": "holds",
        "restart": "holds",
        "kill": "holds",
        "one-claim": "broken",
        "retries-end": "broken",
        "lapsed-claim": "not attempted",
        "live-claim": "not attempted",
        "stale-completion": "not attempted",
        "finished": "not attempted",
        "poison": "not attempted",
        "cost": "broken",
        "power-loss": "not attempted",
    }
    assert report["poison"].reason == "reassign raises NotImplementedError."
    found = json.loads(report.to_json())
    assert [it["property"] for it in found] == [it.name for it in PROPERTIES]


@pytest.mark.parametrize(
    ("name", "event", "halted", "part"),
    [
        ("race_in_one_line", "claim", True, "While A's claim is halted at race_in_one_line.py:"),
        ("fence_on_the_process", "complete", False, ", under the same name A; "),
        ("fence_read_first", "complete", True, "completes it while B holds attempt 2; "),
    ],
)
def test_what_is_nearly_right_is_found_too(reports, name, event, halted, part):
    verdict = reports[name][WRONG[name][1]]
    found = verdict.counterexample
    assert verdict.outcome is Outcome.BROKEN, verdict
    assert part in found.sentence
    assert found.history[found.first].what == event
    assert any(it.what == "halted" for it in found.history) == halted


def test_what_no_trial_can_decide_is_unknown(write):
    never = changed((body("reassign"), "        return\n"))
    report = check(write(never), only=("stale-completion", "poison"))
    assert set(report.outcomes.values()) == {Outcome.UNKNOWN}
    assert "see lapsed-claim" in report["stale-completion"].reason


def test_a_verb_that_is_missing_is_not_attempted(write):
    source = changed(("def reassign(", "def rescue("))
    verdict = check(write(source), only="live-claim")["live-claim"]
    assert verdict.outcome is Outcome.NOT_ATTEMPTED
    assert verdict.reason == "There is no method reassign yet."


def test_the_example_of_the_documentation_is_true():
    assert doctest.testmod(judging) == (0, 4)
