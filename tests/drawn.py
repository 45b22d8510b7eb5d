"""What stands on the Axes of a chart, for the tests of the charts."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch


def texts(ax):
    return [text.get_text() for text in ax.texts]


def bars(ax, colour=None, hatch=None):
    """The bars of a fill (None: those without any): (left, right, bottom, top), rounded."""
    found = []
    for patch in ax.patches:
        alike = patch.get_fill() is (colour is not None) and len(patch.get_path().vertices) % 5 == 0
        if not isinstance(patch, PathPatch) or not alike:
            continue
        if colour and to_hex(patch.get_facecolor()) != colour.lower():
            continue
        if hatch is not None and (patch.get_hatch() or "") != hatch:
            continue
        corners = np.asarray(patch.get_path().vertices).reshape(-1, 5, 2)[:, :4]
        low, high = corners.min(axis=1), corners.max(axis=1)
        found += np.stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1]], axis=1).round(6).tolist()
    return found


def symbols(ax, marker, colour=None):
    """Where the symbols of a shape stand: (x, y), rounded."""
    return [
        (round(float(x), 6), round(float(y), 6))
        for line in ax.lines
        if line.get_marker() == marker and colour in (None, to_hex(line.get_color()))
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]
