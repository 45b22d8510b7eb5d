"""Claiming: the job that was submitted first, and one claim per job.

Two claims are made to race on purpose: one is halted at each of its steps while another claims.
"""

from __future__ import annotations

from rinq.judge.actor import LONG_LEASE, Actor, Call, ClaimHandle
from rinq.judge.history import Result
from rinq.judge.pool import Pool
from rinq.judge.trial import Property, Trial
from rinq.judge.verdict import Broken, Undecided
from rinq.judge.worker_process import WorkerProcess

IN_ORDER = "The job that was submitted first is claimed first."
NONE_LEFT = "When every job is claimed, claim returns None."
N_JOBS = 8

ONE_AT_A_TIME = "A job is held by one claim at a time."
VISIBLE = "A job that one process submitted can be claimed by every other."
NOT_LOST = "No job is lost."
WAITING = "waiting for a lock"
MOST = 250  # steps of a claim that are tried


def judge_fifo(pool: Pool, _: bool) -> str:
    with Trial(pool) as trial:
        actor = trial.process("A")
        jobs = trial.jobs(N_JOBS)
        for job in jobs[:5]:
            actor.submit(job)
        for job in jobs[:2]:
            _claim_next(trial, actor, job)
        for job in jobs[5:]:
            actor.submit(job)
        with Trial(pool) as elsewhere:  # on another path it is another queue, which is empty
            elsewhere.process("A", actor.worker).claim()
        for job in jobs[2:]:
            _claim_next(trial, actor, job)
        extra = actor.claim()
        if extra is not None:
            first = trial.history.claims_of(extra.job)[0]
            raise trial.violation(NONE_LEFT, first, extra.event)
    return f"{N_JOBS} jobs came out in the order in which they went in."


def _claim_next(trial: Trial, actor: Actor, job: str) -> ClaimHandle:
    claim = actor.claim()
    if claim is None or claim.job != job:
        found = f"{claim.job} first" if claim else "nothing"
        sentence = f"{job} is the next in line, but A's claim returns {found}."
        history = trial.history
        raise trial.violation(IN_ORDER, history.submit_of(job), history.last, sentence)
    return claim


def judge_one_claim(pool: Pool, _: bool) -> str:
    a, b = pool.take(), pool.take()
    steps = _count_steps(pool, a, b)
    found: Broken | None = None
    for step in range(1, min(steps, MOST) + 1):
        try:
            _race(pool, a, b, step)
        except Broken as broken:
            if broken.counterexample.rule != ONE_AT_A_TIME:
                raise
            if found is None or _is_simple(broken):
                found = broken
            a, b = pool.take(), pool.take()
    if found:
        raise found
    if steps > MOST:
        raise Undecided(f"claim takes {steps} steps, and only the first {MOST} were tried.")
    return f"A second process claimed at each of the {steps} steps of a claim."


def _is_simple(broken: Broken) -> bool:
    """Whether B did not wait for A: easier to follow. The last such step is the clearest."""
    return all(it.what != WAITING for it in broken.counterexample.history)


def _count_steps(pool: Pool, a: WorkerProcess, b: WorkerProcess) -> int:
    with Trial(pool) as trial:
        submitter, claimer = trial.process("B", b), trial.process("A", a)
        submitted = submitter.submit(trial.jobs(1)[0])
        call = claimer.start("claim", "A", LONG_LEASE, halt_at=0)
        if call.finish().result is Result.FAILED:
            raise claimer.unexpected_failure(call.event)
        if call.claim is None:
            raise trial.violation(VISIBLE, submitted, call.event)
        submitter.claim()
        return call.steps


def _race(pool: Pool, a: WorkerProcess, b: WorkerProcess, step: int) -> None:
    """Halt A's claim at this step, let B claim meanwhile, and then A go on."""
    with Trial(pool) as trial:
        other, halted = trial.process("B", b), trial.process("A", a)
        jobs = trial.jobs(2)
        for job in jobs:
            other.submit(job)
        first = halted.start("claim", "A", LONG_LEASE, halt_at=step)
        if not first.wait_until_halted():
            first.finish()
            return
        second = other.start("claim", "B", LONG_LEASE)
        if not second.finish_unless_blocked():
            other.mark(WAITING)
        first.resume()
        first.finish()
        second.finish()
        _require_different_jobs(trial, (first, second))
        _require_every_job_once(trial, other, jobs, (first, second))


def _require_different_jobs(trial: Trial, calls: tuple[Call, Call]) -> None:
    for call in calls:
        if call.claim and len(claims := trial.history.claims_of(call.claim.job)) > 1:
            halted_at, job = trial.history.first_halt().detail, call.claim.job
            if any(it.what == WAITING for it in trial.history.events):
                then = f"waits for a lock; A goes on, and both return {job}"
            else:
                then = f"returns {job}; A goes on, and its claim returns {job} too"
            sentence = f"While A's claim is halted at {halted_at}, B's claim {then}."
            raise trial.violation(ONE_AT_A_TIME, claims[0], claims[1], sentence)


def _require_every_job_once(
    trial: Trial, actor: Actor, jobs: list[str], calls: tuple[Call, Call]
) -> None:
    """Where a claim raised, its job may be missing: it may come back after its lease."""
    history = trial.history
    for _ in range(len(jobs) + 1):
        claim = actor.claim()
        if claim is None:
            break
        if len(claims := history.claims_of(claim.job)) > 1:
            raise trial.violation(ONE_AT_A_TIME, claims[0], claims[1])
    if any(call.event.result is Result.FAILED for call in calls):
        return
    for job in jobs:
        if not history.claims_of(job):
            sentence = f"{job} was submitted, and no claim returns it."
            raise trial.violation(NOT_LOST, history.submit_of(job), history.last, sentence)


FIFO = Property(
    "fifo",
    "First in, first out",
    "In which order does your claim's query look at the jobs? SQL promises none by itself.",
    judge_fifo,
)
ONE_CLAIM = Property(
    "one-claim",
    "One claim per job",
    "Read notebook 03. What may another process do between the line that finds the job and "
    "the line that takes it?",
    judge_one_claim,
)
