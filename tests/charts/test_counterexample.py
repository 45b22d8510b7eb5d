"""The picture of a counterexample."""

from __future__ import annotations

import pytest
from drawn import bars, texts
from matplotlib.colors import to_hex
from matplotlib.text import Annotation

from rinq.charts.counterexample import CounterexamplePicture, figure
from rinq.charts.palette import DARK, FILL, LIGHT
from rinq.judge.history import Result, TrialEvent
from rinq.judge.verdict import Counterexample, Outcome, PropertyVerdict
from rinq.queue import Status

JOB = "job-cherry"
RACE = (
    TrialEvent("B", "submit", 0.1, 0.2, Result.OK, JOB),
    TrialEvent("A", "claim", 0.3, 0.9, Result.OK, JOB, 2),
    TrialEvent("A", "halted", 0.4, 0.4, Result.MARK, detail="my_queue.py:7"),
    TrialEvent("B", "claim", 0.5, 0.6, Result.OK, JOB, 1),
    TrialEvent("A", "let go on", 0.7, 0.7, Result.MARK),
)
ENDS = (
    TrialEvent("A", "claim", 0.1, 0.2, Result.INDEFINITE),
    TrialEvent("A", "killed", 0.3, 0.3, Result.MARK),
    TrialEvent("M", "open", 0.4, 0.5, Result.OK),
    TrialEvent("M", "claim", 0.6, 0.7, Result.OK),
    TrialEvent(
        "M", "complete", 0.8, 0.9, Result.FAILED, JOB, 1, "raises KeyError: 'x' at q.py:1 (x)"
    ),
)


def example(history, first, second):
    return Counterexample(JOB, 1, "A rule.", "A sentence.", history, first, second)


def test_each_process_has_a_lane_and_each_call_a_bar_until_it_returned():
    ax = figure(example(RACE, 3, 1)).axes[0]
    found = bars(ax, FILL[Status.UNPROCESSED])
    lane_a, lane_b = 1.5, 0.5
    assert sorted((left, right, (low + high) / 2) for left, right, low, high in found) == [
        (0.06, 0.84, lane_b),
        (1.06, 4.84, lane_a),
        (3.06, 3.84, lane_b),
    ]
    assert {"A", "B"} <= set(texts(ax))


def test_the_two_events_that_contradict_each_other_are_numbered():
    ax = figure(example(RACE, 3, 1)).axes[0]
    notes = [text for text in ax.texts if isinstance(text, Annotation)]
    numbers = {note.get_text(): note.xy[0] for note in notes if note.get_text() in ("1", "2")}
    assert numbers["2"] < numbers["1"]
    edges = [to_hex(patch.get_edgecolor()) for patch in ax.patches if patch.get_fill()]
    assert edges.count(LIGHT["text"]) == 2
    assert ax.get_label() == "A sentence."
    assert "A rule." in texts(ax)


def test_each_event_says_what_it_is_and_what_came_of_it():
    said = texts(figure(example(RACE, 3, 1)).axes[0])
    assert f"claim, attempt 2\n{JOB}" in said
    assert "halted\nmy_queue.py:7" in said
    said = texts(figure(example(ENDS, 0, 3)).axes[0])
    assert {"claim\ninterrupted", "claim\nnothing", "complete, attempt 1\nKeyError"} <= set(said)


def test_how_a_call_ended_does_not_depend_on_colour():
    ax = figure(example(ENDS, 0, 3)).axes[0]
    assert len(bars(ax, FILL[Status.PROCESSING], hatch="////")) == 1
    assert len(bars(ax, FILL[Status.FAILED], hatch="xxxx")) == 1
    assert [line.get_marker() for line in ax.lines] == ["X"]


def test_it_follows_the_theme():
    ax = figure(example(RACE, 3, 1), DARK).axes[0]
    assert to_hex(ax.texts[0].get_color()) == DARK["text"]


def test_in_a_notebook_it_is_a_picture_with_a_stable_name():
    verdict = PropertyVerdict(
        "one-claim", "One claim", Outcome.BROKEN, "", counterexample=example(RACE, 3, 1)
    )
    picture = CounterexamplePicture(verdict)
    data, metadata = picture._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == "<counterexample: one-claim>"
    assert metadata["image/png"]["width"] > 500
    assert picture.alt_text == "A sentence."


def test_a_property_that_holds_has_no_picture():
    with pytest.raises(ValueError, match="one-claim holds: there is nothing to draw"):
        CounterexamplePicture(PropertyVerdict("one-claim", "One claim", Outcome.HOLDS, ""))
