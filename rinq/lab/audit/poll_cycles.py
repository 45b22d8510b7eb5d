"""Which completed turns of a role prove that it looked after a given moment."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rinq.queue import PersistentQ, ProcessEvent, Role


@dataclass(frozen=True, slots=True)
class PollCycle:
    """The last completed turn of a process, in queue seconds."""

    process: str
    began: float
    ended: float

    def __str__(self) -> str:
        return f"the turn of {self.process} from {self.began:.3f} to {self.ended:.3f}"


def trusted_cycles(queue: PersistentQ, role: Role) -> list[PollCycle]:
    """The last turn of each process of a role, without those whose times prove nothing.

    Where the clock was set back, moments before it and after it bear the same times, so a
    turn in that span may have come before what its times say. A turn that ended before it
    began, or has not ended by now, was timed by such a clock too, one that left no mark.
    """
    now = queue.clock.now()
    ambiguous = list(_set_back(queue.registry.process_events()))
    return [
        turn
        for row in queue.registry.processes()
        if row.role == role and row.cycle_began is not None and row.cycle_ended is not None
        for turn in [PollCycle(row.name, row.cycle_began, row.cycle_ended)]
        if turn.began <= turn.ended <= now
        and not any(turn.ended > low and turn.began <= high for low, high in ambiguous)
    ]


def first_after(turns: Iterable[PollCycle], moment: float) -> PollCycle | None:
    """A turn that began later than this moment."""
    return next((turn for turn in turns if turn.began > moment), None)


def _set_back(marks: Iterable[ProcessEvent]) -> Iterable[tuple[float, float]]:
    """The spans of queue time that were lived through twice, from the marks of the clock."""
    for mark in marks:
        if mark.event == "clock":
            try:
                shift = float((mark.detail or "").split()[0])
            except (IndexError, ValueError):
                shift = -math.inf
            if shift < 0:
                yield mark.at, mark.at - shift
