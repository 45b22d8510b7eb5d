"""The Manager: takes back jobs whose lease is over."""

from __future__ import annotations

import contextlib

from rinq.errors import UnknownJob
from rinq.faults import failpoint
from rinq.queue import Status
from rinq.roles.interface import PersistentQInterface


class Manager(PersistentQInterface):
    """Takes back claims whose lease is over, every ``manager.interval`` seconds."""

    role = "manager"

    def step(self) -> float:
        for job in self.queue.reassign(self.name, self.config.manager.n_reassigns):
            self.log.warning(
                "took back %s (reassign %d): now %s", job.name, job.reassigns, job.status
            )
            if job.status is Status.FAILED:
                failpoint("reassigned")
                with contextlib.suppress(UnknownJob):  # deleted by hand just now
                    self.follow(job.name)
        return self.end_cycle()

    def draw_wait(self) -> float:
        return self.config.manager.interval
