"""Attempts in lanes: a bar each, where it belongs, and what became of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import stories
from drawn import bars, marks, texts

from rinq.charts import drawing, lanes, timeline
from rinq.charts.palette import FILL, LIGHT
from rinq.metrics import attempt_work as attempts
from rinq.metrics import frames as metrics
from rinq.queue import ProcessEvent, Status

NOW = 100.0
LOOKS = {end: (FILL[status], hatch or "") for end, _, status, hatch in timeline.ENDS}


def at(end):
    return LOOKS[end]


def drawn(rows, marked=(), now=NOW, window=60.0, living=(), inks=LIGHT):
    deaths = metrics.frame(
        [ProcessEvent(i, *row, None) for i, row in enumerate(marked, 1)], ProcessEvent
    )
    made = attempts.attempts(stories.transitions(rows), deaths)
    names = lanes.lanes_of(made, now=now, window=window, living=living)
    ax = drawing.sheet(inks, lanes.size(names), lanes.BOX).axes[0]
    cold = attempts.frozen(deaths, now)
    span = {"now": now, "window": window, "inks": inks}
    return timeline.attempts_in_lanes(ax, made, cold, lanes=names, **span)


def in_lanes(ax, end):
    """Where the bars of an end begin and end, and the middle of their lane; not the legend's."""
    fill, hatch = at(end)
    return [(a, b, (low + up) / 2) for a, b, low, up in bars(ax, fill, hatch) if low >= 0]


def attempt(job, number, process, began, ended=None, end="complete"):
    rows = [(began, job, "claim", number, process)]
    return rows if ended is None else [*rows, (ended, job, end, number, process)]


def test_each_attempt_is_a_bar_in_its_lane_drawn_by_its_end():
    ax = drawn(
        [
            *attempt(1, 1, "b", 45, 50),
            *attempt(2, 1, "a", 50, 60, "retry"),
            *attempt(2, 2, "a", 60, 75, "fail"),
            *attempt(3, 1, "b", 60, 70, "release"),
            *attempt(4, 1, "b", 20, 42),
            *attempt(5, 1, "a", 90),
        ]
    )
    a, b = 2.5, 1.5  # three lanes high at least
    assert in_lanes(ax, "complete") == [(-60, -58, b), (-55, -50, b)]
    assert in_lanes(ax, "retry") == [(-50, -40, a)]
    assert in_lanes(ax, "fail") == [(-40, -25, a)]
    assert in_lanes(ax, "release") == [(-40, -30, b)]
    assert in_lanes(ax, "running") == [(-10, 0, a)]
    assert [x for x in texts(ax) if x in "ab"] == ["a", "b"]
    assert "6 attempts" in texts(ax)
    assert ax.get_label() == (
        "Attempts of 2 processes, last 60 s: 2 completed, 1 running, 1 retried, 1 handed back, "
        "1 failed."
    )


def test_ends_differ_without_colour():
    assert len(set(LOOKS.values())) == len(timeline.ENDS)
    assert len({hatch for _, hatch in LOOKS.values()}) == len(timeline.ENDS)


def test_second_attempts_have_their_number_where_the_bar_has_room():
    ax = drawn(
        [*attempt(1, 2, "a", 50, 60), *attempt(2, 3, "a", 60, 60.5), *attempt(3, 1, "a", 70, 80)]
    )
    assert len(marks(ax, "$2$")) == 2  # one in the legend
    assert not marks(ax, "$3$")


def test_a_late_answer_is_a_dotted_bar_to_where_it_was_refused():
    rows = [
        *attempt(1, 1, "a", 50, 60, "reassign"),
        (1, "refused", "unprocessed", "unprocessed", 75.0, "a", "a", 1),
    ]
    ax = drawn(rows)
    assert in_lanes(ax, "reassign") == [(-50, -40, 2.5)]
    dotted = [box for box in bars(ax) if box[2] >= 0]
    assert dotted == [[-40, -25, 2.5 - timeline.BAR / 2, 2.5 + timeline.BAR / 2]]
    assert (-25, 2.5) in marks(ax, "X")
    back = [x for x, y in marks(ax, "<") if y > 0]
    assert back == pytest.approx([-40.2], abs=0.1)


def test_a_killed_process_leaves_a_cross_and_its_job_waits_on_a_dotted_line():
    ax = drawn(
        [*attempt(1, 1, "a", 50, 80, "reassign"), *attempt(2, 1, "b", 60)],
        [(55.0, "a", "kill"), (70.0, "b", "crash")],
    )
    assert in_lanes(ax, "reassign") == [(-50, -45, 2.5)]
    assert in_lanes(ax, "running") == [(-40, -30, 1.5)]
    lines = [(left, right) for left, right, low, _ in bars(ax) if low >= 0]
    assert lines == [(-45, -20), (-30, 0)]
    crosses = marks(ax, "x", LIGHT[Status.FAILED])
    assert {(-45, 2.5), (-30, 1.5)} <= set(crosses)
    assert "killed: a, b." in ax.get_label()


def test_frozen_time_is_a_line_over_the_lane():
    ax = drawn(attempt(1, 1, "a", 50, 60), [(55.0, "a", "freeze"), (90.0, "a", "thaw")])
    lines = [line.get_xdata() for line in ax.lines if line.get_linestyle() == "-"]
    assert [-45.0, -10.0] in [list(x) for x in lines]
    assert "frozen: a." in ax.get_label()
    old = drawn(attempt(1, 1, "a", 50, 60), [(5.0, "a", "freeze"), (9.0, "a", "thaw")])
    assert "frozen" not in old.get_label()


def many(n, processes=2):
    width = 59.0 / n
    for i in range(n):
        name = f"consumer-{i % processes}"
        yield from attempt(i + 1, 1, name, 41 + i * width, 41 + (i + 0.5 * processes) * width)


def test_over_many_attempts_a_lane_shows_the_shares_of_the_time(monkeypatch):
    monkeypatch.setattr(timeline, "MOST_BARS", 99)
    ax = drawn(sorted(many(100)))
    found = in_lanes(ax, "complete")
    assert len(found) <= 2 * (timeline.BUCKETS + 1)
    bottoms = {low for _, _, low, _ in bars(ax, *at("complete")) if low >= 0}
    assert bottoms == {2.5 - timeline.BAR / 2, 1.5 - timeline.BAR / 2}
    shown = sum((b - a) * (up - low) for a, b, low, up in bars(ax, *at("complete")) if low >= 0)
    assert shown == pytest.approx(59 * timeline.BAR, rel=0.01)  # half of two lanes' time
    assert "100 attempts, as shares of the time" in texts(ax)
    single = drawn(sorted(many(99)))
    assert len(in_lanes(single, "complete")) == 99


def test_shares_are_stacked_trouble_below_and_never_leave_the_lane(monkeypatch):
    monkeypatch.setattr(timeline, "MOST_BARS", 1)
    rows = [
        *attempt(1, 1, "a", 41, 99, "fail"),
        *attempt(2, 1, "a", 41, 99),
        *attempt(3, 1, "a", 42),
    ]
    ax = drawn(rows)
    assert not in_lanes(ax, "complete")  # there was no room left for the claims of one name at once
    for _, _, low, up in bars(ax, *at("fail")):
        assert up <= 2.5 + timeline.BAR / 2 + 1e-6
        assert low == pytest.approx(2.5 - timeline.BAR / 2) or low < 0


def test_lanes_are_those_in_trouble_first_then_the_busiest_by_name():
    rows = attempt(17, 1, "c-17", 50, 60, "fail") + attempt(90, 1, "c-18", 51)
    for number in (1, 2):
        for i in (*range(1, 17), 18):
            rows += attempt(20 * number + i, 1, f"c-{i}", 50 + i / 10)
    made = attempts.attempts(stories.transitions(sorted(rows)))
    names = lanes.lanes_of(made, now=NOW, window=60.0)
    assert names == [f"c-{i}" for i in [*range(1, 15), 17, 18]]
    ax = drawn(sorted(rows))
    assert "+ 2 more processes \N{MIDDLE DOT} 36 attempts" in texts(ax)


def test_a_living_process_has_a_lane_without_work_and_one_long_gone_has_none():
    ax = drawn([*attempt(1, 1, "gone", 1, 2), *attempt(2, 1, "works", 90)], living=["idle"])
    assert {"idle", "works"} <= set(texts(ax))
    assert "gone" not in texts(ax)


def test_without_attempts_it_says_what_to_do():
    ax = drawn([])
    assert "No attempt yet.\nStart a consumer: its work appears here." in texts(ax)
    assert ax.get_label() == "Attempts: none yet."
    assert not bars(ax)


def test_a_long_name_is_cut():
    ax = drawn(attempt(1, 1, "a" * 40, 90))
    assert "a" * 13 + "\N{HORIZONTAL ELLIPSIS}" in texts(ax)


def test_utilisation_fills_each_cell_from_below():
    made = attempts.attempts(stories.transitions(attempt(1, 1, "a", 70, 81)))
    work = attempts.work(made, np.linspace(40, 100, lanes.CELLS + 1))
    ax = drawing.sheet(LIGHT, lanes.size(["a", "b"]), lanes.BOX).axes[0]
    lanes.utilisation(ax, work, lanes=["a", "b"], window=60.0)
    assert len(bars(ax, LIGHT["empty"])) == 2 * lanes.CELLS
    filled = sorted(bars(ax, FILL[Status.PROCESSING]))
    heights = [(up - low) / lanes.CELL for _, _, low, up in filled]
    assert heights == pytest.approx([1, 1, 1, 2 / 3], abs=1e-5)
    assert [(left + right) / 2 for left, right, *_ in filled] == [-28.5, -25.5, -22.5, -19.5]
    assert all(low == 2.5 - lanes.CELL / 2 for _, _, low, _ in filled)
    assert {"18%", "0%"} <= set(texts(ax))
    assert ax.get_label() == "Utilisation, last 60 s: a 18%, b 0%."


def test_utilisation_of_nobody_says_so():
    ax = drawing.sheet(LIGHT, lanes.size([]), lanes.BOX).axes[0]
    lanes.utilisation(ax, attempts.work(_none(), [0.0, 1.0]), lanes=[], window=60.0)
    assert "No process has worked yet." in texts(ax)


def _none():
    return attempts.attempts(
        stories.transitions([]), pd.DataFrame(columns=["at", "process", "event"])
    )
