"""What was read from a queue at one moment, for the charts and the control room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from rinq.charts.fault_bands import fault_spans
from rinq.charts.lanes import lanes_of
from rinq.charts.palette import LIGHT, Inks
from rinq.charts.view import View
from rinq.metrics import attempt_work as attempts
from rinq.metrics import frames as metrics
from rinq.metrics import move_counts as moves
from rinq.metrics.live_history import LiveHistory
from rinq.queue import Job, PersistentQ, Status


@dataclass(frozen=True)
class Snapshot:
    """A queue at ``now``, with the last ``window`` of its history (both queue seconds).

    ``process_events`` are as from ``metrics.process_events``; ``held`` are the jobs that are
    processing; ``whole_run`` says that the window begins with the first entry; the consumers
    in ``living`` get a lane also if they did nothing.
    """

    history: LiveHistory
    process_events: pd.DataFrame
    held: Sequence[Job]
    now: float
    window: float
    whole_run: bool = False
    living: Collection[str] = ()

    def view(self, inks: Inks = LIGHT) -> View:
        return View(self.now, self.window, self.whole_run, inks)

    @cached_property
    def tally(self) -> pd.DataFrame:
        return moves.tally(self.history.tally)

    @cached_property
    def attempts(self) -> pd.DataFrame:
        return attempts.attempts(self.history.transitions, self.process_events, self.held)

    @cached_property
    def frozen_spans(self) -> pd.DataFrame:
        return attempts.frozen(self.process_events, self.now)

    @cached_property
    def faults(self) -> pd.DataFrame:
        return fault_spans(self.process_events, self.now)

    @cached_property
    def lanes(self) -> list[str]:
        return lanes_of(self.attempts, self.view(), self.living)


def take_snapshot(
    queue: PersistentQ, history: LiveHistory, window: float | None, living: Collection[str] = ()
) -> Snapshot:
    """Read what is new in the queue; in any thread.

    Args:
        history: what was read of this queue before; it is brought up to date.
        window: queue seconds; None for the whole run, or as much of it as the history keeps.
        living: consumers that run, by name.

    Raises:
        DatabaseError: the database cannot be read.
    """
    first = queue.history.transitions(limit=1)
    start = first[0].at if first else queue.clock.now()
    history.read(queue, start if window is None else queue.clock.now() - window)
    now = queue.clock.now()
    width = max(1.0, now - start) if window is None else window
    kept, whole_run = history.transitions, window is None
    if len(kept) and kept["id"].iloc[0] > 1:  # the history no longer has the first entries
        width = min(width, now - float(kept["at"].iloc[0]))
        whole_run = False
    held = queue.jobs(Status.PROCESSING)
    events = metrics.process_events(queue)
    return Snapshot(history, events, held, now, width, whole_run, living)
