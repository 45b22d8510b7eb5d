"""Every frame as CSV."""

from __future__ import annotations

import pandas as pd

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


def test_the_frames_of_an_empty_queue_have_their_columns(queue, told):
    from rinq.queue import PersistentQSQLite

    full = frames(told[0])
    with PersistentQSQLite(":memory:") as empty:
        for name, frame in frames(empty).items():
            assert frame.columns.tolist() == full[name].columns.tolist(), name
