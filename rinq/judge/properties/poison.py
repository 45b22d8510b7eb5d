"""A job that kills its worker does not circle for ever."""

from __future__ import annotations

from rinq.judge.history import Result
from rinq.judge.lease import LEASE, claimed, due, needs_reassign, take_over
from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.trial import Trial
from rinq.judge.verdict import Undecided

RULE = "A job whose workers all die is given up at last."
BRIEF = 0.05  # seconds of a lease, where the queue takes such a one
TOO_MANY = 26  # deaths after which a job is said to circle: more than any limit in use


def judge(pool: Pool, _: bool) -> str:
    needs_reassign(pool)
    pool.prepare(2)
    lease = _brief_lease(pool)
    with Trial(pool) as trial:
        manager = trial.process("M")
        events = trial.history.events
        worker = trial.process("W1")
        held = claimed(worker, lease)
        for deaths in range(1, TOO_MANY + 1):
            pool.prepare(2)
            known = len(events)
            killed = worker.kill()
            worker = trial.process(f"W{deaths + 1}")
            again = take_over(manager, worker, due(lease), lease)
            if again is None and deaths == 1:
                raise Undecided("The job never came back after its worker was killed.")
            if again is None:
                return f"The job was given up when it had killed {deaths} workers."
            held = again
            if 1 < deaths < TOO_MANY:
                del events[known:]  # the first and the last time tell the story
        raise trial.breach(
            RULE,
            killed,
            held.event,
            f"{held.job} has killed {TOO_MANY} workers, and is still handed out.",
        )


def _brief_lease(pool: Pool) -> float:
    """The shortest lease that the queue takes: clocks of whole seconds may not."""
    with Trial(pool) as trial:
        actor = trial.process("A")
        actor.submit(trial.jobs(1)[0])
        call = actor.start("claim", "A", BRIEF)
        if call.finish().result is Result.FAILED or call.held is None:
            return LEASE
        return LEASE if take_over(actor, actor, due(BRIEF)) is None else BRIEF


POISON = Property(
    "poison",
    "A job that kills its worker does not circle for ever",
    "Read notebook 04, part 4. What counts the claims that were taken back?",
    judge,
)
