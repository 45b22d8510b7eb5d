"""What was submitted is still there: after a restart, and after ``kill -9``."""

from __future__ import annotations

from typing import NoReturn

from rinq.judge.history import TrialEvent
from rinq.judge.pool import Pool
from rinq.judge.trial import Property, Trial
from rinq.judge.verdict import NotAttempted

RULE = "When submit has returned, the job is stored, and is handed out once."
MOST = 20  # steps of a submit at which its process is killed


def judge_restart(pool: Pool, _: bool) -> str:
    with Trial(pool) as trial:
        actor = trial.process("A")
        jobs = trial.jobs(3)
        for job in jobs:
            actor.submit(job)
        actor.close()
        end = actor.mark("restarted")
        actor.worker.kill()
        _require_stored(trial, jobs, end, f"{end}, and then no claim returns {{}}.")
    return "3 jobs were there when the queue was closed and opened by a new process."


def judge_kill(pool: Pool, quick: bool) -> str:
    pool.prepare(2)
    with Trial(pool) as trial:
        actor = trial.process("A")
        jobs = trial.jobs(3)
        for job in jobs:
            actor.submit(job)
        end = actor.kill()
        sentence = "submit of {} returns, A is killed, and no claim returns it."
        _require_stored(trial, jobs, end, sentence)
    steps = 0
    while not quick and steps < MOST and _kill_in_submit(pool, steps + 1):
        steps += 1
    also = f", and when a submit was killed at each of its {steps} steps" if steps else ""
    return f"3 jobs were there when their process was killed{also}."


def judge_power_loss(_: Pool, __: bool) -> NoReturn:
    raise NotAttempted("A judge cannot cut the power: whether a commit was synced is not tried.")


def _kill_in_submit(pool: Pool, step: int) -> bool:
    """Kill a second submit at this step: its job may be stored or not. False if it has fewer."""
    pool.prepare()
    with Trial(pool) as trial:
        actor = trial.process("A")
        stored, uncertain = trial.jobs(2)
        actor.submit(stored)
        call = actor.start("submit", uncertain, halt_at=step)
        if not call.wait_until_halted():
            call.finish()
            return False
        end = actor.kill()
        sentence = "submit of {} returns, A is killed in its next submit, and no claim returns it."
        _require_stored(trial, [stored], end, sentence)
    return True


def _require_stored(trial: Trial, jobs: list[str], end: TrialEvent, sentence: str) -> None:
    """A new process claims all there is: each of these jobs once."""
    other = trial.process("B")
    while (claim := other.claim()) is not None:
        if len(claims := trial.history.claims_of(claim.job)) > 1:
            raise trial.violation(RULE, claims[0], claims[1])
    for job in jobs:
        if not trial.history.claims_of(job):
            submitted = trial.history.submit_of(job)
            raise trial.violation(RULE, submitted, end, sentence.format(job))


RESTART = Property(
    "restart",
    "Jobs survive a restart",
    "Where are the jobs while no process has the queue open?",
    judge_restart,
)
KILL = Property(
    "kill",
    "A submitted job survives kill -9",
    "Read notebook 04. What is still only in the process's memory when submit returns?",
    judge_kill,
)
POWER_LOSS = Property("power-loss", "Jobs survive a power cut", "", judge_power_loss)
