"""What stands in the gallery, and what the judge must say of it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from rinq.judge.properties import PROPERTIES
from rinq.judge.verdict import Outcome

HERE = "rinq.judge.gallery"


@dataclass(frozen=True)
class GalleryEntry:
    """``broken`` are the properties that its flaw breaks; the first is the one that names it.

    ``unknown`` are those that cannot be judged for that flaw.
    """

    target: str
    broken: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        return self.target.partition(":")[0]

    @property
    def name(self) -> str:
        return self.target.partition(":")[2]

    @property
    def met_in(self) -> str:
        """The queues that people use in which this flaw was met, as its module says."""
        text = importlib.import_module(self.module).__doc__ or ""
        return text.partition("Met in ")[2].partition(". Shown by ")[0]

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """What each property must come to."""
        return (
            {it.name: Outcome.HOLDS for it in PROPERTIES}
            | dict.fromkeys(self.broken, Outcome.BROKEN)
            | dict.fromkeys(self.unknown, Outcome.UNKNOWN)
            | {"power-loss": Outcome.NOT_ATTEMPTED}
        )


RIGHT = (
    GalleryEntry(f"{HERE}.reference:ReferenceQueue"),
    GalleryEntry("rinq.queue.sqlite:PersistentQSQLite"),
)
FLAWED = (
    GalleryEntry(f"{HERE}.select_then_update:SelectThenUpdateQueue", ("one-claim",)),
    GalleryEntry(
        f"{HERE}.delete_at_dequeue:DeleteAtDequeueQueue",
        # without a row, a fail cannot tell that the job was completed
        ("lapsed-claim", "finished"),
        # no job ever comes back from a holder that is gone
        ("stale-completion", "poison"),
    ),
    # the holder itself can fail what it has completed
    GalleryEntry(f"{HERE}.unfenced:UnfencedQueue", ("stale-completion", "finished")),
    GalleryEntry(f"{HERE}.status_fence:StatusFenceQueue", ("stale-completion",)),
    GalleryEntry(f"{HERE}.lease_from_due_time:LeaseFromDueTimeQueue", ("live-claim",)),
    GalleryEntry(f"{HERE}.stale_rescue:StaleRescueQueue", ("finished",)),
    # a new worker takes the job back by opening, which counts nothing
    GalleryEntry(f"{HERE}.reset_on_open:ResetOnOpenQueue", ("live-claim", "poison")),
    GalleryEntry(f"{HERE}.uncounted_rescue:UncountedRescueQueue", ("poison",)),
    GalleryEntry(f"{HERE}.uncounted_retry:UncountedRetryQueue", ("retries-end",)),
    GalleryEntry(f"{HERE}.stalled_rescuer:StalledRescuerQueue", ("lapsed-claim",)),
    GalleryEntry(f"{HERE}.unindexed:UnindexedQueue", ("cost",)),
)
GALLERY = RIGHT + FLAWED
