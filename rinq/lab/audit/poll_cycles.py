"""Which completed poll cycles of a role prove that it polled after a given moment."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rinq.queue import PersistentQ, ProcessEvent, Role


@dataclass(frozen=True, slots=True)
class PollCycle:
    """The last completed poll cycle of a process, in queue seconds."""

    process: str
    began: float
    ended: float

    def __str__(self) -> str:
        return f"the poll cycle of {self.process} from {self.began:.3f} to {self.ended:.3f}"


def trusted_cycles(queue: PersistentQ, role: Role) -> list[PollCycle]:
    """The last cycle of each process of a role, without those whose times prove nothing.

    Where the clock was set back, moments before and after that have the same times, so a
    cycle in that span may have come earlier than its times say. A cycle that ended before it
    began, or ends later than now, was timed by such a clock too, one that recorded no event.
    """
    now = queue.clock.now()
    ambiguous = list(_set_back(queue.registry.process_events()))
    return [
        cycle
        for row in queue.registry.processes()
        if row.role == role and row.cycle_began is not None and row.cycle_ended is not None
        for cycle in [PollCycle(row.name, row.cycle_began, row.cycle_ended)]
        if cycle.began <= cycle.ended <= now
        and not any(cycle.ended > low and cycle.began <= high for low, high in ambiguous)
    ]


def first_after(cycles: Iterable[PollCycle], moment: float) -> PollCycle | None:
    """A cycle that began later than this moment."""
    return next((cycle for cycle in cycles if cycle.began > moment), None)


def _set_back(events: Iterable[ProcessEvent]) -> Iterable[tuple[float, float]]:
    """The spans of queue time that came twice, from the process events of the clock."""
    for event in events:
        if event.event == "clock":
            try:
                shift = float((event.detail or "").split()[0])
            except (IndexError, ValueError):
                shift = -math.inf
            if shift < 0:
                yield event.at, event.at - shift
        elif event.event == "clock behind":  # by how much it went back, nobody knows
            yield event.at, math.inf
