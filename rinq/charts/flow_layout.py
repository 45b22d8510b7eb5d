"""Where the statuses and the moves of the flow chart stand. Every size is in px, with y up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rinq.queue import Event, Status

Point = tuple[float, float]  # in a plane of drawing.SIZE
BOX = (98, 46)
CENTRES: Mapping[Status, Point] = {
    Status.UNPROCESSED: (120, 144),
    Status.PROCESSING: (290, 144),
    Status.PROCESSED: (460, 144),
    Status.FAILED: (290, 44),
    Status.CLEANED: (460, 44),
}
DASH, DASH_DOT, DOTS, LONG = (0, (4, 1.6)), (0, (5, 1.4, 1, 1.4)), (0, (1, 2)), (0, (7, 2))


@dataclass(frozen=True)
class Edge:
    """How a move is drawn: its path (a curve's has two control points), ink and dashes, where
    its label stands and how that is aligned."""

    path: tuple[Point, ...]
    ink: str
    label: Point
    align: str = "center"
    dashes: Any = "-"
    curved: bool = False

    @property
    def tight(self) -> bool:
        """Whether the label stands between two boxes."""
        return not self.curved and self.align == "center"


EDGES: Mapping[Event, Edge] = {
    Event.SUBMIT: Edge(((8, 144), (71, 144)), Status.UNPROCESSED, (36, 160)),
    Event.CLAIM: Edge(((169, 144), (241, 144)), Status.PROCESSING, (204, 160)),
    Event.COMPLETE: Edge(((339, 144), (411, 144)), Status.PROCESSED, (374, 160)),
    Event.RETRY: Edge(
        ((312, 167), (295, 218), (160, 218), (140, 167)),
        Status.UNPROCESSED,
        (226, 215),
        dashes=DASH,
        curved=True,
    ),
    Event.REASSIGN: Edge(
        ((268, 121), (250, 76), (160, 76), (146, 121)),
        Status.UNPROCESSED,
        (206, 73),
        dashes=DASH_DOT,
        curved=True,
    ),
    Event.FAIL: Edge(((290, 121), (290, 67)), Status.FAILED, (298, 92), "left"),
    Event.CLEAN: Edge(((339, 44), (411, 44)), Status.CLEANED, (374, 60)),
    Event.REDRIVE: Edge(
        ((241, 44), (94, 44), (94, 121)),
        Status.UNPROCESSED,
        (166, 28),
        dashes=LONG,
    ),
}
TWO_MOVES: Point = (166, 73)  # where the label of taken back has room if handed back shares it
