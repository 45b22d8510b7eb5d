"""One claim per job: the race inside ``claim``, tried at every step of it."""

from __future__ import annotations

from rinq.judge.actor import UNTIL_LATER, Actor, Call
from rinq.judge.client import Client
from rinq.judge.history import Result, TrialEvent
from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.trial import Trial
from rinq.judge.verdict import Broken, Undecided

RULE = "A job is held by one claim at a time."
SEEN = "A job that one process submitted can be claimed by every other."
LOST = "No job is lost."
WAITING = "waiting for a lock"
MOST = 250  # steps of a claim that are tried


def judge(pool: Pool, _: bool) -> str:
    a, b = pool.take(), pool.take()
    steps = _count(pool, a, b)
    found: Broken | None = None
    for step in range(1, min(steps, MOST) + 1):
        try:
            _race(pool, a, b, step)
        except Broken as breach:
            if breach.counterexample.rule != RULE:
                raise
            if found is None or _is_plain(breach):
                found = breach
            a, b = pool.take(), pool.take()
    if found:
        raise found
    if steps > MOST:
        raise Undecided(f"claim takes {steps} steps, and only the first {MOST} were tried.")
    return f"A second process claimed at each of the {steps} steps of a claim."


def _is_plain(breach: Broken) -> bool:
    """Whether B did not wait for A: easier to follow. The last such step is the clearest."""
    return all(it.what != WAITING for it in breach.counterexample.history)


def _count(pool: Pool, a: Client, b: Client) -> int:
    """The steps that a claim takes."""
    with Trial(pool) as trial:
        other, claiming = trial.process("B", b), trial.process("A", a)
        submit = other.submit(trial.jobs(1)[0])
        call = claiming.start("claim", "A", UNTIL_LATER, halt_at=0)
        if call.finish().result is Result.FAILED:
            raise claiming.failure(call.event)
        if call.held is None:
            raise trial.breach(SEEN, submit, call.event)
        other.claim()
        return call.steps


def _race(pool: Pool, a: Client, b: Client, step: int) -> None:
    with Trial(pool) as trial:
        other, halted = trial.process("B", b), trial.process("A", a)
        jobs = trial.jobs(2)
        for job in jobs:
            other.submit(job)
        first = halted.start("claim", "A", UNTIL_LATER, halt_at=step)
        if not first.halted():
            first.finish()
            return
        second = other.start("claim", "B", UNTIL_LATER)
        if second.blocked():
            other.mark(WAITING)
        else:
            second.finish()
        first.go_on()
        first.finish()
        second.finish()
        _same(trial, (first, second))
        _drain(trial, other, jobs, (first.event, second.event))


def _same(trial: Trial, calls: tuple[Call, Call]) -> None:
    for call in calls:
        if call.held and len(given := trial.history.given(call.held.job)) > 1:
            events = trial.history.events
            halt = next(it for it in events if it.what == "halted")
            waits = " waits for a lock" if any(it.what == WAITING for it in events) else ""
            raise trial.breach(
                RULE,
                given[0],
                given[1],
                f"While A's claim is halted at {halt.detail}, B's claim"
                f"{waits or f' returns {call.held.job}'}; A goes on, and "
                f"{'both return' if waits else 'its claim returns'} {call.held.job}"
                f"{'' if waits else ' too'}.",
            )


def _drain(
    trial: Trial, actor: Actor, jobs: list[str], calls: tuple[TrialEvent, TrialEvent]
) -> None:
    """Every job comes out once; one may be stuck for its lease where a claim raised."""
    last = trial.history.events[-1]
    for _ in range(len(jobs) + 1):
        held = actor.claim()
        last = trial.history.events[-1]
        if held is None:
            break
        given = trial.history.given(held.job)
        if len(given) > 1:
            raise trial.breach(RULE, given[0], given[1])
    if any(call.result is Result.FAILED for call in calls):
        return
    for job in jobs:
        if not trial.history.given(job):
            submitted = next(it for it in trial.history.events if it.job == job)
            raise trial.breach(
                LOST, submitted, last, f"{job} was submitted, and no claim returns it."
            )


ONE_CLAIM = Property(
    "one-claim",
    "One claim per job",
    "Read notebook 03. What may another process do between the line that finds the job and "
    "the line that takes it?",
    judge,
)
