"""First in, first out: one process, no retries."""

from __future__ import annotations

from rinq.judge.actor import Actor, ClaimHandle
from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.trial import Trial

RULE = "The job that was submitted first is claimed first."
NONE_LEFT = "When every job is claimed, claim returns None."
ALL = 8


def judge(pool: Pool, _: bool) -> str:
    with Trial(pool) as trial:
        actor = trial.process("A")
        jobs = trial.jobs(ALL)
        for job in jobs[:5]:
            actor.submit(job)
        for job in jobs[:2]:
            _claim(trial, actor, job)
        for job in jobs[5:]:
            actor.submit(job)
        with Trial(pool) as elsewhere:  # on another path, it is another queue: an empty one
            elsewhere.process("A", actor.client).claim()
        for job in jobs[2:]:
            _claim(trial, actor, job)
        extra = actor.claim()
        if extra is not None:
            first = trial.history.given(extra.job)[0]
            raise trial.breach(NONE_LEFT, first, extra.event)
    return f"{ALL} jobs came out in the order in which they went in."


def _claim(trial: Trial, actor: Actor, job: str) -> ClaimHandle:
    held = actor.claim()
    submitted = next(it for it in trial.history.events if it.what == "submit" and it.job == job)
    if held is None or held.job != job:
        claimed = trial.history.events[-1]
        other = f"{held.job} first" if held else "nothing"
        raise trial.breach(
            RULE, submitted, claimed, f"{job} is the next in line, but A's claim returns {other}."
        )
    return held


FIFO = Property(
    "fifo",
    "First in, first out",
    "In which order does your claim's query look at the jobs? SQL promises none by itself.",
    judge,
)
