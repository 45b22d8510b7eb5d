"""Many bars as one path: it costs what a single bar costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import ArrayLike, NDArray

from rinq.charts.palette import FILL, HATCH, HATCH_INK, HATCH_WIDTH
from rinq.queue import Status

Boxes = NDArray[np.float64]
"""The four corners of each bar: of shape (bars, 4, 2), x and y of the axes' data."""


def boxes(left: ArrayLike, right: ArrayLike, bottom: ArrayLike, top: ArrayLike) -> Boxes:
    left, right, bottom, top = np.broadcast_arrays(left, right, bottom, top)
    corners = np.stack([left, bottom, right, bottom, right, top, left, top], axis=-1)
    return corners.reshape(-1, 4, 2).astype("float64")


def add_bars(ax: Axes, bars: Sequence[Boxes], **style: Any) -> None:
    """Draw them all in the same ``style``, that of a patch."""
    if bars and len(corners := np.concatenate(bars)):
        path = Path.make_compound_path_from_polys(corners)
        with mpl.rc_context({"hatch.color": HATCH_INK, "hatch.linewidth": HATCH_WIDTH}):
            ax.add_artist(PathPatch(path, clip_on=False, **({"linewidth": 0} | style)))


def status_style(status: Status) -> dict[str, Any]:
    """The fill and the pattern of a status, as the style of a patch."""
    return {"facecolor": FILL[status], "hatch": HATCH[status] or None}
