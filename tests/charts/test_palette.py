"""Every ink can be read on its surface, and no status is known by its colour alone."""

from __future__ import annotations

import itertools
import re

import pytest
from matplotlib.colors import to_rgb

from rinq.charts import palette, status
from rinq.queue import Status


def luminance(colour):
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    high, low = sorted([luminance(one), luminance(other)], reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("inks", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", [*Status, "text", "muted"])
def test_every_ink_can_be_read_on_its_surface(inks, ink):
    assert contrast(inks[ink], inks["surface"]) >= 4.5


@pytest.mark.parametrize(("below", "above"), [*itertools.pairwise(status.STACK)])
def test_neighbours_in_the_stack_differ_without_colour(below, above):
    hatches = palette.HATCH[below] != palette.HATCH[above]
    assert hatches or contrast(palette.FILL[below], palette.FILL[above]) > 1.3


def test_both_themes_have_the_same_inks():
    assert set(palette.LIGHT) == set(palette.DARK) == set(palette.SENTINEL)
    assert len(set(palette.SENTINEL.values())) == len(palette.SENTINEL)
    assert re.fullmatch(r"(--q-\w+:#\w{6};?)+", palette.css(palette.DARK))
    assert palette.variable("unused") == "--q-unused"
