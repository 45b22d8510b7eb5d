"""Each chart of each page reaches the screen whole, also when it is drawn again."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
import stories

from rinq.charts import pages
from rinq.charts.live_pages import LivePages
from rinq.charts.palette import FILL, HATCH_INK, SENTINEL
from rinq.charts.snapshot import take_snapshot
from rinq.metrics.live_history import LiveHistory
from rinq.queue import PersistentQSQLite
from rinq.queue.clock import Moment

HOSTILE = """<img src=x onerror="alert('1')"> & $x_1$ </text></svg>"""
TEXT = "{http://www.w3.org/2000/svg}text"
PAGES = sorted(pages.PAGES)


def snapshot(queue, window=60.0):
    return take_snapshot(queue, LiveHistory(), window)


@pytest.fixture(scope="module")
def full():
    """All that can happen, a few times over, with processes of hostile names."""
    now, claims = [1000.0], []
    acts = ["submit", "claim", "complete", "submit", "claim", "fail", "claim", "fail", "clean"]
    acts += ["submit", "claim", "reassign", "reassign", "late", "release", "redrive"]
    with PersistentQSQLite(":memory:", moment=lambda: Moment(now[0])) as queue:
        for step, name in enumerate(acts * 6):
            now[0] += 25 if name in ("reassign", "claim") else 5
            stories.act(queue, name, step, claims)
        queue.submit("hostile_01", HOSTILE)
        queue.claim(HOSTILE)
        for event in ("freeze", "thaw", "kill"):
            queue.registry.record_event(HOSTILE, event)
        now[0] += 5
        yield snapshot(queue, None)


@pytest.mark.parametrize("page", PAGES)
def test_every_chart_of_a_page_is_one_svg_in_the_inks_of_the_page(full, page):
    drawn = LivePages().draw(page, full)
    assert len(drawn) == len(pages.PAGES[page])
    fills = {*FILL.values(), HATCH_INK, "#ffffff", "#1f1f1f"}  # the last two: a number on a disc
    for text in drawn:
        root = ET.fromstring(text)
        assert root.get("role") == "img"
        assert len(root.get("aria-label")) > 30
        colours = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}\b", text)}
        assert colours <= {colour.lower() for colour in fills}
        assert set(re.findall(r"var\(--q-(\w+)\)", text)) <= {*SENTINEL, "font"}
        assert "nan" not in text.lower()


@pytest.mark.parametrize("page", PAGES)
def test_hostile_names_are_escaped(full, page):
    for text in LivePages().draw(page, full):
        assert "<img" not in text
        assert "onerror" not in re.sub(r"&lt;img[^<>]*", "", text)
    shown = [t.text for t in ET.fromstring(LivePages().draw("Processes", full)[0]).iter(TEXT)]
    assert any(name and HOSTILE.startswith(name[:13]) for name in shown)


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_queue_has_all_charts(page):
    with PersistentQSQLite(":memory:") as queue:
        for window in (60.0, None):
            drawn = LivePages().draw(page, snapshot(queue, window))
            labels = [ET.fromstring(text).get("aria-label") for text in drawn]
            assert all(labels)


def test_pages_that_are_drawn_again_are_the_same_and_no_two_places_share_an_id(full):
    here, there = LivePages(), LivePages()
    for page in PAGES:
        once = here.draw(page, full)
        assert here.draw(page, full) == once
        ids = [set(re.findall(r'id="([^"]+)"', text)) for text in (*once, *there.draw(page, full))]
        assert sum(map(len, ids)) == len(set().union(*ids))


def test_a_chart_that_was_full_can_be_empty_again(full):
    again, new = LivePages(), LivePages()
    with PersistentQSQLite(":memory:") as queue:
        empty = snapshot(queue)
    for page in PAGES:
        again.draw(page, full)
        shapes = [[*map(shape, drawing.draw(page, empty))] for drawing in (again, new)]
        assert shapes[0] == shapes[1]


def shape(svg):
    """The kinds of its elements, and all its texts."""
    root = ET.fromstring(svg)
    return root.get("aria-label"), [(it.tag, it.text) for it in root.iter()]
