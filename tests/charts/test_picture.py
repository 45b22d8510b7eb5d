"""Pictures: as SVG with the inks of the page, as PNG, and each with its alternative text."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest
from matplotlib.image import imread

from rinq.charts import drawing, picture, status
from rinq.charts.palette import FILL, HATCH_INK, LIGHT, SENTINEL
from rinq.charts.view import View
from rinq.metrics import frames as metrics
from rinq.queue import PersistentQSQLite
from rinq.queue.clock import Moment

HOSTILE = """<img src=x onerror="alert('1')"> & --> ]]> $x_1$ <!-- 'DejaVu Sans'; </text></svg>"""
TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.fixture(scope="module")
def drawn():
    """A chart with all five statuses, as it reaches the page."""
    now = [1000.0]
    with PersistentQSQLite(":memory:", moment=lambda: Moment(now[0])) as queue:
        for i, act in enumerate(["clean", "fail", "complete", "claim", "submit"]):
            now[0] += 5
            queue.submit(f"job_{i:06}")
            claim = queue.claim("consumer-1") if act != "submit" else None
            if act in ("clean", "fail"):
                queue.fail(claim, "no", n_tries=1)
            if act == "clean":
                queue.clean(claim.name, "cleaner-1")
            if act == "complete":
                queue.complete(claim)
        counts = metrics.status_counts(metrics.transitions(queue))
    figure = drawing.new_figure(SENTINEL)
    status.jobs_by_status(figure.axes[0], counts, View(now[0], 60.0, inks=SENTINEL))
    return picture.svg(figure, "salt")


def test_every_ink_becomes_a_variable_and_only_fills_stay_colours(drawn):
    colours = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}\b", drawn)}
    assert colours == {colour.lower() for colour in [*FILL.values(), HATCH_INK]}
    variables = set(re.findall(r"var\(--q-(\w+)\)", drawn))
    assert set(SENTINEL) - {"line", "unused", "empty"} | {"font"} == variables


def test_it_is_one_element_that_fits_its_place(drawn):
    root = ET.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox") == "0 0 520 260"
    assert "width" not in root.attrib
    assert "height" not in root.attrib
    assert not re.search(r"<\?xml|<!DOCTYPE|<metadata|<style", drawn)


def test_it_has_its_alternative_text(drawn):
    root = ET.fromstring(drawn)
    assert root.get("role") == "img"
    assert root.get("aria-label") == (
        "Jobs by status, last 60 s: 1 unprocessed, 1 processing, 1 processed, 1 failed, 1 cleaned."
    )


def test_its_text_is_text_in_the_pages_font(drawn):
    texts = [text.text for text in ET.fromstring(drawn).iter(TEXT)]
    assert {"Jobs by status", "1 failed", "1 cleaned", "now"} <= set(texts)
    assert "DejaVu" not in drawn


def test_hostile_text_is_escaped_and_never_read_as_mathematics():
    figure = drawing.new_figure(SENTINEL)
    (ax,) = figure.axes
    drawing.corner_note(ax, HOSTILE, SENTINEL)
    ax.set_label(HOSTILE)
    text = picture.svg(figure, "salt")
    root = ET.fromstring(text)
    assert HOSTILE in [t.text for t in root.iter(TEXT)]
    assert root.get("aria-label") == HOSTILE
    assert "<img" not in text


def test_two_drawings_share_no_id():
    ids = []
    for salt in ("one", "two"):
        figure = drawing.new_figure(SENTINEL)
        (ax,) = figure.axes
        ax.bar([1], [1], hatch="//")
        ax.plot([0, 1], [0, 1], marker="o", clip_on=True)
        ids.append(set(re.findall(r'id="([^"]+)"', picture.svg(figure, salt))))
    assert ids[0]
    assert not ids[0] & ids[1]


def test_drawing_leaves_the_settings_of_matplotlib_alone(drawn):
    before = dict(mpl.rcParams)
    picture.svg(drawing.new_figure(SENTINEL), "salt")
    assert dict(mpl.rcParams) == before


def labelled(label):
    figure = drawing.new_figure(LIGHT)
    figure.axes[0].set_label(label)
    return figure


def test_in_a_cell_it_is_a_png_at_twice_its_size_with_a_stable_name():
    shown = picture.Picture(labelled("5 jobs."), "chart: jobs")
    data, metadata = shown._repr_mimebundle_()
    assert data == {"image/png": shown.png, "text/plain": "<chart: jobs>"}
    assert metadata == {"image/png": {"width": 520}}
    assert imread(io.BytesIO(shown.png)).shape[:2] == (520, 1040)
    assert shown.alt_text == "5 jobs."
    assert b"5 jobs." in shown.png


def test_in_a_cell_it_is_not_wider_than_asked():
    shown = picture.Picture(labelled(""), "x", widest=300)
    assert shown._repr_mimebundle_()[1] == {"image/png": {"width": 300}}


def test_a_snapshot_has_its_figures_in_two_columns_under_a_line():
    png = picture.snapshot_png([labelled("")] * 4, "Control room: 5 jobs.")
    assert imread(io.BytesIO(png)).shape[:2] == (2 * 260 + picture.HEAD, 2 * 520)
