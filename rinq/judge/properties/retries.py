"""Retries end: a job that always fails is given up at last, at whatever limit."""

from __future__ import annotations

from rinq.judge.actor import UNTIL_LATER
from rinq.judge.lease import claimed
from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.trial import Trial

N_TRIES = 3
TOO_MANY = 150  # failures after which a job is said never to be given up
RULE = "A job that always fails is given up at last."


def judge(pool: Pool, _: bool) -> str:
    with Trial(pool) as trial:
        actor = trial.process("A")
        held = claimed(actor, UNTIL_LATER)
        events = trial.history.events
        for tries in range(1, TOO_MANY + 1):
            failed = actor.fail(held, N_TRIES)
            again = actor.claim()
            if again is None:
                return f"The job was given up after failure number {tries}."
            held = again
            if 1 < tries < TOO_MANY:
                del events[-2:]  # the first and the last time tell the story
        raise trial.breach(
            RULE,
            failed,
            held.event,
            f"{held.job} has failed {TOO_MANY} times, with n_tries = {N_TRIES}, "
            "and is still handed out.",
        )


RETRIES_END = Property(
    "retries-end",
    "Retries end",
    "Read notebook 02. What counts the failures of a job, and who compares that with n_tries?",
    judge,
)
