"""The judge finds what is wrong, says which two events show it, and passes what is right."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from rewritten import body, changed, select_then_update

from rinq.judge.check import check
from rinq.judge.gallery.reference import ReferenceQueue
from rinq.judge.history import Result
from rinq.judge.properties import PROPERTIES
from rinq.judge.verdict import Outcome
from rinq.queue import PersistentQSQLite

RIGHT = [ReferenceQueue, PersistentQSQLite]
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
RESCUER = (
    '        if self.change("INSERT OR IGNORE INTO rescuer VALUES (1) RETURNING one"):\n    '
    + body("reassign").rstrip().replace("\n", "\n    ")
    + '\n            self.change("DELETE FROM rescuer")\n'
)
WRONG = {
    "race": ("one-claim", select_then_update()),
    "the_same_race": ("one-claim", select_then_update()),
    "race_in_one_line": ("one-claim", changed((body("claim"), ONE_LINE))),
    "status_fence": ("stale-completion", changed(*NUMBERLESS)),
    "fence_on_the_process": (
        "stale-completion",
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
    ),
    "fence_read_first": ("stale-completion", changed(("        held = ", READ_FIRST), *NUMBERLESS)),
    "lone_rescuer": (
        "lapsed-claim",
        changed(
            ("error TEXT);", "error TEXT);\nCREATE TABLE IF NOT EXISTS rescuer (one PRIMARY KEY);"),
            (body("reassign"), RESCUER),
        ),
    ),
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The judge mostly waits for leases: several queues are judged at a time."""
    place = tmp_path_factory.mktemp("queues")
    for name, (_, source) in WRONG.items():
        (place / f"{name}.py").write_text(source, "utf-8")
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(4) as threads:
        patch.chdir(place)
        futures = {it: threads.submit(check, it, quick=True) for it in (*RIGHT, NAIVE)} | {
            name: threads.submit(check, f"{name}:ReferenceQueue", only=rule)
            for name, (rule, _) in WRONG.items()
        }
        return {name: future.result() for name, future in futures.items()}


@pytest.fixture
def shown(reports):
    """The counterexample of a wrong queue, and its two events."""

    def _shown(name):
        verdict = reports[name][WRONG[name][0]]
        assert verdict.outcome is Outcome.BROKEN, verdict
        assert verdict.hint
        found = verdict.counterexample
        assert verdict.reason == found.sentence
        assert f"Rule: {found.rule}" in str(verdict)
        return found, found.history[found.first], found.history[found.second]

    return _shown


def outcomes(report):
    return {it.property: it.outcome for it in report}


@pytest.mark.parametrize("queue", RIGHT)
def test_a_right_queue_passes_and_power_loss_is_not_claimed(reports, queue):
    assert outcomes(reports[queue]) == {
        it.name: Outcome.NOT_ATTEMPTED if it.name == "power-loss" else Outcome.HOLDS
        for it in PROPERTIES
    }, reports[queue]
    assert reports[queue].broken == ()


def test_the_queue_to_begin_with_runs_and_is_broken_in_several_ways(reports):
    report = reports[NAIVE]
    assert outcomes(report) == {
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


def test_the_race_is_found_every_time_at_the_same_line(shown):
    found, first, second = shown("race")
    assert (first.process, first.attempt, second.process, second.attempt) == ("B", 1, "A", 2)
    assert first.job == second.job == found.job
    source = WRONG["race"][1].splitlines()
    line = next(i for i, text in enumerate(source, 1) if 'self.change("UPDATE jobs' in text)
    assert found.sentence == (
        f"While A's claim is halted at race.py:{line}, B's claim returns {found.job}; "
        f"A goes on, and its claim returns {found.job} too."
    )
    again, _, _ = shown("the_same_race")
    assert again.sentence == found.sentence.replace("race.py", "the_same_race.py")


def test_a_race_within_one_line_is_found_too(shown):
    shown("race_in_one_line")


def test_a_fence_on_status_only_lets_a_stale_completion_in(shown):
    found, first, second = shown("status_fence")
    assert str(first) == f"A's complete of {found.job}, attempt 1 returns"
    assert str(second) == "M's claim returns nothing"
    assert found.sentence == (
        f"A, which held attempt 1 of {found.job}, completes it while B holds attempt 2; "
        "B's attempt fails, and the job is never handed out again."
    )


def test_a_fence_on_the_process_lets_in_one_that_was_started_again_under_its_name(shown):
    found, first, _ = shown("fence_on_the_process")
    assert first.what == "complete"
    assert "under the same name A" in found.sentence


def test_a_fence_that_is_read_before_the_write_is_no_fence(shown):
    found, first, _ = shown("fence_read_first")
    assert first.what == "complete"
    assert any(it.what == "halted" for it in found.history)


def test_a_rescuer_that_is_killed_must_not_stop_all_later_ones(shown):
    found, _, second = shown("lone_rescuer")
    assert "M1 is killed in its reassign" in found.sentence
    assert any(it.result is Result.INDEFINITE and it.process == "M1" for it in found.history)
    assert second.what == "claim"


def test_what_no_trial_can_decide_is_unknown(write):
    never = changed((body("reassign"), "        return\n"))
    report = check(write(never), only=("stale-completion", "poison"))
    assert set(outcomes(report).values()) == {Outcome.UNKNOWN}
    assert "see lapsed-claim" in report["stale-completion"].reason


def test_a_verb_that_is_missing_is_not_attempted(write):
    source = changed(("def reassign(", "def rescue("))
    verdict = check(write(source), only="live-claim")["live-claim"]
    assert verdict.outcome is Outcome.NOT_ATTEMPTED
    assert verdict.reason == "There is no method reassign yet."
