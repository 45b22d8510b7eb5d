"""Jobs by status: what the chart draws and says, read from its Axes."""

from __future__ import annotations

import pytest
import stories
from drawn import texts
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from rinq.charts import drawing, palette, status
from rinq.charts.view import View
from rinq.metrics import frames as metrics
from rinq.queue import Status

VIEW = View(1000.0, 60.0)


def counts(moves):
    """Of transitions of one job each, as (at, event, from, to)."""
    rows = [(i, event, *change, at, "x", "x", 1) for i, (at, event, *change) in enumerate(moves)]
    return metrics.status_counts(stories.transitions(rows))


def submits(*times):
    return [(at, "submit", None, "unprocessed") for at in times]


def drawn(moves, view=VIEW):
    return status.jobs_by_status(drawing.new_figure().axes[0], counts(moves), view)


def bands(ax):
    """Each band's steps as {status: (edges, heights)}, by its fill."""
    names = {colour.lower(): name for name, colour in palette.FILL.items()}
    found = {}
    for patch in ax.patches:
        if isinstance(patch, StepPatch) and patch.get_fill():
            top, edges, base = patch.get_data()
            found[names[to_hex(patch.get_facecolor())]] = (edges, top - base)
    return found


def test_bands_are_the_counts_at_each_moment():
    ax = drawn([*submits(945, 970), (990, "claim", "unprocessed", "processing")])
    found = bands(ax)
    assert set(found) == {Status.UNPROCESSED, Status.PROCESSING}
    edges, waiting = found[Status.UNPROCESSED]
    assert (edges[0], edges[-1]) == (-60, 0)
    assert len(edges) <= status.STEPS + 2
    at = {second: waiting[(edges[:-1] <= second).sum() - 1] for second in (-58, -40, -20, -5)}
    assert at == {-58: 0, -40: 1, -20: 2, -5: 1}
    assert found[Status.PROCESSING][1][-1] == 1
    assert {"1 unprocessed", "1 processing"} <= set(texts(ax))


def test_what_was_settled_before_the_window_is_not_drawn_but_its_number_is_given():
    settle = [
        (910, "complete", "processing", "processed"),
        (920, "clean", "failed", "cleaned"),
        (980, "complete", "processing", "processed"),
        (985, "fail", "processing", "failed"),
    ]
    held = [(900, "illegal", None, s) for s in ("processing", "processing", "processing", "failed")]
    ax = drawn([*held, *settle])
    assert "2 settled earlier, not drawn" in texts(ax)
    assert {"1 processed", "1 failed"} <= set(texts(ax))
    assert Status.CLEANED not in bands(ax)
    assert ax.get_label() == (
        "Jobs by status, last 60 s: 0 unprocessed, 0 processing, 2 processed, 1 failed, 1 cleaned."
    )


def test_steps_do_not_move_with_the_window():
    moves = submits(950, 960, 970)
    before, after = (
        {round(edge + now, 6) for edge in bands(drawn(moves, View(now, 60.0)))["unprocessed"][0]}
        for now in (1000.0, 1000.2)
    )
    assert len(before & after) >= status.STEPS - 1


def test_an_empty_queue_says_what_to_do():
    ax = drawn([])
    assert "No jobs yet.\nStart a producer: its jobs appear here." in texts(ax)
    assert not bands(ax)


@pytest.mark.parametrize(
    ("whole_run", "names"),
    [
        (False, [*(f"\N{MINUS SIGN}{n} min" for n in (20, 15, 10, 5)), "now"]),
        (True, ["0 s", "5 min", "10 min", "15 min", "now"]),
    ],
)
def test_the_time_axis_depends_on_the_window_alone(whole_run, names):
    ax = drawn(submits(990), View(4000.0, 1200.0, whole_run))
    assert [text for text in texts(ax) if text in names] == names
    assert ax.get_xlim() == (-1200, 0)


def test_a_chart_draws_on_any_axes_and_returns_them():
    ax = Figure((8, 3)).subplots()
    assert status.jobs_by_status(ax, counts(submits(990)), VIEW) is ax
    ax.figure.canvas.draw()
