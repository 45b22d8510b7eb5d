"""What the charts have in common."""

from __future__ import annotations

import itertools

import pytest

from rinq.charts import drawing


@pytest.mark.parametrize("wanted", [[0, 1, 2], [5, 5, 5], [99, 100, 100], [50], []])
def test_names_at_the_edge_are_pushed_apart_and_stay_in_order(wanted):
    placed = drawing.spread(wanted, 14, 100)
    assert len(placed) == len(wanted)
    assert all(b - a >= 14 for a, b in itertools.pairwise(placed))
    assert max(placed, default=0) <= 100
