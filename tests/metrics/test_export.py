"""Every frame as CSV."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from rinq.metrics import export as module
from rinq.metrics.export import export, frames


def test_every_frame_is_written_with_all_its_rows(told, tmp_path):
    queue, _ = told
    written = export(queue, tmp_path / "new" / "folder", interval=15)
    files = {path.stem: path for path in (tmp_path / "new" / "folder").iterdir()}
    assert set(files) == set(written) == set(frames(queue))
    for name, path in files.items():
        read = pd.read_csv(path)
        assert len(read) == written[name]
        assert read.columns.tolist() == frames(queue)[name].columns.tolist()
    assert written["transitions"] == 15
    assert written["attempts"] == 5
    assert pd.read_csv(files["work"])["process"].tolist() == ["consumer-1", "consumer-2"]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_a_text_that_a_spreadsheet_would_run_is_written_as_a_text(queue, tmp_path, first):
    formula = f"{first}HYPERLINK(1)"
    queue.submit("-bcdefghij")
    queue.fail(queue.claim("consumer-1"), formula, n_tries=3)
    queue.registry.record_event("consumer-1", "clock", "-120")
    queue.registry.record_event("consumer-1", "clock", "a-b=c")
    queue.submit("abcdefghij")
    export(queue, tmp_path)

    def read(name, column):
        with (tmp_path / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            return [row[column] for row in csv.DictReader(file)]

    assert read("jobs", "name") == ["'-bcdefghij", "abcdefghij"]
    assert read("jobs", "error") == [f"'{formula}", ""]
    assert read("process_events", "detail") == ["-120", "a-b=c"]
    assert frames(queue)["jobs"]["error"][0] == formula  # only what is written is changed


def test_negative_numbers_are_written_as_numbers(queue, tmp_path, monkeypatch):
    less = pd.DataFrame({"rate": [-1.5, 2.0], "count": [-3, 4]})
    monkeypatch.setattr(module, "frames", lambda *_, **__: {"less": less})
    export(queue, tmp_path)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "less.csv"), less)


def test_the_frames_of_an_empty_queue_have_their_columns(queue, told):
    from rinq.queue import PersistentQSQLite

    full = frames(told[0])
    with PersistentQSQLite(":memory:") as empty:
        for name, frame in frames(empty).items():
            assert frame.columns.tolist() == full[name].columns.tolist(), name
