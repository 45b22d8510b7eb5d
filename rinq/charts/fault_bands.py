"""When faults acted, as light bands over a chart whose x axis is time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rinq.charts.bars import add_bars, boxes
from rinq.charts.drawing import EDGE, extent, note
from rinq.charts.view import View
from rinq.metrics.attempt_work import DEATHS, frozen, lasting
from rinq.queue import CLOCK_EVENTS

LETTER = 5.6  # px, of a name above a band
UNIT = 32  # px that the unit's name takes there
BESIDE = 60  # px right of the plot in which a name may end
LEAST = 1.5  # px, the width of a band
EDGE_HIGH = 3  # px: a band's upper edge, which no area hides
BAND, LINE = 0.14, 0.7  # opacity
WORDS = {"kill": "killed", "crash": "crashed"}


def fault_spans(process_events: pd.DataFrame, now: float) -> pd.DataFrame:
    """One row per fault: when it ``began`` and ``ended`` (queue seconds), and ``what`` it was.

    Kills, crashes and what happens to a clock end as they begin; a fault that still acts
    ends ``now``.

    Args:
        process_events: as from ``metrics.process_events``.
    """
    frozen_spans = frozen(process_events, now)
    locks = lasting(process_events, "lock", ("unlock",), now)
    rates = lasting(process_events, "rates", ("rates-over",), now)
    at_once = process_events[process_events["event"].isin([*DEATHS, *CLOCK_EVENTS])]
    words = at_once["event"].map(WORDS)
    who = at_once["process"].fillna("") + " " + words.fillna("")
    found = [
        frozen_spans.assign(what=frozen_spans["process"].astype("object") + " frozen"),
        locks.assign(what="database locked"),
        rates.assign(what="faults in jobs"),
        pd.DataFrame(
            {
                "began": at_once["at"],
                "ended": at_once["at"],
                "what": who.where(
                    words.notna(), at_once["event"] + " " + at_once["detail"].fillna("")
                ),
            }
        ),
    ]
    table = pd.concat([part[["began", "ended", "what"]] for part in found if len(part)] or found)
    table["ended"] = table[["began", "ended"]].max(axis=1)  # a clock may have been set back
    return table.sort_values("began", kind="stable", ignore_index=True)


def shade_faults(axes: Sequence[Axes], faults: pd.DataFrame, view: View) -> None:
    """Draw a band for each fault on Axes that share a time axis, and its name above the first.

    A name that does not fit above its band is left out. The label of the first Axes lists them all.

    Args:
        faults: as from ``fault_spans``.
    """
    shown = faults[faults["ended"].ge(view.start)]
    if shown.empty:
        return
    wide, _ = extent(axes[0])
    left = (view.x(shown["began"]) / view.window + 1).to_numpy()
    right = (view.x(shown["ended"]) / view.window + 1).to_numpy()
    brief = right - left < LEAST / wide
    right = np.where(brief, left + LEAST / wide, right)
    for ax in axes:
        edge = 1 + EDGE_HIGH / extent(ax)[1]
        bands = boxes(left, right, 0, 1)
        for drawn, alpha in (
            (bands[~brief], BAND),
            (bands[brief], LINE),
            (boxes(left, right, 1, edge), LINE),
        ):
            style = {"facecolor": view.inks["muted"], "alpha": alpha, "zorder": 3}
            add_bars(ax, [drawn], transform=ax.transAxes, **style)
    free = float(UNIT)
    for begin, end, what in zip(left * wide, right * wide, shown["what"], strict=True):
        x, room = max(begin, free), LETTER * len(what)
        if x <= end and x + room <= wide + BESIDE:
            note(axes[0], what, (x / wide, 1), (0, EDGE_HIGH + 2), view.inks["muted"], size=EDGE)
            free = x + room + 2 * LETTER
    numbers = Counter(shown["what"])
    listed = ", ".join(what if n == 1 else f"{what} {n} times" for what, n in numbers.items())
    axes[0].set_label(f"{axes[0].get_label()} Faults: {listed}.")
