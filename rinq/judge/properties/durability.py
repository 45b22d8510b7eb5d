"""What was submitted is still there: after a restart, and after ``kill -9``."""

from __future__ import annotations

from rinq.judge.history import TrialEvent
from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.trial import Trial

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
        actor.client.kill()
        _drain(trial, jobs, end, f"{end}, and then no claim returns {{}}.")
    return "3 jobs were there when the queue was closed and opened by a new process."


def judge_kill(pool: Pool, quick: bool) -> str:
    pool.prepare(2)
    with Trial(pool) as trial:
        actor = trial.process("A")
        jobs = trial.jobs(3)
        for job in jobs:
            actor.submit(job)
        end = actor.kill()
        _drain(trial, jobs, end, "submit of {} returns, A is killed, and no claim returns it.")
    steps = 0
    while not quick and steps < MOST and _kill_in_submit(pool, steps + 1):
        steps += 1
    told = f", and when a submit was killed at each of its {steps} steps" if steps else ""
    return f"3 jobs were there when their process was killed{told}."


def _kill_in_submit(pool: Pool, step: int) -> bool:
    """Kill a second submit at this step, which may have either outcome. False if it has fewer."""
    pool.prepare()
    with Trial(pool) as trial:
        actor = trial.process("A")
        safe, open_job = trial.jobs(2)
        actor.submit(safe)
        trial.submitted.add(open_job)
        call = actor.start("submit", open_job, halt_at=step)
        if not call.halted():
            call.finish()
            return False
        end = actor.kill()
        sentence = "submit of {} returns, A is killed in its next submit, and no claim returns it."
        _drain(trial, [safe], end, sentence)
    return True


def _drain(trial: Trial, jobs: list[str], end: TrialEvent, sentence: str) -> None:
    """A new process claims all there is: each of these jobs once."""
    other = trial.process("B")
    while (held := other.claim()) is not None:
        given = trial.history.given(held.job)
        if len(given) > 1:
            raise trial.breach(RULE, given[0], given[1])
    for job in jobs:
        if not trial.history.given(job):
            submitted = next(it for it in trial.history.events if it.job == job)
            raise trial.breach(RULE, submitted, end, sentence.format(job))


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
