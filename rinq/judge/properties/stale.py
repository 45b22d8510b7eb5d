"""A stale completion or failure has no effect: judged by what becomes of the job."""

from __future__ import annotations

from rinq.judge.actor import LONG_LEASE, Actor, ClaimHandle
from rinq.judge.history import TrialEvent
from rinq.judge.pool import Pool
from rinq.judge.trial import (
    PATIENCE,
    PreparedTrials,
    Property,
    Trial,
    due,
    needs_reassign,
    spread,
    take_over,
    wait_until,
)
from rinq.judge.verdict import Undecided
from rinq.judge.worker_process import WorkerProcess

RULE = "A claim that was taken back can no longer change its job."
MANY_TRIES = 1000  # so that a job that fails waits again
FEW, MANY = 6, 24  # steps of a complete that are tried, in a quick check and in a whole one
NEVER_TAKEN = "No claim was ever taken back (see lapsed-claim), so none could be stale."
NEVER_RETRIED = "A job that its second holder fails does not come back here, with no stale answer."


def judge_stale_completion(pool: Pool, quick: bool) -> str:
    needs_reassign(pool)
    most = FEW if quick else MANY
    workers = [pool.take() for _ in range(2)]
    prepared = PreparedTrials(pool, most + 5)
    ready = due()
    until = ready + PATIENCE
    trial, _, _, b, m, taken = _take_from_a(prepared, workers, until)
    with trial:
        b.try_call("fail", taken, "it failed", MANY_TRIES)
        if take_over(m, m, due(0)) is None:
            raise Undecided(NEVER_RETRIED)
    trial, a, stale, b, m, taken = _take_from_a(prepared, workers, until)
    with trial:
        completed = a.try_call("complete", stale)
        _require_retry(trial, completed, b, m, taken)
    trial, a, stale, b, m, taken = _take_from_a(prepared, workers, until, process="A")
    with trial:
        completed = a.try_call("complete", stale)
        _require_retry(trial, completed, b, m, taken, also=", under the same name A")
    trial, a, stale, b, m, taken = _take_from_a(prepared, workers, until)
    with trial:
        failed = a.try_call("fail", stale, "it failed", MANY_TRIES)
        m.reassign()
        if again := m.claim():
            raise trial.violation(
                RULE,
                failed,
                again.event,
                f"B holds {stale.job} (attempt 2) when A, which held attempt 1, fails it; "
                f"then M's claim returns {stale.job} as well.",
            )
    wait_until(ready)
    steps = _race(prepared, workers, most)
    return f"A late complete and a late fail changed nothing; nor did one halted at {steps} steps."


def _take_from_a(
    prepared: PreparedTrials, workers: list[WorkerProcess], until: float, process: str = ""
) -> tuple[Trial, Actor, ClaimHandle, Actor, Actor, ClaimHandle]:
    """A trial, A with its stale claim, B, M, and the claim of B, which holds the job now.

    Raises: Undecided, where a claim is never taken back.
    """
    trial, a, stale = prepared.next()
    b, m = trial.process("B", workers[0], process), trial.process("M", workers[1])
    taken = take_over(m, b, until)
    if taken is None:
        raise Undecided(NEVER_TAKEN)
    return trial, a, stale, b, m, taken


def _require_retry(
    trial: Trial, completed: TrialEvent, b: Actor, m: Actor, taken: ClaimHandle, *, also: str = ""
) -> None:
    """B fails the job that A completed meanwhile: it must be handed out again."""
    b.try_call("fail", taken, "it failed", MANY_TRIES)
    if take_over(m, m, due(0)) is None:
        raise trial.violation(
            RULE,
            completed,
            trial.history.last,
            f"A, which held attempt 1 of {taken.job}, completes it while B holds attempt 2{also}; "
            "B's attempt fails, and the job is never handed out again.",
        )


def _race(prepared: PreparedTrials, workers: list[WorkerProcess], most: int) -> int:
    """A's complete is halted in the middle, and meanwhile the job is taken back."""
    trial, a, claim = prepared.next()
    with trial:
        steps = list(spread(a.count_steps("complete", claim=claim), most))
    for step in steps:
        trial, a, claim = prepared.next()
        with trial:
            b, m = trial.process("B", workers[0]), trial.process("M", workers[1])
            complete = a.start("complete", claim=claim, halt_at=step)
            if not complete.wait_until_halted():
                complete.finish()
                continue
            calls = [m.start("reassign", "M")]
            if free := calls[0].finish_unless_blocked():
                calls.append(b.start("claim", "B", LONG_LEASE))
                free = calls[1].finish_unless_blocked()
            complete.resume()
            for call in (complete, *calls):
                call.finish()
            if free and (taken := calls[1].claim):
                _require_retry(trial, complete.event, b, m, taken)
    return len(steps)


STALE_COMPLETION = Property(
    "stale-completion",
    "A stale completion has no effect",
    "Read notebook 04 on the fence. How does your complete know that the claim it is given is "
    "the one that holds the job now?",
    judge_stale_completion,
)
