"""A finished job stays finished, also where it is finished in the middle of a reassign."""

from __future__ import annotations

from rinq.judge.client import Client
from rinq.judge.history import Result
from rinq.judge.lease import PreparedTrials, claimed, due, needs_reassign, spread, take_over
from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.trial import Trial, wait_until

FEW, MANY = 14, 40  # steps of a reassign that are tried, in a quick check and in a whole one
SUSPECTS = 6  # of them that can be looked at again
NO_FAIL = "Does your fail look whether the job is still held, before it lets it wait again?"
RULE = "A job whose complete returned is never handed out again."


def judge(pool: Pool, quick: bool) -> str:
    needs_reassign(pool)
    most = FEW if quick else MANY
    with Trial(pool) as trial:
        actor = trial.process("A")
        completed = {}
        for _ in range(2):
            held = claimed(actor)
            completed[held.job] = actor.complete(held)
        actor.try_call("fail", held, "it failed", 1000)
        replicas = PreparedTrials(pool, most + 2 + SUSPECTS)
        wait_until(due())
        other = trial.process("B")
        other.reassign()
        if again := other.claim():
            late = " and then fails it too" if again.job == held.job else ""
            raise trial.breach(
                RULE,
                completed[again.job],
                again.event,
                f"A completes {again.job}{late}; after the lease B reassigns, and its claim "
                "returns it again.",
                hint=NO_FAIL if late else "",
            )
    return f"It did not come back, {_race(pool, replicas, most)}."


def _race(pool: Pool, replicas: PreparedTrials, most: int) -> str:
    """A finishes late, but before it is taken back, while M is in the middle of its reassign."""
    manager, taker = pool.take(), pool.take()
    trial, held, holder = replicas.next()
    with trial:
        holder.try_call("complete", held)
        if take_over(trial.process("M", manager), trial.process("B", taker), 0):
            return "after its lease; a completion after the lease counts for nothing here"
    trial, _, _ = replicas.next()
    with trial:
        call = trial.process("M", manager).start("reassign", "M", halt_at=0)
        call.finish()
        steps = call.steps
    tried = list(spread(steps, most))
    for step in tried:
        _finish_in(replicas, manager, taker, step)
    return f"after its lease, nor when it was finished at {len(tried)} steps of a reassign"


def _finish_in(replicas: PreparedTrials, manager: Client, taker: Client, step: int) -> None:
    trial, held, holder = replicas.next()
    with trial:
        m, b = trial.process("M", manager), trial.process("B", taker)
        reassign = m.start("reassign", "M", halt_at=step)
        if not reassign.halted():
            reassign.finish()
            return
        completing = holder.start("complete", held=held)
        in_time = not completing.blocked() and completing.finish().result is Result.OK
        reassign.go_on()
        reassign.finish()
        completing.finish()
        again = b.claim() if in_time else None
        if again and not _was_taken_back(replicas, manager, taker, step):
            halt = next(it for it in trial.history.events if it.what == "halted")
            raise trial.breach(
                RULE,
                completing.event,
                again.event,
                f"While M's reassign is halted at {halt.detail}, A completes {again.job}; M goes "
                "on, and B's claim returns it again.",
            )


def _was_taken_back(replicas: PreparedTrials, manager: Client, taker: Client, step: int) -> bool:
    """Whether M has taken the job back at this step: then a completion may count for nothing."""
    trial, _, _ = replicas.next()
    with trial:
        m, b = trial.process("M", manager), trial.process("B", taker)
        reassign = m.start("reassign", "M", halt_at=step)
        if not reassign.halted():
            reassign.finish()
            return True
        claiming = b.start("claim", "B", 600)
        free = not claiming.blocked()
        if free:
            claiming.finish()
        reassign.go_on()
        reassign.finish()
        claiming.finish()
        return free and claiming.held is not None


FINISHED = Property(
    "finished",
    "A finished job stays finished",
    "Read notebook 04. Between the moment your reassign reads which jobs are late and the moment "
    "it changes them, what may have become of them?",
    judge,
)
