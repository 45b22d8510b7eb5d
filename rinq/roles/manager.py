"""The Manager: takes back jobs whose lease is over."""

from __future__ import annotations

from rinq.errors import FilesUnavailable, UnknownJob
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
                try:
                    self.follow(job.name)
                except UnknownJob:
                    pass  # deleted by hand just now
                except FilesUnavailable as error:  # which must not hold up the other jobs
                    self.log.warning("%s A cleaner will see to %s.", error, job.name)
        return self.end_cycle()

    def draw_wait(self) -> float:
        return self.config.manager.interval
