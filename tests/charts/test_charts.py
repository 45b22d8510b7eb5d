"""What the charts draw and say, read from their axes; and that inks and hatches keep their word."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import stories
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from rinq.charts import charts, drawing, palette
from rinq.metrics import frames as metrics
from rinq.queue import Status

NOW = 1000.0


def history(*moves):
    """Transitions of one job each, as (at, event, from, to)."""
    rows = [
        (i, event, *statuses, at, "x", "x", 1) for i, (at, event, *statuses) in enumerate(moves)
    ]
    return stories.transitions(rows)


def submits(*times):
    return [(at, "submit", None, "unprocessed") for at in times]


def by_status(moves, now=NOW, window=60.0, inks=palette.LIGHT):
    counts = metrics.status_counts(history(*moves))
    return charts.jobs_by_status(drawing.figure(inks)[1], counts, now=now, window=window, inks=inks)


def attempt_ends(moves, now=NOW, window=60.0, inks=palette.LIGHT):
    ends = metrics.attempt_ends(history(*moves), charts.bucket_edges(now, window))
    ax = drawing.figure(inks)[1]
    return charts.how_attempts_end(ax, ends, now=now, window=window, inks=inks)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def bands(ax):
    """Each band's steps as {status: (edges, heights)}, by its fill."""
    status = {colour.lower(): name for name, colour in palette.FILL.items()}
    found = {}
    for patch in ax.patches:
        if isinstance(patch, StepPatch) and patch.get_fill():
            top, edges, base = patch.get_data()
            found[status[to_hex(patch.get_facecolor())]] = (edges, top - base)
    return found


def test_bands_are_the_counts_at_each_moment():
    moves = [*submits(945, 970), (990, "claim", "unprocessed", "processing")]
    ax = by_status(moves)
    drawn = bands(ax)
    assert set(drawn) == {Status.UNPROCESSED, Status.PROCESSING}
    edges, waiting = drawn[Status.UNPROCESSED]
    assert (edges[0], edges[-1]) == (-60, 0)
    assert len(edges) <= charts.POINTS + 2
    at = {second: waiting[(edges[:-1] <= second).sum() - 1] for second in (-58, -40, -20, -5)}
    assert at == {-58: 0, -40: 1, -20: 2, -5: 1}
    assert drawn[Status.PROCESSING][1][-1] == 1
    assert {"1 unprocessed", "1 processing"} <= set(texts(ax))


def test_what_was_settled_before_the_window_is_not_drawn_but_told():
    settle = [
        (910, "complete", "processing", "processed"),
        (920, "clean", "failed", "cleaned"),
        (980, "complete", "processing", "processed"),
        (985, "fail", "processing", "failed"),
    ]
    held = [(900, "illegal", None, s) for s in ("processing", "processing", "processing", "failed")]
    ax = by_status([*held, *settle])
    assert "2 settled earlier, not drawn" in texts(ax)
    assert {"1 processed", "1 failed"} <= set(texts(ax))
    assert Status.CLEANED not in bands(ax)
    assert ax.get_label() == (
        "Jobs by status, last 60 s: 0 unprocessed, 0 processing, 2 processed, 1 failed, 1 cleaned."
    )


def test_steps_stand_still_while_the_window_moves():
    moves = submits(950, 960, 970)
    edges = [
        {round(e + now, 6) for e in bands(by_status(moves, now))[Status.UNPROCESSED][0]}
        for now in (1000.0, 1000.2)
    ]
    assert len(edges[0] & edges[1]) >= charts.POINTS - 1


def test_an_empty_queue_says_what_to_do():
    ax = by_status([])
    assert "No jobs yet.\nStart a producer: its jobs appear here." in texts(ax)
    assert not bands(ax)
    ax = attempt_ends(submits(990))
    assert "No attempt has ended yet." in texts(ax)
    assert not ax.lines
    assert ax.get_label() == "How attempts end: no attempt has ended yet."


def ended(at, event):
    to = {"complete": "processed", "fail": "failed"}.get(event, "unprocessed")
    return (at, event, "processing", to)


def test_lines_are_the_shares_of_whole_buckets_with_gaps_where_nothing_ended():
    moves = [ended(952, "complete"), ended(955, "retry"), ended(972, "fail"), ended(1004, "retry")]
    ax = attempt_ends(moves, now=1005.0)
    lines = dict(zip([name for _, name, *_ in charts.LINES], ax.lines, strict=True))
    assert lines["retry"].get_xdata().tolist() == [-50, -40, -30, -20, -10]
    retry = lines["retry"].get_ydata().tolist()
    assert (retry[0], retry[2]) == (0.5, 0)
    assert np.isnan([retry[1], *retry[3:]]).all()
    assert lines["failed"].get_ydata()[2] == 1
    assert "4 attempts ended" in texts(ax)
    assert {"retry 50%", "failed 25%", "taken back 0%"} <= set(texts(ax))
    assert ax.get_label() == (
        "How attempts end, last 60 s: of 4 attempts 25% completed, "
        "50% retry, 0% taken back, 25% failed."
    )


@pytest.mark.parametrize("now", [1000.0, 1003.7, 1009.999])
def test_buckets_fill_the_window_and_stand_still(now):
    edges = charts.bucket_edges(now, 60.0)
    assert edges[0] == now - 60
    assert edges[-1] > now
    assert edges == sorted(edges)
    assert all(edge % 10 == 0 for edge in edges[1:-1])
    whole = [a for a, b in itertools.pairwise(edges) if b - a == pytest.approx(10)]
    assert len(whole) >= charts.BUCKETS - 1


def test_the_time_axis_is_before_now_and_its_ticks_depend_on_the_window_alone():
    ax = by_status(submits(990), now=4000.0, window=1200.0)
    names = [*(f"\N{MINUS SIGN}{n} min" for n in (20, 15, 10, 5)), "now"]
    assert [text for text in texts(ax) if text in names] == names
    assert ax.get_xlim() == (-1200, 0)


def test_a_chart_draws_on_any_axes_and_returns_them():
    ax = Figure((8, 3)).subplots()
    counts = metrics.status_counts(history(*submits(990)))
    assert charts.jobs_by_status(ax, counts, now=NOW, window=60) is ax
    ax.figure.canvas.draw()


@pytest.mark.parametrize("wanted", [[0, 1, 2], [5, 5, 5], [99, 100, 100], [50], []])
def test_names_at_the_edge_are_pushed_apart_and_stay_in_order(wanted):
    placed = drawing.spread(wanted, 14, 100)
    assert len(placed) == len(wanted)
    assert all(b - a >= 14 for a, b in itertools.pairwise(placed))
    assert max(placed, default=0) <= 100


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


def test_neighbours_in_the_stack_are_told_apart_without_colour():
    for below, above in itertools.pairwise(charts.STACK):
        hatches = palette.HATCH[below] != palette.HATCH[above]
        assert hatches or contrast(palette.FILL[below], palette.FILL[above]) > 1.3


def test_both_themes_have_the_same_inks():
    assert set(palette.LIGHT) == set(palette.DARK) == set(palette.SENTINEL)
    assert len(set(palette.SENTINEL.values())) == len(palette.SENTINEL)
    assert re.fullmatch(r"(--q-\w+:#\w{6};?)+", palette.css(palette.DARK))
