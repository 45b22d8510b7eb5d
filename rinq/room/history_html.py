"""The moves, newest first, and the log of a process, as HTML; all text in it is escaped."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import pandas as pd

from rinq.charts import EVENT_WORDS, amounts
from rinq.queue import Event, Job, Transition

NEWEST = 50
TROUBLE = (Event.RETRY, Event.FAIL, Event.REASSIGN, Event.REFUSED, Event.ILLEGAL)
HEAD = "<th>Time<th>Job<th>Move<th>By<th>Attempt<th>Why"


class Line(NamedTuple):
    """An entry of the history, with the name of its job."""

    job: str
    move: Transition


def of_trouble(transitions: pd.DataFrame) -> pd.Series[bool]:
    return transitions["event"].isin(TROUBLE)


def moves(lines: Sequence[Line], unseen: int = 0) -> str:
    """A table of moves in this order; ``unseen`` more were made in the last second."""
    if not lines:
        return "<p>No move yet. Start a producer: each of its jobs appears here.</p>"
    return _table(lines, f"<b>+ {amounts.count(unseen)} more this second</b>" if unseen else "")


def story(lines: Sequence[Line]) -> str:
    """The history of one job; nothing without lines."""
    if not lines:
        return ""
    return f"<small>History of <code>{escape(lines[0].job)}</code></small>{_table(lines)}"


def _table(lines: Sequence[Line], note: str = "") -> str:
    return f"<table><tr>{HEAD}{note}</tr>{''.join(map(_row, lines))}</table>"


def _row(line: Line) -> str:
    move = line.move
    swatch = f'<i class="q-swatch q-{escape(str(move.to_status))}"></i>'
    why = escape(move.error or "")
    return (
        f"<tr><td>{_clock(move.at)}<td><code>{escape(line.job)}</code>"
        f"<td>{swatch}{escape(EVENT_WORDS[move.event])}"
        f"<td>{escape(move.actor or '')}<td>{move.attempt or ''}"
        f'<td title="{why}">{why}</tr>'
    )


def jobs(found: Sequence[Job], of: int, searched: int) -> str:
    """A table of these jobs, out of so many, of which so many were looked at."""
    if not found:
        among = f" among the {searched} that changed last" if of > searched else ""
        return f"<p>No job fits{among}.</p>"
    head = "<tr><th>Job<th>Status<th>Since<th>Attempt<th>Tries<th>Taken back<th>By<th>Why</tr>"
    rows = "".join(
        f'<tr><td><code>{escape(job.name)}</code><td><i class="q-swatch q-{job.status}"></i>'
        f"{job.status}<td>{_clock(job.since)}<td>{job.attempt}<td>{job.tries}<td>{job.reassigns}"
        f"<td>{escape(job.actor or '')}<td>{escape(job.error or '')}</tr>"
        for job in found
    )
    told = f"{len(found)} of {amounts.count(of)}, newest change first"
    if of > searched:
        told += f"; looked for among the {searched} that changed last"
    return f"<small>{told}</small><table>{head}{rows}</table>"


def log(lines: Sequence[str]) -> str:
    """The lines of a log, newest below, where the view stays unless scrolled up."""
    return f"<pre>{escape(chr(10).join(lines))}</pre>" if lines else "<p>Nothing logged yet.</p>"


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at % 1 * 100):02}"
