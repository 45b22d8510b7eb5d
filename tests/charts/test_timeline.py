"""Attempts in lanes: a bar each, where it belongs, and what became of it."""

from __future__ import annotations

import pytest
import stories
from drawn import bars, symbols, texts

from rinq.charts import drawing, lanes, timeline
from rinq.charts.palette import FILL, LIGHT
from rinq.charts.timeline_symbols import BAR, ENDS
from rinq.charts.view import View
from rinq.metrics import attempt_work as attempts
from rinq.metrics import frames as metrics
from rinq.queue import ProcessEvent, Status

NOW = 100.0
VIEW = View(NOW, 60.0)
STYLES = {end: (FILL[status], hatch or "") for end, _, status, hatch in ENDS}


def made_of(rows, events=()):
    """The attempts of these rows, and the table of these process events: (at, process, event)."""
    table = metrics.frame(
        [ProcessEvent(*(i, *row, None)) for i, row in enumerate(events, 1)], ProcessEvent
    )
    return attempts.attempts(stories.transitions(rows), table), table


def drawn(rows, events=(), living=()):
    made, table = made_of(rows, events)
    names = lanes.lanes_of(made, VIEW, living)
    ax = drawing.new_figure(LIGHT, lanes.size(names), lanes.BOX).axes[0]
    return timeline.attempts_in_lanes(ax, made, attempts.frozen(table, NOW), names, VIEW)


def in_lanes(ax, end):
    """Where the bars of an end begin and end, and the middle of their lane; not the legend's."""
    fill, hatch = STYLES[end]
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
    assert len(set(STYLES.values())) == len(ENDS)
    assert len({hatch for _, hatch in STYLES.values()}) == len(ENDS)


def test_second_attempts_have_their_number_where_the_bar_has_room():
    ax = drawn(
        [*attempt(1, 2, "a", 50, 60), *attempt(2, 3, "a", 60, 60.5), *attempt(3, 1, "a", 70, 80)]
    )
    assert len(symbols(ax, "$2$")) == 2  # one in the legend
    assert not symbols(ax, "$3$")


def test_a_late_answer_is_a_dotted_bar_to_where_it_was_refused():
    rows = [
        *attempt(1, 1, "a", 50, 60, "reassign"),
        (1, "refused", "unprocessed", "unprocessed", 75.0, "a", "a", 1),
    ]
    ax = drawn(rows)
    assert in_lanes(ax, "reassign") == [(-50, -40, 2.5)]
    dotted = [box for box in bars(ax) if box[2] >= 0]
    assert dotted == [[-40, -25, 2.5 - BAR / 2, 2.5 + BAR / 2]]
    assert (-25, 2.5) in symbols(ax, "X")
    back = [x for x, y in symbols(ax, "<") if y > 0]
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
    crosses = symbols(ax, "x", LIGHT[Status.FAILED])
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
    bottoms = {low for _, _, low, _ in bars(ax, *STYLES["complete"]) if low >= 0}
    assert bottoms == {2.5 - BAR / 2, 1.5 - BAR / 2}
    shown = sum((b - a) * (up - low) for a, b, low, up in bars(ax, *STYLES["complete"]) if low >= 0)
    assert shown == pytest.approx(59 * BAR, rel=0.01)  # half of two lanes' time
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
    for _, _, low, up in bars(ax, *STYLES["fail"]):
        assert up <= 2.5 + BAR / 2 + 1e-6
        assert low == pytest.approx(2.5 - BAR / 2) or low < 0


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


def test_lanes_are_those_in_trouble_first_then_the_busiest_by_name():
    rows = attempt(17, 1, "c-17", 50, 60, "fail") + attempt(90, 1, "c-18", 51)
    for number in (1, 2):
        for i in (*range(1, 17), 18):
            rows += attempt(20 * number + i, 1, f"c-{i}", 50 + i / 10)
    made, _ = made_of(sorted(rows))
    assert lanes.lanes_of(made, VIEW) == [f"c-{i}" for i in [*range(1, 15), 17, 18]]
    ax = drawn(sorted(rows))
    assert "+ 2 more processes \N{MIDDLE DOT} 36 attempts" in texts(ax)
