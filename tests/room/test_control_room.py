"""How the control room is displayed."""

from __future__ import annotations

from rinq.charts.picture import snapshot_png
from rinq.queue import open_queue


def test_a_viewer_without_widgets_gets_a_picture_with_a_line_of_counts(room, config, monkeypatch):
    lines = []
    monkeypatch.setattr(
        "rinq.room.control_room.snapshot_png",
        lambda figures, line: lines.append(line) or snapshot_png(figures, line),
    )

    with open_queue(config) as queue:
        queue.submit("aaaaaaaaaa")
    room._live.refresh()
    bundle = room._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert lines[0].startswith("Control room: 1 unprocessed, 0 processing")


def test_a_room_displays_as_its_panel_and_reads_the_same_every_time(room):
    bundle = room._repr_mimebundle_()
    assert bundle["text/plain"] == repr(room) == "The control room: run this cell to open it."
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == room._panel.root.model_id
