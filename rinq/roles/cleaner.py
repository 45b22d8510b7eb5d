"""The Cleaner: deletes what failed, and finishes what a crash left half done."""

from __future__ import annotations

from typing import Any

from rinq.errors import FilesUnavailable, IllegalMove, UnknownJob
from rinq.faults import failpoint
from rinq.queue import Job, Status
from rinq.roles.interface import PersistentQInterface

BATCH = 50  # jobs a step, so that no step is long


class Cleaner(PersistentQInterface):
    """Marks failed jobs ``cleaned`` and deletes their files every ``cleaner.interval`` seconds."""

    role = "cleaner"
    _after = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._found: set[str] = set()
        self._reported: set[str] = set()

    def step(self) -> float:
        self.files.check()  # a job whose files cannot be seen is not cleaned
        failed = self.queue.jobs(Status.FAILED, after=self._after, limit=BATCH)
        for job in failed:
            self._clean(job)
            self._after = job.id
        if len(failed) == BATCH:
            return 0.0
        self._after = 0
        self._finish()
        for problem in sorted(self._found - self._reported):
            self.log.warning("%s", problem)
        self._reported, self._found = self._found, set()
        return self.end_cycle()

    def draw_wait(self) -> float:
        return self.config.cleaner.interval

    def _clean(self, job: Job) -> None:
        try:
            _, problems = self._follow(job.name)
            if problems:
                self._found.update(problems)  # and the job stays failed
                return
            failpoint("renamed")
            self.queue.clean(job.name, self.name)
            failpoint("cleaned")
            self.follow(job.name)
        except (IllegalMove, UnknownJob) as error:
            self.log.info("%s", error.detail)  # redriven, or cleaned by another Cleaner
        except FilesUnavailable as error:  # which must not hold up the other jobs
            self._found.add(str(error))
        else:
            self.log.info("cleaned %s", job.name)

    def _finish(self) -> None:
        """Let the files follow where a crash came between a move and its file work."""
        for name, file in self.files.half_done():
            try:
                _, problems = self._follow(name)
                self._found.update(problems)
            except UnknownJob:
                self._found.add(f"{file} belongs to no job and was left alone")
            except FilesUnavailable as error:
                self._found.add(str(error))
