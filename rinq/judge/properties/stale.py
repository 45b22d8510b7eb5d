"""A stale answer has no effect. It is judged by what becomes of the job, not by what is raised."""

from __future__ import annotations

from rinq.judge.actor import UNTIL_LATER, Actor, ClaimHandle
from rinq.judge.client import Client
from rinq.judge.history import TrialEvent
from rinq.judge.lease import (
    PATIENCE,
    PreparedTrials,
    due,
    last,
    needs_reassign,
    spread,
    take_over,
)
from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.trial import Trial, wait_until
from rinq.judge.verdict import Undecided

RULE = "A claim that was taken back can no longer change its job."
MANY_TRIES = 1000
FEW, MANY = 6, 24  # steps of a complete that are tried, in a quick check and in a whole one
NEVER_TAKEN = "No claim was ever taken back (see lapsed-claim), so none could be stale."
NEVER_RETRIED = "A job that its second holder fails does not come back here, with no stale answer."


def judge(pool: Pool, quick: bool) -> str:
    needs_reassign(pool)
    most = FEW if quick else MANY
    clients = [pool.take() for _ in range(3)]
    replicas = PreparedTrials(pool, most + 5)
    ready = due()
    until = ready + PATIENCE
    control, _, _, b, m, taken = _stolen(replicas, clients, until)
    with control:
        b.try_call("fail", taken, "it failed", MANY_TRIES)
        if take_over(m, m, due(0)) is None:
            raise Undecided(NEVER_RETRIED)
    trial, a, held, b, m, taken = _stolen(replicas, clients, until)
    with trial:
        late = a.try_call("complete", held)
        _fail_and_look(trial, late, b, m, taken)
    trial, a, held, b, m, taken = _stolen(replicas, clients, until, called="A")
    with trial:
        late = a.try_call("complete", held)
        _fail_and_look(trial, late, b, m, taken, also=", under the same name A")
    trial, a, held, b, m, taken = _stolen(replicas, clients, until)
    with trial:
        late = a.try_call("fail", held, "it failed", MANY_TRIES)
        m.reassign()
        if again := m.claim():
            raise trial.breach(
                RULE,
                late,
                again.event,
                f"B holds {held.job} (attempt 2) when A, which held attempt 1, fails it; "
                f"then M's claim returns {held.job} as well.",
            )
    wait_until(ready)
    steps = _race(replicas, clients, most)
    return f"A late complete and a late fail changed nothing; nor did one halted at {steps} steps."


def _stolen(
    replicas: PreparedTrials, clients: list[Client], until: float, called: str | None = None
) -> tuple[Trial, Actor, ClaimHandle, Actor, Actor, ClaimHandle]:
    """A trial in which A's claim was taken back and B holds the job, under a name of its own.

    Raises: Undecided, where it is never taken back.
    """
    trial, held, a = replicas.next()
    b, m = trial.process("B", clients[1], called), trial.process("M", clients[2])
    taken = take_over(m, b, until)
    if taken is None:
        raise Undecided(NEVER_TAKEN)
    return trial, a, held, b, m, taken


def _fail_and_look(
    trial: Trial, late: TrialEvent, b: Actor, m: Actor, taken: ClaimHandle, *, also: str = ""
) -> None:
    b.try_call("fail", taken, "it failed", MANY_TRIES)
    if take_over(m, m, due(0)) is None:
        raise trial.breach(
            RULE,
            late,
            last(trial),
            f"A, which held attempt 1 of {taken.job}, completes it while B holds attempt 2{also}; "
            "B's attempt fails, and the job is never handed out again.",
        )


def _race(replicas: PreparedTrials, clients: list[Client], most: int) -> int:
    """A's complete is halted in the middle, and meanwhile the job is taken back."""
    trial, held, a = replicas.next()
    with trial:
        call = a.start("complete", held=held, halt_at=0)
        call.finish()
        steps = list(spread(call.steps, most))
    for step in steps:
        trial, held, a = replicas.next()
        with trial:
            b, m = trial.process("B", clients[1]), trial.process("M", clients[2])
            completing = a.start("complete", held=held, halt_at=step)
            if not completing.halted():
                completing.finish()
                continue
            calls = [m.start("reassign", "M")]
            if free := not calls[0].blocked():
                calls[0].finish()
                calls.append(b.start("claim", "B", UNTIL_LATER))
                free = not calls[1].blocked() and bool(calls[1].finish())
            completing.go_on()
            for call in (completing, *calls):
                call.finish()
            if free and (taken := calls[1].held):
                _fail_and_look(trial, completing.event, b, m, taken)
    return len(steps)


STALE_COMPLETION = Property(
    "stale-completion",
    "A stale completion has no effect",
    "Read notebook 04 on the fence. How does your complete know that the claim it is given is "
    "the one that holds the job now?",
    judge,
)
