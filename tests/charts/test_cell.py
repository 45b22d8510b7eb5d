"""A chart of the control room in a notebook's cell."""

from __future__ import annotations

import pytest

from rinq.charts.cell import CHARTS, chart
from rinq.charts.palette import DARK
from rinq.charts.picture import Picture
from rinq.charts.snapshot import take_snapshot
from rinq.errors import ConfigError
from rinq.metrics.live_history import LiveHistory


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_a_picture_and_says_what_it_shows(told, name):
    queue, _ = told
    picture = chart(queue, name, window=600)
    assert repr(picture) == f"<chart: {name}>"
    assert picture.png.startswith(b"\x89PNG")
    assert picture.alt_text.endswith(".")


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_can_be_drawn_in_the_dark_theme(told, name):
    figure = CHARTS[name].figure(take_snapshot(told[0], LiveHistory(), 600.0), DARK)
    assert Picture(figure, name).png.startswith(b"\x89PNG")


def test_an_unknown_chart_is_refused_with_the_names_of_all(told):
    with pytest.raises(ConfigError, match="'job' is no chart: jobs, flow, ends, rates, attempts"):
        chart(told[0], "job")
