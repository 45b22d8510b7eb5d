"""The queues of the gallery, and what the judge must find in each."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from rinq.judge.properties import PROPERTIES
from rinq.judge.verdict import Outcome

BROKEN = "rinq.judge.gallery.broken"


@dataclass(frozen=True)
class GalleryEntry:
    """``broken`` are the properties that its flaw breaks, first the one that its docstring names.

    ``unknown`` are those that cannot be judged because of that flaw.
    """

    target: str
    broken: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.target.partition(":")[2]

    @property
    def queue(self) -> type:
        """The class itself."""
        found: type = getattr(importlib.import_module(self.target.partition(":")[0]), self.name)
        return found

    @property
    def met_in(self) -> str:
        """The queues that people use in which this flaw was met, as its docstring says."""
        text = " ".join((self.queue.__doc__ or "").split())
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
    GalleryEntry("rinq.judge.gallery.reference:ReferenceQueue"),
    GalleryEntry("rinq.queue.sqlite:PersistentQSQLite"),
)
FLAWED = (
    GalleryEntry(f"{BROKEN}:SelectThenUpdateQueue", ("one-claim",)),
    GalleryEntry(
        f"{BROKEN}:DeleteAtDequeueQueue",
        # without a row, a fail cannot tell that the job was completed
        ("lapsed-claim", "finished"),
        # no job ever comes back from a holder that is gone
        ("stale-completion", "poison"),
    ),
    # the holder itself can fail what it has completed
    GalleryEntry(f"{BROKEN}:UnfencedQueue", ("stale-completion", "finished")),
    GalleryEntry(f"{BROKEN}:StatusFenceQueue", ("stale-completion",)),
    GalleryEntry(f"{BROKEN}:LeaseFromDueTimeQueue", ("live-claim",)),
    GalleryEntry(f"{BROKEN}:StaleRescueQueue", ("finished",)),
    # a new worker takes the job back by opening, which counts nothing
    GalleryEntry(f"{BROKEN}:ResetOnOpenQueue", ("live-claim", "poison")),
    GalleryEntry(f"{BROKEN}:UncountedRescueQueue", ("poison",)),
    GalleryEntry(f"{BROKEN}:UncountedRetryQueue", ("retries-end",)),
    GalleryEntry(f"{BROKEN}:StalledRescuerQueue", ("lapsed-claim",)),
    GalleryEntry(f"{BROKEN}:UnindexedQueue", ("cost",)),
)
GALLERY = RIGHT + FLAWED
