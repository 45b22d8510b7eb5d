"""What the control room shows: the state of a queue as it was read, and what was asked for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rinq.charts import drawing
from rinq.charts.snapshot import Snapshot
from rinq.config import Config
from rinq.fleet import FleetProcess
from rinq.metrics import frames as metrics
from rinq.metrics.live_history import LiveHistory
from rinq.queue import Job, ProcessEvent, Status, Transition

WINDOW = 60.0  # real seconds that the charts show, unless another window is chosen
WINDOWS = (4, 8, 20, 40, 60, 120, 240, 300, 600, 1200, 2400, 3600, 7200, 14400, 28800, 57600)


@dataclass(frozen=True)
class ViewOptions:
    """What a person chose to see.

    Attributes:
        window: how many real seconds the charts show; None for the whole run.
        only_problems: list only the moves that are problems.
        log: the process whose log is read, if any.
        jobs: the list of jobs is open: those of ``status`` whose name contains ``contains``.
        job: the job whose history is read while that list is open, if any.
    """

    window: float | None = WINDOW
    only_problems: bool = False
    log: str | None = None
    jobs: bool = False
    status: Status | None = None
    contains: str = ""
    job: str | None = None


class HistoryRow(NamedTuple):
    """An entry of the history, with the name of its job."""

    job: str
    transition: Transition


@dataclass(frozen=True)
class RoomState:
    """The state of a queue as it was read at one moment.

    Attributes:
        read_at: monotonic time at which the reading began.
        options: what was asked for.
        config: the config with the live settings in place; None before one was read.
        history: the newest moves that fit the options, newest first.
        archived: how many jobs were taken out to an archive.
        unlisted: how many moves of the last real second are left out of ``history``.
        job_history: the moves of the chosen job, newest first.
    """

    processes: Sequence[FleetProcess]
    snapshot: Snapshot
    speed: float
    read_at: float
    options: ViewOptions = ViewOptions()
    config: Config | None = None
    paused: bool = False
    archived: int = 0
    history: Sequence[HistoryRow] = ()
    unlisted: int = 0
    log: Sequence[str] = ()
    jobs: Sequence[Job] = ()
    job_history: Sequence[HistoryRow] = ()

    @property
    def window(self) -> float:
        """Queue seconds that the charts show."""
        return self.snapshot.window

    @property
    def totals(self) -> dict[Status, int]:
        """How many jobs are in each status."""
        return self.snapshot.history.totals

    @property
    def totals_before(self) -> dict[Status, int]:
        """The same when the window began."""
        start = self.snapshot.now - self.window
        table = metrics.counts_at(self.snapshot.history.counts, [start])
        return {status: int(table[status.value].iloc[0]) for status in Status}

    @property
    def drawn_from(self) -> object:
        """Differs where the charts would: after a move, or once time moves them by a pixel."""
        shown = self.snapshot
        last = shown.history.last
        moving = last is not None and (shown.whole_run or last.at > shown.now - shown.window)
        pixel = shown.now // (shown.window / drawing.WIDTH) if moving else None
        events = (len(shown.process_events), tuple(shown.living))
        return last, None if shown.whole_run else shown.window, pixel, events

    def running(self, role: str | None = None) -> dict[str, str]:
        """The living processes, of one role or of all: name and role."""
        return {
            process.name: process.row.role
            for process in self.processes
            if process.alive and role in (None, process.row.role)
        }

    def summary(self) -> str:
        """12 jobs, 3 processes running."""
        return f"{sum(self.totals.values()):,} jobs, {len(self.running())} processes running"


def empty_state(
    options: ViewOptions = ViewOptions(), speed: float = 1.0, config: Config | None = None
) -> RoomState:
    """The state where there is no queue yet."""
    window = queue_window(WINDOW, speed)
    events = metrics.frame([], ProcessEvent)
    snapshot = Snapshot(LiveHistory(), events, [], 0.0, window)
    return RoomState([], snapshot, speed, time.monotonic(), options, config)


def queue_window(seconds: float, speed: float) -> float:
    """About so many real seconds, as queue seconds whose quarters are easily read."""
    return min(WINDOWS, key=lambda width: abs(float(np.log(width / (seconds * speed)))))
