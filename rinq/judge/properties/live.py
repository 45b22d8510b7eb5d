"""A live claim is not taken back: by opening, by claiming, by reassign."""

from __future__ import annotations

from rinq.judge.actor import UNTIL_LATER, Actor, ClaimHandle
from rinq.judge.lease import PATIENCE, ROUNDING, SLACK, claimed, due, needs_reassign, take_over
from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.trial import Trial, wait_until
from rinq.judge.verdict import Undecided

RULE = "While its lease runs, a claim's job is handed to nobody else."
SHORT = 2  # seconds, of a claim on a job that has waited for longer than that
WAITED = 4  # trials of those, for a machine that is too slow for some


def judge(pool: Pool, _: bool) -> str:
    needs_reassign(pool)
    clients = [pool.take() for _ in range(3)]
    waiting = [Trial(pool) for _ in range(WAITED)]
    ready = []
    for trial in waiting:
        a, b, m = (trial.process(*who) for who in zip("ABM", clients, strict=True))
        a.submit(trial.jobs(1)[0])
        ready.append((trial, a, b, m))
    long_waited = due(SHORT)
    with Trial(pool) as fresh, Trial(pool) as second:
        held = claimed(fresh.process("A"), UNTIL_LATER)
        claimed(second.process("A"))
        until = due() + PATIENCE
        other = fresh.process("B")
        _must_not_get(fresh, held, other, "B opens the queue")
        other.reassign()
        _must_not_get(fresh, held, other, "B reassigns")
        manager, taker = second.process("M"), second.process("B")
        if (taken := take_over(manager, taker, until)) is not None:
            manager.reassign()
            _must_not_get(second, taken, manager, "M reassigns for the second time")
    wait_until(long_waited)
    decided = [_claim_late(*it) for it in ready]
    if not any(decided):
        raise Undecided("The machine was too slow: leases were over before they could be tried.")
    return "Another process opened the queue, reassigned and claimed, and got nothing."


def _claim_late(trial: Trial, a: Actor, b: Actor, m: Actor) -> bool:
    """Claim a job that waited for longer than its lease. False if it took too long to tell."""
    with trial:
        held = a.claim(SHORT)
        if held is None:
            return False
        m.reassign()
        again = b.claim()
        took = trial.history.events[-1].ended - held.event.began
        in_time = took < SHORT - ROUNDING - SLACK / 2
        if again is not None and in_time:
            raise trial.breach(
                RULE,
                held.event,
                again.event,
                f"{held.job} waits for longer than a lease, A claims it, and at once, "
                "after a reassign, B's claim returns it too.",
            )
        return in_time


def _must_not_get(trial: Trial, held: ClaimHandle, other: Actor, what: str) -> None:
    if (again := other.claim()) is not None:
        raise trial.breach(
            RULE,
            held.event,
            again.event,
            f"{held.event.process} holds {held.job} on a long lease; {what}, and its claim returns "
            f"{again.job} too.",
        )


LIVE_CLAIM = Property(
    "live-claim",
    "A live claim is not taken back",
    "Read notebook 04. From which moment is a lease counted, and who may end it early?",
    judge,
)
