"""A process of the fleet as it stands, found by its name."""

from __future__ import annotations

from dataclasses import dataclass

from rinq.errors import NotRunning
from rinq.queue import PersistentQ, ProcessRow, Status
from rinq.queue.liveness import ALIVE, State


@dataclass(frozen=True, slots=True)
class FleetProcess:
    """A process as it stands: its row, its state, and the job it holds, if any."""

    row: ProcessRow
    state: State
    job: str | None

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def alive(self) -> bool:
        return self.state in ALIVE


def find_row(queue: PersistentQ, name: str) -> ProcessRow | None:
    """The row of this name, or None."""
    return next((row for row in queue.registry.processes() if row.name == name), None)


def row_of(queue: PersistentQ, name: str) -> ProcessRow:
    """The row of this name. Raises: NotRunning: it was never started."""
    row = find_row(queue, name)
    if row is None:
        raise NotRunning(f"{name!r:.60} was never started")
    return row


def job_held_by(queue: PersistentQ, name: str) -> str | None:
    """The name of the job that a process holds, if any."""
    return next((job.name for job in queue.jobs(Status.PROCESSING) if job.process == name), None)
