"""A lapsed claim is taken back, also when holder, claim or reassign was killed in the middle."""

from __future__ import annotations

from rinq.judge.client import Client
from rinq.judge.history import TrialEvent
from rinq.judge.lease import (
    LEASE,
    PATIENCE,
    PreparedTrials,
    claimed,
    due,
    last,
    needs_reassign,
    spread,
    take_over,
)
from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.trial import Trial, wait_until

RULE = "Once a lease is over, reassign takes the job back, and it is handed out again."
FEW, MANY = 6, 20  # steps at which a process is killed, in a quick check and in a whole one


def judge(pool: Pool, quick: bool) -> str:
    needs_reassign(pool)
    most = FEW if quick else MANY
    pool.prepare(2)
    with Trial(pool) as silent, Trial(pool) as dead:
        held = claimed(silent.process("A"))
        holder = dead.process("A")
        lost = claimed(holder)
        holder.kill()
        until = due() + PATIENCE
        halves = _kill_in_claims(pool, most)
        replicas = PreparedTrials(pool, most + 1)
        ready = due()
        manager = pool.take()
        _must_come_back(silent, manager, until, held.event, "A holds {} beyond its lease")
        _must_come_back(dead, manager, until, lost.event, "A is killed while it holds {}")
    for trial, submitted in halves:
        with trial:
            _must_come_back(trial, manager, ready, submitted, "A is killed in its claim of {}")
    pool.prepare(FEW)
    wait_until(ready)
    steps = _kill_in_reassigns(pool, replicas, manager, most)
    return (
        "The job of a silent and of a killed holder came back, and that of a claim killed at "
        f"{len(halves)} steps; so it did where a reassign was killed at {steps} steps."
    )


def _must_come_back(
    trial: Trial, client: Client, until: float, since: TrialEvent, what: str
) -> None:
    manager = trial.process("M", client)
    if take_over(manager, manager, until) is None:
        looked = last(trial)
        raise trial.breach(
            RULE,
            since,
            looked,
            f"{what.format(since.job)}; M reassigns, and no claim returns it.",
        )


def _kill_in_claims(pool: Pool, most: int) -> list[tuple[Trial, TrialEvent]]:
    """Trials with one job, whose claimer was killed at one step each."""
    with Trial(pool) as trial:
        actor = trial.process("A")
        actor.submit(trial.jobs(1)[0])
        call = actor.start("claim", "A", LEASE, halt_at=0)
        call.finish()
        steps = call.steps
    made = []
    for step in spread(steps, most):
        pool.prepare()
        trial = Trial(pool)
        actor = trial.process("A")
        submitted = actor.submit(trial.jobs(1)[0])
        if actor.start("claim", "A", LEASE, halt_at=step).halted():
            actor.kill()
            made.append((trial, submitted))
    return made


def _kill_in_reassigns(pool: Pool, replicas: PreparedTrials, manager: Client, most: int) -> int:
    """Kill a manager at each step of its reassign: the next one's must do."""
    trial, _, _ = replicas.next()
    with trial:
        call = trial.process("M", manager).start("reassign", "M", halt_at=0)
        call.finish()
        steps = list(spread(call.steps, most))
    for step in steps:
        pool.prepare()
        trial, held, _ = replicas.next()
        with trial:
            killed = trial.process("M1")
            if killed.start("reassign", "M1", halt_at=step).halted():
                killed.kill()
                what = "A holds {} beyond its lease, and M1 is killed in its reassign"
                _must_come_back(trial, manager, due(0), held.event, what)
    return len(steps)


LAPSED_CLAIM = Property(
    "lapsed-claim",
    "A lapsed claim is taken back",
    "Read notebook 04. What is left of a job whose process is gone, and who looks for it?",
    judge,
)
