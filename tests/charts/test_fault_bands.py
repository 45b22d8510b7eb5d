"""The bands of faults: from the process events, and as drawn over a chart."""

from __future__ import annotations

import pytest
from drawn import bars, texts

from rinq.charts import drawing, palette
from rinq.charts.fault_bands import UNIT, fault_spans, shade_faults
from rinq.charts.view import View
from rinq.metrics import frames as metrics
from rinq.queue import ProcessEvent

NOW = 1000.0
GREY = palette.LIGHT["muted"]


def events(*rows):
    """Of (at, process, event, detail)."""
    whole = [(i, *row, None)[:5] for i, row in enumerate(rows, 1)]
    return metrics.frame([ProcessEvent(*row) for row in whole], ProcessEvent)


def spans(*rows):
    return fault_spans(events(*rows), NOW).to_numpy().tolist()


@pytest.fixture
def shaded():
    """Two Axes with the bands of these process events."""

    def draw(*rows):
        axes = drawing.new_figure(palette.LIGHT, drawing.SIZE, drawing.PLOT, drawing.PLOT).axes
        axes[0].set_label("A chart.")
        shade_faults(axes, fault_spans(events(*rows), NOW), View(NOW, 200.0))
        return axes

    return draw


def test_each_fault_has_its_time_and_its_name():
    assert spans(
        (1, "a", "freeze"),
        (2, None, "lock", "9 s"),
        (3, "b", "freeze"),
        (4, "a", "kill", "abcdefghij"),
        (5, None, "unlock"),
        (6, None, "clock", "+60 s"),
        (7, "b", "thaw"),
        (8, None, "rates", "error_rate=0.5"),
        (9, None, "rates-over"),
        (9, "c", "failpoint", "claimed"),
        (9, "c", "crash", "abcdefghij"),
    ) == [
        [1, 4, "a frozen"],
        [2, 5, "database locked"],
        [3, 7, "b frozen"],
        [4, 4, "a killed"],
        [6, 6, "clock +60 s"],
        [8, 9, "faults in jobs"],
        [9, 9, "c crashed"],
    ]


def test_what_still_acts_ends_now():
    assert spans((990, "a", "freeze"), (995, None, "lock")) == [
        [990, NOW, "a frozen"],
        [995, NOW, "database locked"],
    ]


def test_a_fault_that_a_clock_set_back_ended_before_it_began_has_no_length():
    assert spans((990, "a", "freeze"), (980, "a", "thaw")) == [[990, 990, "a frozen"]]


def test_without_process_events_there_are_no_faults(shaded):
    assert spans() == []
    above, below = shaded()
    assert (above.get_label(), [*above.artists, *below.artists]) == ("A chart.", [])


def test_a_band_covers_the_time_of_the_fault_on_every_axes(shaded):
    above, below = shaded((900, "a", "freeze"), (950, "a", "thaw"))
    for ax in (above, below):
        band, edge = bars(ax, GREY)
        assert band == [0.5, 0.75, 0, 1]
        assert edge[:3] == [0.5, 0.75, 1]
    assert (texts(above), texts(below)) == (["a frozen"], [])
    assert above.get_label() == "A chart. Faults: a frozen."


def test_a_band_is_cut_at_the_window_and_never_too_thin_to_see(shaded):
    above, _ = shaded((700, "a", "freeze"), (850, "a", "thaw"), (900, "b", "kill"))
    cut, kill, *_ = bars(above, GREY)
    assert cut[:2] == [0, 0.25]
    assert kill[0] == 0.5
    assert kill[1] - kill[0] > 1 / drawing.WIDTH


def test_what_ended_before_the_window_is_not_drawn(shaded):
    above, _ = shaded((700, "a", "freeze"), (750, "a", "thaw"), (760, "a", "kill"))
    assert (texts(above), above.get_label()) == ([], "A chart.")


def test_names_never_meet(shaded):
    above, _ = shaded(*[(850 + at, f"consumer-{at}", "crash") for at in range(30)])
    assert texts(above) == ["consumer-0 crashed"]
    assert "consumer-29 crashed" in above.get_label()


def test_a_name_stands_right_of_the_unit(shaded):
    above, _ = shaded((700, "a", "freeze"))
    (name,) = above.texts
    assert name.xy[0] * drawing.extent(above)[0] == pytest.approx(UNIT)


def test_a_hundred_crashes_are_counted_in_the_alternative_text(shaded):
    above, _ = shaded(*[(900 + i / 10, "a", "crash") for i in range(100)])
    assert above.get_label() == "A chart. Faults: a crashed 100 times."
