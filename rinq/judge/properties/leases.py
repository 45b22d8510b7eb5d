"""A claim is taken back once its lease has lapsed, and not before.

It is taken back also where its holder, or a claim or reassign, was killed in the middle; it is
not taken back by a process that opens the queue, claims or reassigns while the lease runs.
"""

from __future__ import annotations

from rinq.judge.actor import LONG_LEASE, Actor, ClaimHandle
from rinq.judge.history import TrialEvent
from rinq.judge.pool import Pool
from rinq.judge.trial import (
    LEASE,
    PATIENCE,
    ROUNDING,
    SLACK,
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

COMES_BACK = "Once a lease is over, reassign takes the job back, and it is handed out again."
FEW, MANY = 6, 20  # steps at which a process is killed, in a quick check and in a whole one

STAYS = "While its lease runs, a claim's job is handed to nobody else."
SHORT_LEASE = 2  # seconds, of a claim on a job that has waited for longer than that
LATE_CLAIMS = 4  # trials of those, for a machine that is too slow for some


def judge_lapsed_claim(pool: Pool, quick: bool) -> str:
    needs_reassign(pool)
    most = FEW if quick else MANY
    pool.prepare(2)
    with Trial(pool) as silent, Trial(pool) as dead:
        held = silent.claimed(silent.process("A"))
        holder = dead.process("A")
        lost = dead.claimed(holder)
        holder.kill()
        until = due() + PATIENCE
        half_claims = _kill_in_claims(pool, most)
        prepared = PreparedTrials(pool, most + 1)
        ready = due()
        manager = pool.take()
        _require_back(silent, manager, until, held.event, "A holds {} beyond its lease")
        _require_back(dead, manager, until, lost.event, "A is killed while it holds {}")
    for trial, submitted in half_claims:
        with trial:
            _require_back(trial, manager, ready, submitted, "A is killed in its claim of {}")
    pool.prepare(FEW)
    wait_until(ready)
    steps = _kill_in_reassigns(pool, prepared, manager, most)
    return (
        "The job of a silent and of a killed holder came back, and that of a claim killed at "
        f"{len(half_claims)} steps; so it did where a reassign was killed at {steps} steps."
    )


def _require_back(
    trial: Trial, worker: WorkerProcess, until: float, since: TrialEvent, what: str
) -> None:
    manager = trial.process("M", worker)
    if take_over(manager, manager, until) is None:
        sentence = f"{what.format(since.job)}; M reassigns, and no claim returns it."
        raise trial.violation(COMES_BACK, since, trial.history.last, sentence)


def _kill_in_claims(pool: Pool, most: int) -> list[tuple[Trial, TrialEvent]]:
    """Trials with one job, whose claimer was killed at one step each, and the job's submit."""
    with Trial(pool) as trial:
        actor = trial.process("A")
        actor.submit(trial.jobs(1)[0])
        steps = actor.count_steps("claim", "A", LEASE)
    killed = []
    for step in spread(steps, most):
        pool.prepare()
        trial = Trial(pool)
        actor = trial.process("A")
        submitted = actor.submit(trial.jobs(1)[0])
        if actor.start("claim", "A", LEASE, halt_at=step).wait_until_halted():
            actor.kill()
            killed.append((trial, submitted))
    return killed


def _kill_in_reassigns(
    pool: Pool, prepared: PreparedTrials, manager: WorkerProcess, most: int
) -> int:
    """Kill a manager at each step of its reassign: that of the next one must succeed."""
    trial, _, _ = prepared.next()
    with trial:
        steps = list(spread(trial.process("M", manager).count_steps("reassign", "M"), most))
    for step in steps:
        pool.prepare()
        trial, _, claim = prepared.next()
        with trial:
            killed = trial.process("M1")
            if killed.start("reassign", "M1", halt_at=step).wait_until_halted():
                killed.kill()
                what = "A holds {} beyond its lease, and M1 is killed in its reassign"
                _require_back(trial, manager, due(0), claim.event, what)
    return len(steps)


def judge_live_claim(pool: Pool, _: bool) -> str:
    needs_reassign(pool)
    workers = [pool.take() for _ in range(3)]
    waiting = []
    for trial in [Trial(pool) for _ in range(LATE_CLAIMS)]:
        a, b, m = (trial.process(*who) for who in zip("ABM", workers, strict=True))
        a.submit(trial.jobs(1)[0])
        waiting.append((trial, a, b, m))
    long_waited = due(SHORT_LEASE)
    with Trial(pool) as fresh, Trial(pool) as second:
        claim = fresh.claimed(fresh.process("A"), LONG_LEASE)
        second.claimed(second.process("A"))
        until = due() + PATIENCE
        other = fresh.process("B")
        _require_none(fresh, claim, other, "B opens the queue")
        other.reassign()
        _require_none(fresh, claim, other, "B reassigns")
        manager, taker = second.process("M"), second.process("B")
        if (taken := take_over(manager, taker, until)) is not None:
            manager.reassign()
            _require_none(second, taken, manager, "M reassigns for the second time")
    wait_until(long_waited)
    decided = [_claim_late(*it) for it in waiting]
    if not any(decided):
        raise Undecided("The machine was too slow: leases were over before they could be tried.")
    return "Another process opened the queue, reassigned and claimed, and got nothing."


def _claim_late(trial: Trial, a: Actor, b: Actor, m: Actor) -> bool:
    """Claim a job that waited for longer than its lease. False if it took too long to tell."""
    with trial:
        claim = a.claim(SHORT_LEASE)
        if claim is None:
            return False
        m.reassign()
        again = b.claim()
        seconds = trial.history.last.ended - claim.event.began
        in_time = seconds < SHORT_LEASE - ROUNDING - SLACK / 2
        if again is not None and in_time:
            raise trial.violation(
                STAYS,
                claim.event,
                again.event,
                f"{claim.job} waits for longer than a lease, A claims it, and at once, "
                "after a reassign, B's claim returns it too.",
            )
        return in_time


def _require_none(trial: Trial, claim: ClaimHandle, other: Actor, what: str) -> None:
    if (again := other.claim()) is not None:
        raise trial.violation(
            STAYS,
            claim.event,
            again.event,
            f"{claim.event.process} holds {claim.job} on a long lease; {what}, and its claim "
            f"returns {again.job} too.",
        )


LAPSED_CLAIM = Property(
    "lapsed-claim",
    "A lapsed claim is taken back",
    "Read notebook 04. What is left of a job whose process is gone, and who looks for it?",
    judge_lapsed_claim,
)
LIVE_CLAIM = Property(
    "live-claim",
    "A live claim is not taken back",
    "Read notebook 04. From which moment is a lease counted, and who may end it early?",
    judge_live_claim,
)
