"""The flow of jobs: what stands at the edges, and how wide they are."""

from __future__ import annotations

import pytest
import stories
from drawn import texts
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch

from rinq.charts import drawing, flow
from rinq.charts.flow_layout import EDGES
from rinq.charts.palette import DARK, LIGHT
from rinq.charts.view import View
from rinq.charts.words import EVENT_WORDS
from rinq.metrics import move_counts as moves
from rinq.queue import Event, Status

MADE = {
    ("submit", "unprocessed"): (84, 52),
    ("claim", "processing"): (97, 54),
    ("complete", "processed"): (61, 34),
    ("reassign", "unprocessed"): (2, 1),
    ("reassign", "failed"): (1, 0),
    ("fail", "failed"): (3, 3),
}


def drawn(made=MADE, counts=None, inks=LIGHT):
    table = moves.moves(stories.transitions([]), now=0.0, window=60.0)
    for (event, status), (total, recent) in made.items():
        these = table["event"].eq(event)
        these &= table["to_status"].isna() if status is None else table["to_status"].eq(status)
        table.loc[these, ["total", "recent"]] = total, recent
        table.loc[these, "rate"] = recent / 60.0
    counts = dict.fromkeys(Status, 0) | (counts or {})
    ax = drawing.new_figure(inks, drawing.SIZE, (0, 0, 0, 0)).axes[0]
    return flow.flow_of_jobs(ax, table, counts, View(0.0, 60.0, inks=inks))


def widths(ax):
    """The width and the ink of each edge that is an arrow, in their order."""
    lines = [p for p in ax.patches if isinstance(p, PathPatch) and not p.get_fill()]
    return {
        EVENT_WORDS[event]: (line.get_linewidth(), to_hex(line.get_edgecolor()))
        for event, line in zip(EDGES, lines, strict=False)
    }


DOT = "\N{MIDDLE DOT}"


@pytest.mark.parametrize(
    ("move", "made", "label"),
    [
        (("submit", "unprocessed"), (84, 52), f"submitted\n0.87/s {DOT} 84"),
        (("claim", "processing"), (97, 54), f"claimed\n0.90/s {DOT} 97"),
        (
            ("claim", "processing"),
            (113_000, 6000),
            f"claimed\n100/s{DOT}113k",
        ),
        (("claim", "processing"), (1482, 20), "claimed\n0.33/s\n1,482"),
        (("retry", "unprocessed"), (5, 3), f"retried 3.0/min {DOT} 5"),
        (("reassign", "unprocessed"), (2, 1), f"taken back\n1.0/min {DOT} 2"),
        (("refused", None), (15, 2), "refused 15"),
        (("illegal", None), (1, 0), "changed by hand 1"),
    ],
)
def test_an_edge_gives_its_rate_in_the_window_and_its_total_as_they_fit(move, made, label):
    said = texts(drawn({move: made}))
    assert label in said
    assert f"rate in the last 60 s {DOT} number in all" in said


def test_fails_of_the_manager_are_among_the_fails():
    assert f"failed\n3.0/min {DOT} 4 (1 by manager)" in texts(drawn())


def test_the_fastest_edge_is_the_widest_and_one_never_made_is_thin_and_grey_and_bare():
    ax = drawn()
    found = widths(ax)
    assert found["claimed"] == (pytest.approx(5.5), LIGHT[Status.PROCESSING])
    assert found["submitted"][0] == pytest.approx(1.2 + 4.3 * (52 / 54) ** 0.5)
    assert found["redriven"] == (0.9, LIGHT["unused"])
    assert {"retried", "redriven", "cleaned", "refused"} <= set(texts(ax))


def test_a_move_that_was_made_before_the_window_keeps_its_ink():
    found = widths(drawn({("redrive", "unprocessed"): (1, 0)}))
    assert found["redriven"] == (1.2, LIGHT[Status.UNPROCESSED])


def test_what_was_handed_back_shares_the_edge_of_what_was_taken_back():
    back = {("release", "unprocessed"): (3, 3)}
    ax = drawn(MADE | back)
    assert f"taken back 1.0/min {DOT} 2\nhanded back 3.0/min {DOT} 3" in texts(ax)
    alone = drawn(back)
    assert f"taken back\nhanded back 3.0/min {DOT} 3" in texts(alone)
    assert widths(alone)["taken back"][0] > 0.9


def test_what_was_cancelled_shares_the_edge_of_what_failed():
    cancelled = {("cancel", "failed"): (3, 3)}
    assert f"failed\n3.0/min {DOT} 4 (1 by manager)\ncancelled 3" in texts(drawn(MADE | cancelled))
    alone = drawn(cancelled)
    assert "failed\ncancelled 3" in texts(alone)
    assert widths(alone)["failed"][0] > 0.9


def test_boxes_hold_the_counts_and_the_label_says_all():
    ax = drawn(counts={Status.PROCESSED: 102_345, Status.FAILED: 1})
    assert {"102k", "1", "processed", "cleaned"} <= set(texts(ax))
    assert ax.get_label() == (
        "Flow of jobs: now 0 unprocessed, 0 processing, 102,345 processed, 1 failed, 0 cleaned; "
        "moves in all: submitted 84, claimed 97, completed 61, failed 4, taken back 2."
    )


def test_before_anything_ran_the_whole_state_machine_is_drawn():
    ax = drawn({})
    assert ax.get_label().endswith("moves in all: none.")
    assert {EVENT_WORDS[event] for event in EDGES} | {"refused"} <= set(texts(ax))
    assert {width for width, _ in widths(ax).values()} == {0.9}
    assert {status.value for status in Status} <= set(texts(ax))


def test_every_move_has_a_place():
    drawn_apart = {Event.RELEASE, Event.CANCEL, Event.REFUSED, Event.ILLEGAL}
    assert set(EDGES) | drawn_apart == set(Event)
    assert not set(EDGES) & drawn_apart


def test_the_dark_theme_has_its_own_inks():
    assert widths(drawn(inks=DARK))["claimed"][1] == DARK[Status.PROCESSING].lower()
