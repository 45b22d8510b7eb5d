"""A finished job stays finished, also where it is finished in the middle of a reassign."""

from __future__ import annotations

from rinq.judge.actor import LONG_LEASE
from rinq.judge.history import Result
from rinq.judge.pool import Pool
from rinq.judge.trial import (
    PreparedTrials,
    Property,
    Trial,
    due,
    needs_reassign,
    spread,
    take_over,
    wait_until,
)
from rinq.judge.worker_process import WorkerProcess

RULE = "A job whose complete returned is never handed out again."
MANY_TRIES = 1000  # so that a job that fails waits again
FAIL_HINT = "Does your fail check whether the job is still held, before it lets it wait again?"
FEW, MANY = 14, 40  # steps of a reassign that are tried, in a quick check and in a whole one
SECOND_TRIALS = 6  # of steps at which a finished job came back


def judge_finished(pool: Pool, quick: bool) -> str:
    needs_reassign(pool)
    most = FEW if quick else MANY
    with Trial(pool) as trial:
        actor = trial.process("A")
        completed = {}
        for _ in range(2):
            claim = trial.claimed(actor)
            completed[claim.job] = actor.complete(claim)
        actor.try_call("fail", claim, "it failed", MANY_TRIES)
        prepared = PreparedTrials(pool, most + 2 + SECOND_TRIALS)
        wait_until(due())
        other = trial.process("B")
        other.reassign()
        if again := other.claim():
            failed_too = " and then fails it too" if again.job == claim.job else ""
            raise trial.violation(
                RULE,
                completed[again.job],
                again.event,
                f"A completes {again.job}{failed_too}; after the lease B reassigns, and its claim "
                "returns it again.",
                hint=FAIL_HINT if failed_too else "",
            )
    return f"It did not come back, {_race(pool, prepared, most)}."


def _race(pool: Pool, prepared: PreparedTrials, most: int) -> str:
    """A completes late, but before it is taken back, while M is in the middle of its reassign."""
    manager, taker = pool.take(), pool.take()
    trial, a, claim = prepared.next()
    with trial:
        a.try_call("complete", claim)
        if take_over(trial.process("M", manager), trial.process("B", taker), 0):
            return "after its lease; a completion after the lease counts for nothing here"
    trial, _, _ = prepared.next()
    with trial:
        steps = list(spread(trial.process("M", manager).count_steps("reassign", "M"), most))
    for step in steps:
        _complete_during_reassign(prepared, manager, taker, step)
    return f"after its lease, nor when it was finished at {len(steps)} steps of a reassign"


def _complete_during_reassign(
    prepared: PreparedTrials, manager: WorkerProcess, taker: WorkerProcess, step: int
) -> None:
    trial, a, claim = prepared.next()
    with trial:
        m, b = trial.process("M", manager), trial.process("B", taker)
        reassign = m.start("reassign", "M", halt_at=step)
        if not reassign.wait_until_halted():
            reassign.finish()
            return
        complete = a.start("complete", claim=claim)
        in_time = complete.finish_unless_blocked() and complete.event.result is Result.OK
        reassign.resume()
        reassign.finish()
        complete.finish()
        again = b.claim() if in_time else None
        if again and not _is_taken_back(prepared, manager, taker, step):
            raise trial.violation(
                RULE,
                complete.event,
                again.event,
                f"While M's reassign is halted at {trial.history.first_halt().detail}, A completes "
                f"{again.job}; M goes on, and B's claim returns it again.",
            )


def _is_taken_back(
    prepared: PreparedTrials, manager: WorkerProcess, taker: WorkerProcess, step: int
) -> bool:
    """Whether M has taken the job back at this step: then a completion may count for nothing."""
    trial, _, _ = prepared.next()
    with trial:
        m, b = trial.process("M", manager), trial.process("B", taker)
        reassign = m.start("reassign", "M", halt_at=step)
        if not reassign.wait_until_halted():
            reassign.finish()
            return True
        claiming = b.start("claim", "B", LONG_LEASE)
        free = claiming.finish_unless_blocked()
        reassign.resume()
        reassign.finish()
        claiming.finish()
        return free and claiming.claim is not None


FINISHED = Property(
    "finished",
    "A finished job stays finished",
    "Read notebook 04. Between the moment your reassign reads which jobs are late and the moment "
    "it changes them, what may have become of them?",
    judge_finished,
)
