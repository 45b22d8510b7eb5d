"""The lists and the log escape what they show."""

from __future__ import annotations

from dataclasses import replace

from rinq.queue import open_queue
from rinq.room import history_html
from rinq.room.state import HistoryRow

HOSTILE = """<img src=x onerror="alert('1')">&"""


def test_moves_jobs_and_the_log_escape_what_they_show(config):
    with open_queue(config) as queue:
        queue.submit("aaaaaaaaaa")
        queue.fail(queue.claim("x"), "no", 2)
        move, job = queue.history.of("aaaaaaaaaa")[-1], queue.job("aaaaaaaaaa")
    row = HistoryRow(HOSTILE, replace(move, actor=HOSTILE, error=HOSTILE, at=12.345))
    moves = history_html.moves([row])
    parts = (
        moves,
        history_html.job_history([row]),
        history_html.jobs([replace(job, name=HOSTILE, actor=HOSTILE, error=HOSTILE)], 1, 300),
        history_html.log([HOSTILE]),
    )
    for part in parts:
        assert "&lt;img" in part
        assert "<img" not in part
        assert 'x onerror="' not in part
    assert "retried" in moves
    assert ".34<td>" in moves
