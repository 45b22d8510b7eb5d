"""Reads the state of a queue for the control room."""

from __future__ import annotations

import threading
import time

import pandas as pd

from rinq.charts.snapshot import take_snapshot
from rinq.errors import UnknownJob
from rinq.fleet.fleet import Fleet
from rinq.metrics.live_history import LiveHistory
from rinq.queue import Event, Job, PersistentQ, Transition
from rinq.room.state import HistoryRow, RoomState, ViewOptions, empty_state, queue_window

LISTED = 50  # rows of a list
SEARCHED = 300  # of the jobs that changed last, for those that fit the options
LOG_LINES = 200
PROBLEMS = (Event.RETRY, Event.FAIL, Event.REASSIGN, Event.REFUSED, Event.ILLEGAL)


class SnapshotReader:
    """Reads the queue of a fleet again and again. Reading changes nothing: it makes no database."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.history = LiveHistory()
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}

    def read(self, options: ViewOptions) -> RoomState:
        """Read the queue, in any thread. Raises: DatabaseError."""
        with self._lock:
            read_at = time.monotonic()
            config = self.fleet.config
            if not config.database.exists():
                self.history, self._names = LiveHistory(), {}
                return empty_state(options, config.general.speed, config)
            processes = self.fleet.processes()
            living = [p.name for p in processes if p.alive and p.row.role == "consumer"]
            with self.fleet.queue() as queue:
                speed = queue.clock.speed
                window = None if options.window is None else queue_window(options.window, speed)
                snapshot = take_snapshot(queue, self.history, window, living)
                _ = snapshot.attempts  # computed here, in this thread
                rows = self.history.transitions
                rows = rows[rows["event"].isin(PROBLEMS)] if options.only_problems else rows
                settings = queue.settings.read()
                paused = settings.pop("paused", False) is True
                chosen = options.job if options.jobs else None
                return RoomState(
                    processes,
                    snapshot,
                    speed,
                    read_at,
                    options,
                    config=config.overridden_where_possible(settings)[0],
                    paused=paused,
                    archived=queue.archive.count(),
                    history=self._named(queue, rows),
                    unlisted=max(0, int(rows["at"].gt(snapshot.now - speed).sum()) - LISTED),
                    log=self.fleet.tail(options.log, LOG_LINES) if options.log else (),
                    jobs=self._jobs(queue, options) if options.jobs else (),
                    job_history=_history_of(queue, chosen) if chosen else (),
                )

    def _jobs(self, queue: PersistentQ, options: ViewOptions) -> list[Job]:
        """The jobs that fit the options, the one that changed last first."""
        latest = self.history.transitions["job_id"].iloc[::-1].drop_duplicates()
        jobs: list[Job] = []
        for job_id in latest.iloc[:SEARCHED].tolist():
            job = _job(queue, job_id)
            if job is None or options.status not in (None, job.status):
                continue
            if options.contains in job.name and len(jobs) < LISTED:
                jobs.append(job)
        return jobs

    def _named(self, queue: PersistentQ, rows: pd.DataFrame) -> list[HistoryRow]:
        """The newest of these transitions, newest first, each with the name of its job."""
        newest = rows.iloc[: -LISTED - 1 : -1].astype("object")
        found = [Transition(*row) for row in newest.where(newest.notna(), None).to_numpy().tolist()]
        known, self._names = self._names, {}
        for job_id in {transition.job_id for transition in found}:
            job = None if job_id in known else _job(queue, job_id)
            self._names[job_id] = job.name if job else known.get(job_id, "?")
        return [HistoryRow(self._names[transition.job_id], transition) for transition in found]


def _job(queue: PersistentQ, job_id: int) -> Job | None:
    """The job of this id; None once it was deleted."""
    try:
        return queue.job_by_id(job_id)
    except UnknownJob:
        return None


def _history_of(queue: PersistentQ, name: str) -> list[HistoryRow]:
    try:
        return [HistoryRow(name, move) for move in reversed(queue.history.of(name))]
    except UnknownJob:
        return []
