"""A job that always fails, or kills its worker each time, is given up, at whatever limit."""

from __future__ import annotations

from rinq.judge.actor import LONG_LEASE
from rinq.judge.history import Result
from rinq.judge.pool import Pool
from rinq.judge.trial import LEASE, Property, Trial, due, needs_reassign, take_over
from rinq.judge.verdict import Undecided

RETRIES_RULE = "A job that always fails is given up at last."
POISON_RULE = "A job whose workers all die is given up at last."
N_TRIES = 3
TOO_MANY_FAILURES = 150  # after which a job is said never to be given up
TOO_MANY_DEATHS = 26  # likewise: more than any limit in use
BRIEF_LEASE = 0.05  # seconds


def judge_retries_end(pool: Pool, _: bool) -> str:
    with Trial(pool) as trial:
        actor = trial.process("A")
        claim = trial.claimed(actor, LONG_LEASE)
        events = trial.history.events
        for failures in range(1, TOO_MANY_FAILURES + 1):
            failed = actor.fail(claim, N_TRIES)
            again = actor.claim()
            if again is None:
                return f"The job was given up after failure number {failures}."
            claim = again
            if 1 < failures < TOO_MANY_FAILURES:
                del events[-2:]  # the first and the last time are shown
        raise trial.violation(
            RETRIES_RULE,
            failed,
            claim.event,
            f"{claim.job} has failed {TOO_MANY_FAILURES} times, with n_tries = {N_TRIES}, "
            "and is still handed out.",
        )


def judge_poison(pool: Pool, _: bool) -> str:
    needs_reassign(pool)
    pool.prepare(2)
    lease = _shortest_lease(pool)
    with Trial(pool) as trial:
        manager = trial.process("M")
        events = trial.history.events
        worker = trial.process("W1")
        claim = trial.claimed(worker, lease)
        for deaths in range(1, TOO_MANY_DEATHS + 1):
            pool.prepare(2)
            known = len(events)
            killed = worker.kill()
            worker = trial.process(f"W{deaths + 1}")
            again = take_over(manager, worker, due(lease), lease)
            if again is None and deaths == 1:
                raise Undecided("The job never came back after its worker was killed.")
            if again is None:
                return f"The job was given up when it had killed {deaths} workers."
            claim = again
            if 1 < deaths < TOO_MANY_DEATHS:
                del events[known:]  # the first and the last time are shown
        raise trial.violation(
            POISON_RULE,
            killed,
            claim.event,
            f"{claim.job} has killed {TOO_MANY_DEATHS} workers, and is still handed out.",
        )


def _shortest_lease(pool: Pool) -> float:
    """A brief lease where the queue accepts it: one with a clock of whole seconds may not."""
    with Trial(pool) as trial:
        actor = trial.process("A")
        actor.submit(trial.jobs(1)[0])
        call = actor.start("claim", "A", BRIEF_LEASE)
        if call.finish().result is Result.FAILED or call.claim is None:
            return LEASE
        return LEASE if take_over(actor, actor, due(BRIEF_LEASE)) is None else BRIEF_LEASE


RETRIES_END = Property(
    "retries-end",
    "Retries end",
    "Read notebook 02. What counts the failures of a job, and who compares that with n_tries?",
    judge_retries_end,
)
POISON = Property(
    "poison",
    "A job that kills its worker does not circle for ever",
    "Read notebook 04, part 4. What counts the claims that were taken back?",
    judge_poison,
)
