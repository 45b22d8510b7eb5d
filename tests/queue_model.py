"""The queue in plain Python: what each verb does, written down a second time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rinq.errors import IllegalMove, InvalidName, NameUsed, StaleClaim, UnknownJob


@dataclass
class ModelJob:
    name: str
    status: str = "unprocessed"
    attempt: int = 0
    tries: int = 0
    reassigns: int = 0
    process: str | None = None
    lease_until: float | None = None
    due: float = 0.0
    queued: int = 0  # when it last came in, as a place in the history
    ended: dict = field(default_factory=dict)  # attempt -> the act that ended it, where it led


class Model:
    """A queue in memory, with the verbs of the real one.

    They raise the same classes and return the same, but names for jobs, and a name,
    attempt and process for a claim.

    Args:
        now: Unix time at its beginning.
    """

    def __init__(self, now):
        self.jobs = {}
        self.history = []  # (number, event, name, from, to, attempt, …, at)
        self.real = self.base_real = self.base_queue = now
        self.speed = 1

    def now(self):
        reckoned = self.base_queue + (self.real - self.base_real) * self.speed
        return max(reckoned, self.history[-1][-1]) if self.history else reckoned

    def set_speed(self, speed):
        self.base_queue, self.base_real, self.speed = self.now(), self.real, speed

    def shift(self, seconds):
        self.base_queue += seconds
        self.set_speed(self.speed)

    def submit(self, name, process, *, delay=0.0):
        self.submit_many([name], process, delay=delay)
        return name

    def submit_many(self, names, process, *, delay=0.0):
        if not all(re.fullmatch("[A-Za-z0-9_-]{10}", name) for name in names):
            raise InvalidName
        if len({*names} - {*self.jobs}) < len(names):
            raise NameUsed
        for name in names:
            self.jobs[name] = ModelJob(name)
            self._wait_from(self.jobs[name], self.now() + delay)
            self._tell("submit", name, None, actor=process, process=None)
        return len(names)

    def claim(self, process, lease):
        waiting = [job for job in self.jobs.values() if job.status == "unprocessed"]
        due = [job for job in waiting if job.due <= self.now()]
        if not due:
            return None
        job = min(due, key=lambda job: (job.due, job.queued))
        job.status, job.process, job.lease_until = "processing", process, self.now() + lease
        job.attempt += 1
        self._tell("claim", job.name, "unprocessed", actor=process, process=process)
        return job.name, job.attempt, process

    def complete(self, claim):
        self._settle(claim, "complete", lambda _: ("complete", "processed", None))

    def complete_and_claim(self, claim, lease):
        ended = self.jobs[claim.name].ended
        if claim.attempt not in ended:
            self.complete(claim)
            found = self.claim(claim.process, lease)
            ended[claim.attempt] = "complete", "processed", found
            return found
        self.complete(claim)
        found = ended[claim.attempt][2]
        held = found and self.jobs[found[0]]
        return found if held and (held.status, held.attempt) == ("processing", found[1]) else None

    def fail(self, claim, _error, n_tries, *, delay=0.0):
        def count(job):
            job.tries += 1
            if job.tries >= n_tries:
                return "fail", "failed", n_tries
            return "retry", "unprocessed", n_tries

        return self._settle(claim, "fail", count, delay)

    def release(self, claim):
        self._settle(claim, "release", lambda _: ("release", "unprocessed", None))

    def renew(self, claim, lease):
        job = self._held(claim)
        job.lease_until = max(job.lease_until, self.now() + lease)

    def reassign(self, process, n_reassigns):
        now = self.now()
        late = [j for j in self.jobs.values() if j.status == "processing" and j.lease_until < now]
        late.sort(key=lambda job: job.lease_until)  # stable: then by age
        for job in late:
            holder = job.process
            job.reassigns += 1
            self._leave(job, "failed" if job.reassigns >= n_reassigns else "unprocessed")
            who = {"actor": process, "process": holder}
            self._tell("reassign", job.name, "processing", **who, judged_by_limit=n_reassigns)
        return [job.name for job in late]

    def cancel(self, name, process, _reason):
        job = self._in_status(name, process, "unprocessed", "processing")
        origin, holder = job.status, job.process
        self._leave(job, "failed")
        self._tell("cancel", name, origin, actor=process, process=holder)
        return name

    def clean(self, name, process):
        self._in_status(name, process, "failed").status = "cleaned"
        self._tell("clean", name, "failed", actor=process, process=None)
        return name

    def redrive(self, name, process):
        job = self._in_status(name, process, "failed")
        job.tries = job.reassigns = 0
        self._leave(job, "unprocessed")
        self._tell("redrive", name, "failed", actor=process, process=None)
        return name

    def _settle(self, claim, act, decide, delay=0.0):
        job = self.jobs[claim.name]
        made, led_to, _ = job.ended.get(claim.attempt, (None, None, None))
        if made == act:
            return led_to
        job = self._held(claim)
        event, target, judged_by_limit = decide(job)
        self._leave(job, target, delay)
        job.ended[claim.attempt] = act, target, None
        who = {"actor": claim.process, "process": claim.process}
        self._tell(event, claim.name, "processing", **who, judged_by_limit=judged_by_limit)
        return target

    def _held(self, claim):
        job = self.jobs[claim.name]
        if job.status != "processing" or job.attempt != claim.attempt:
            self._refuse(job, claim.attempt, claim.process, claim.process)
            raise StaleClaim
        return job

    def _in_status(self, name, process, *statuses):
        if name not in self.jobs:
            raise UnknownJob
        job = self.jobs[name]
        if job.status not in statuses:
            self._refuse(job, job.attempt, process, job.process)
            raise IllegalMove
        return job

    def _leave(self, job, status, delay=0.0):
        job.status, job.process, job.lease_until = status, None, None
        if status == "unprocessed":
            self._wait_from(job, self.now() + delay)

    def _wait_from(self, job, due):
        job.due, job.queued = due, len(self.history)

    def _refuse(self, job, attempt, actor, process):
        row = ("refused", job.name, job.status, job.status, attempt, actor, process, None)
        self._record(row)

    def _tell(self, event, name, origin, *, actor, process, judged_by_limit=None):
        job = self.jobs[name]
        self._record(
            (event, name, origin, job.status, job.attempt, actor, process, judged_by_limit)
        )

    def _record(self, row):
        number = 1 + sum(name == row[1] for _, _, name, *_ in self.history)
        self.history.append((number, *row, self.now()))
