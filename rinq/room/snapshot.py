"""What a look at the queue finds: all that the control room shows."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rinq.charts import drawing
from rinq.charts.snapshot import Snapshot, take_snapshot
from rinq.config import Config
from rinq.errors import ConfigError, UnknownJob
from rinq.fleet.fleet import Fleet, FleetProcess
from rinq.metrics import frames as metrics
from rinq.metrics.live_history import LiveHistory
from rinq.queue import Job, PersistentQ, ProcessEvent, Status, Transition
from rinq.room.history_html import NEWEST, Line, of_trouble

MOST_LOOKED_AT = 300  # of the jobs that changed last, for those that fit a filter
SHOWN = 60.0  # real seconds that the charts show, unless chosen otherwise
WINDOWS = (4, 8, 20, 40, 60, 120, 240, 300, 600, 1200, 2400, 3600, 7200, 14400, 28800, 57600)
LOG_LINES = 200


@dataclass(frozen=True)
class ViewOptions:
    """What is to be looked at: ``shown`` real seconds or None for the whole run; the feed's
    filter; the process whose log is read, if any. ``jobs`` of a ``status`` whose name ``contains``
    this, and the ``job`` whose history is read, if any."""

    shown: float | None = SHOWN
    trouble: bool = False
    log: str | None = None
    jobs: bool = False
    status: Status | None = None
    contains: str = ""
    job: str | None = None


@dataclass(frozen=True)
class RoomState:
    """What one look found. ``config`` has the live settings in place; ``began`` is monotonic."""

    processes: list[FleetProcess]
    look: Snapshot
    speed: float
    began: float
    config: Config | None = None
    paused: bool = False
    lines: Sequence[Line] = ()
    unseen: int = 0  # moves of the last real second that did not find room in lines
    log: Sequence[str] = ()
    jobs: Sequence[Job] = ()
    story: Sequence[Line] = ()

    @property
    def window(self) -> float:
        return self.look.window

    @property
    def key(self) -> object:
        """Changes with a move, and with the time as soon as what is shown moves by a pixel."""
        last = self.look.history.last
        moving = last is not None and (self.look.whole_run or last.at > self.look.now - self.window)
        pixel = self.look.now // (self.window / drawing.WIDTH) if moving else None
        marked = (len(self.look.process_events), tuple(self.look.living))
        return last, None if self.look.whole_run else self.window, pixel, marked

    def running(self, role: str | None = None) -> dict[str, str]:
        """The living processes, of one role or of all: name and role."""
        return {
            process.name: process.row.role
            for process in self.processes
            if process.alive and role in (None, process.row.role)
        }


def nothing(speed: float = 1.0, config: Config | None = None) -> RoomState:
    """What is seen where there is no queue yet."""
    look = Snapshot(
        LiveHistory(), metrics.frame([], ProcessEvent), [], 0.0, window_of(SHOWN, speed)
    )
    return RoomState([], look, speed, time.monotonic(), config)


class SnapshotReader:
    """The queue as last seen. Looking changes nothing: it makes no database."""

    def __init__(self) -> None:
        self.history = LiveHistory()
        self.lock = threading.Lock()
        self._names: dict[int, str] = {}

    def look(self, fleet: Fleet, wish: ViewOptions = ViewOptions()) -> RoomState:
        """Read the queue; in any thread. Raises: DatabaseError."""
        with self.lock:
            began = time.monotonic()
            if not fleet.config.database.exists():
                self.history, self._names = LiveHistory(), {}
                return nothing(fleet.config.general.speed, fleet.config)
            processes = fleet.processes()
            living = [p.name for p in processes if p.alive and p.row.role == "consumer"]
            with fleet.queue() as queue:
                speed = queue.clock.speed
                window = None if wish.shown is None else window_of(wish.shown, speed)
                look = take_snapshot(queue, self.history, window, living)
                _ = look.attempts  # here, in this thread
                rows = self.history.transitions
                rows = rows[of_trouble(rows)] if wish.trouble else rows
                settings = queue.settings.read()
                paused = settings.pop("paused", False) is True
                return RoomState(
                    processes,
                    look,
                    speed,
                    began,
                    _overridden(fleet.config, settings),
                    paused,
                    self._lines(queue, rows),
                    max(0, int(rows["at"].gt(look.now - speed).sum()) - NEWEST),
                    fleet.tail(wish.log, LOG_LINES) if wish.log else (),
                    self._jobs(queue, wish) if wish.jobs else (),
                    _story(queue, wish.job) if wish.jobs and wish.job else (),
                )

    def _jobs(self, queue: PersistentQ, wish: ViewOptions) -> list[Job]:
        """The jobs that fit, the one that changed last first."""
        latest = self.history.transitions["job_id"].iloc[::-1].drop_duplicates()
        jobs: list[Job] = []
        for job_id in latest.iloc[:MOST_LOOKED_AT].tolist():
            for job in queue.jobs(after=job_id - 1, limit=1):
                fits = job.id == job_id and wish.status in (None, job.status)
                if fits and wish.contains in job.name and len(jobs) < NEWEST:
                    jobs.append(job)
        return jobs

    def _lines(self, queue: PersistentQ, rows: pd.DataFrame) -> list[Line]:
        names: dict[int, str] = {}
        lines = []
        newest = rows.iloc[: -NEWEST - 1 : -1].astype("object")
        for row in newest.where(newest.notna(), None).to_numpy().tolist():
            move = Transition(*row)
            job_id = move.job_id
            if (name := names.get(job_id) or self._names.get(job_id)) is None:
                found = queue.jobs(after=job_id - 1, limit=1)
                name = found[0].name if found and found[0].id == job_id else "?"
            names[job_id] = name
            lines.append(Line(name, move))
        self._names = names
        return lines


def _story(queue: PersistentQ, name: str) -> list[Line]:
    try:
        return [Line(name, move) for move in reversed(queue.history.of(name))]
    except UnknownJob:
        return []


def before(look: Snapshot) -> dict[Status, int]:
    """The counts as they stood when the window began."""
    table = metrics.counts_at(look.history.counts, [look.now - look.window])
    return {status: int(table[status.value].iloc[0]) for status in Status}


def window_of(shown: float, speed: float) -> float:
    """About so many real seconds, as queue seconds whose quarters are easily read."""
    return min(WINDOWS, key=lambda width: abs(float(np.log(width / (shown * speed)))))


def _overridden(config: Config, settings: dict[str, object]) -> Config:
    try:
        return config.overridden(settings)
    except ConfigError:  # set by hand to what cannot be: processes ignore it too
        return config
