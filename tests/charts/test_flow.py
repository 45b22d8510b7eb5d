"""The flow of jobs: what stands at the edges, and how wide they are."""

from __future__ import annotations

import pytest
import stories
from drawn import texts
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch

from rinq.charts import drawing, flow
from rinq.charts.palette import DARK, LIGHT, variable
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


def drawn(made=MADE, counts=None, window=60.0, inks=LIGHT):
    table = moves.moves(stories.transitions([]), now=0.0, window=window)
    for (event, status), (total, recent) in made.items():
        these = table["event"].eq(event)
        these &= table["to_status"].isna() if status is None else table["to_status"].eq(status)
        table.loc[these, ["total", "recent"]] = total, recent
        table.loc[these, "rate"] = recent / window
    counts = dict.fromkeys(Status, 0) | (counts or {})
    ax = drawing.sheet(inks, (520, 260), (0, 0, 0, 0)).axes[0]
    return flow.flow_of_jobs(ax, table, counts, window=window, inks=inks)


def widths(ax):
    """The width and the ink of each edge that is an arrow, in their order."""
    lines = [p for p in ax.patches if isinstance(p, PathPatch) and not p.get_fill()]
    return {
        edge.name: (line.get_linewidth(), to_hex(line.get_edgecolor()))
        for edge, line in zip(flow.EDGES.values(), lines, strict=False)
    }


def test_an_edge_tells_its_rate_in_the_window_and_its_total():
    said = texts(drawn())
    assert {"submit\n0.87/s \N{MIDDLE DOT} 84", "claim\n0.90/s \N{MIDDLE DOT} 97"} <= set(said)
    assert "taken back\n1.0/min \N{MIDDLE DOT} 2" in said
    assert "moves in the last 60 s \N{MIDDLE DOT} total" in said
    tight = {("claim", "processing"): (113_000, 6000)}  # no room for spaces between two boxes
    assert "claim\n100/s\N{MIDDLE DOT}113k" in texts(drawn(tight))
    tighter = {("claim", "processing"): (1482, 20)}
    assert "claim\n0.33/s\n1,482" in texts(drawn(tighter))


def test_fails_of_the_manager_are_among_the_fails():
    assert "fail\n3.0/min \N{MIDDLE DOT} 4 (1 by manager)" in texts(drawn())


def test_the_fastest_edge_is_the_widest_and_one_never_made_is_thin_and_grey_and_bare():
    ax = drawn()
    found = widths(ax)
    assert found["claim"] == (pytest.approx(5.5), LIGHT[Status.PROCESSING])
    assert found["submit"][0] == pytest.approx(1.2 + 4.3 * (52 / 54) ** 0.5)
    assert found["redrive"] == (0.9, LIGHT["unused"])
    assert {"retry", "redrive", "clean", "refused"} <= set(texts(ax))


def test_a_move_that_was_made_before_the_window_keeps_its_ink():
    found = widths(drawn({("redrive", "unprocessed"): (1, 0)}))
    assert found["redrive"] == (1.2, LIGHT[Status.UNPROCESSED])


def test_hand_backs_share_the_edge_of_what_was_taken_back():
    back = {("release", "unprocessed"): (3, 3)}
    ax = drawn(MADE | back)
    assert "taken back 1.0/min \N{MIDDLE DOT} 2\nhanded back 3.0/min \N{MIDDLE DOT} 3" in texts(ax)
    alone = drawn(back)
    assert "taken back\nhanded back 3.0/min \N{MIDDLE DOT} 3" in texts(alone)
    assert widths(alone)["taken back"][0] > 0.9


def test_refusals_and_changes_by_hand_are_told():
    said = texts(drawn({("refused", None): (15, 2), ("illegal", None): (1, 0)}))
    assert {"refused 15", "changed by hand 1"} <= set(said)


def test_boxes_hold_the_counts_and_the_label_says_all():
    ax = drawn(counts={Status.PROCESSED: 102_345, Status.FAILED: 1})
    assert {"102k", "1", "processed", "cleaned"} <= set(texts(ax))
    assert ax.get_label() == (
        "Flow of jobs: 0 unprocessed, 0 processing, 102,345 processed, 1 failed, 0 cleaned, "
        "submit 84, claim 97, complete 61, taken back 2, fail 4."
    )


def test_before_anything_ran_the_whole_machine_is_to_be_seen():
    ax = drawn({})
    assert {edge.name for edge in flow.EDGES.values()} | {"refused"} <= set(texts(ax))
    assert {width for width, _ in widths(ax).values()} == {0.9}
    assert {status.value for status in Status} <= set(texts(ax))


def test_every_move_has_an_edge_or_a_word():
    assert set(flow.EDGES) | set(flow.OTHERS) == set(Event)


def test_the_dark_theme_has_its_own_inks():
    assert widths(drawn(inks=DARK))["claim"][1] == DARK[Status.PROCESSING].lower()
    assert variable("unused") == "--q-unused"
