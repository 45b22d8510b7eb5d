"""The pages: what a look finds, and that each chart of each page reaches the screen whole."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
import stories
from matplotlib.backends.backend_agg import FigureCanvasAgg

from rinq.charts import pages, svg
from rinq.charts.palette import DARK, FILL, HATCH_INK, LIGHT, SENTINEL
from rinq.metrics import live_history as history_module
from rinq.metrics.live_history import LiveHistory
from rinq.queue import Event, PersistentQSQLite

HOSTILE = """<img src=x onerror="alert('1')"> & $x_1$ </text></svg>"""
TEXT = "{http://www.w3.org/2000/svg}text"
PAGES = sorted(pages.PAGES)


def look_at(queue, window=60.0, **given):
    return pages.look(queue, LiveHistory(), window, **given)


@pytest.fixture(scope="module")
def seen():
    """All that can happen, a few times over, with processes of hostile names."""
    now, claims = [1000.0], []
    acts = ["submit", "claim", "complete", "submit", "claim", "fail", "claim", "fail", "clean"]
    acts += ["submit", "claim", "reassign", "reassign", "late", "release", "redrive"]
    with PersistentQSQLite(":memory:", real_time=lambda: now[0]) as queue:
        for step, name in enumerate(acts * 6):
            now[0] += 25 if name in ("reassign", "claim") else 5
            stories.act(queue, name, step, claims)
        queue.submit("hostile_01", HOSTILE)
        queue.claim(HOSTILE)
        for event in ("freeze", "thaw", "kill"):
            queue.registry.record_event(HOSTILE, event)
        now[0] += 5
        yield look_at(queue, None)


@pytest.mark.parametrize("page", PAGES)
def test_every_chart_of_a_page_is_one_svg_in_the_inks_of_the_page(seen, page):
    drawn = pages.Pages().draw(page, seen)
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
def test_hostile_names_are_escaped(seen, page):
    for text in pages.Pages().draw(page, seen):
        assert "<img" not in text
        assert "onerror" not in re.sub(r"&lt;img[^<>]*", "", text)
    shown = [t.text for t in ET.fromstring(pages.Pages().draw("Processes", seen)[0]).iter(TEXT)]
    assert any(name and HOSTILE.startswith(name[:13]) for name in shown)


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_queue_has_all_charts(page):
    with PersistentQSQLite(":memory:") as queue:
        for window in (60.0, None):
            drawn = pages.Pages().draw(page, look_at(queue, window))
            labels = [ET.fromstring(text).get("aria-label") for text in drawn]
            assert all(labels)


def test_pages_that_are_drawn_again_are_the_same_and_no_two_places_share_an_id(seen):
    here, there = pages.Pages(), pages.Pages()
    for page in PAGES:
        once = here.draw(page, seen)
        assert here.draw(page, seen) == once
        ids = [set(re.findall(r'id="([^"]+)"', text)) for text in (*once, *there.draw(page, seen))]
        assert sum(map(len, ids)) == len(set().union(*ids))


def test_a_chart_that_was_full_can_be_empty_again(seen):
    drawing = pages.Pages()
    with PersistentQSQLite(":memory:") as queue:
        empty = look_at(queue)
    for page in PAGES:
        drawing.draw(page, seen)
        for chart in pages.PAGES[page]:
            fresh, again = pages.Pages().figure(chart, empty), drawing.figure(chart, empty)
            assert svg.finding(again) == svg.finding(fresh)
            for one, other in zip(again.axes, fresh.axes, strict=True):
                assert len(one.get_children()) == len(other.get_children())


@pytest.mark.parametrize("inks", [LIGHT, DARK], ids=["light", "dark"])
def test_the_same_charts_are_pictures_too(seen, inks):
    drawing = pages.Pages(inks)
    for chart in (chart for page in PAGES for chart in pages.PAGES[page]):
        FigureCanvasAgg(drawing.figure(chart, seen)).draw()


def test_the_whole_run_begins_with_the_first_entry(told):
    queue, start = told
    look = look_at(queue, None)
    assert look.whole
    assert look.window == pytest.approx(queue.clock.now() - start)
    text = pages.Pages().draw("Overview", look)[0]
    assert "0 s" in [t.text for t in ET.fromstring(text).iter(TEXT)]
    edges = look.edges(6)
    assert (edges[0], len(edges)) == (start, 7)


def test_where_the_beginning_was_forgotten_the_window_is_what_is_known(told, monkeypatch):
    queue, start = told
    for name, n in {"MIN_ROWS": 2, "MAX_ROWS": 4}.items():
        monkeypatch.setattr(history_module, name, n)
    look = look_at(queue, None)
    assert not look.whole
    assert look.window == pytest.approx(queue.clock.now() - (start + 80))
    assert look.tally["n"].sum() == 15


def test_a_look_knows_who_lives_and_what_they_hold(told):
    queue, _ = told
    claim = queue.claim("consumer-9")
    look = look_at(queue, 600.0, living=["consumer-7"])
    assert look.lanes == ["consumer-1", "consumer-2", "consumer-7", "consumer-9"]
    assert [job.name for job in look.held] == [claim.name]
    assert look.attempts["end"].isna().sum() == 1
    assert look.history.tally["claim", "unprocessed", "processing", 3] == 1
    assert Event.CLAIM in look.tally["event"].tolist()
