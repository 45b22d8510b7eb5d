"""Moves, jobs and the log of a process as HTML; ``Markup`` escapes every text in them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from rinq.charts import EVENT_WORDS, amounts
from rinq.queue import Job
from rinq.room.html import clock, joined, swatch
from rinq.room.state import HistoryRow

MOVES = ("Time", "Job", "Move", "By", "Attempt", "Why")
JOBS = ("Job", "Status", "Since", "Attempt", "Tries", "Taken back", "By", "Why")


def moves(rows: Sequence[HistoryRow], unlisted: int = 0) -> Markup:
    """A table of moves in this order; ``unlisted`` more were made in the last second."""
    if not rows:
        return Markup("<p>No move yet. Start a producer: each of its jobs appears here.</p>")
    more = Markup("<b>+ {} more this second</b>").format(amounts.count(unlisted))
    return _table(MOVES, [_move(row) for row in rows], more if unlisted else "")


def job_history(rows: Sequence[HistoryRow]) -> Markup:
    """The history of one job; nothing without moves."""
    if not rows:
        return Markup()
    head = Markup("<small>History of <code>{}</code></small>").format(rows[0].job)
    return head + _table(MOVES, [_move(row) for row in rows])


def jobs(found: Sequence[Job], total: int, searched: int) -> Markup:
    """A table of these jobs, out of ``total``, of which ``searched`` at most were looked at."""
    if not found:
        among = f" among the {searched} that changed last" if total > searched else ""
        return Markup("<p>No job fits{}.</p>").format(among)
    caption = f"{len(found)} of {amounts.count(total)}, newest change first"
    if total > searched:
        caption += f"; looked for among the {searched} that changed last"
    return Markup("<small>{}</small>{}").format(caption, _table(JOBS, [_job(job) for job in found]))


def log(lines: Sequence[str]) -> Markup:
    """The lines of a log, newest below, where the view stays unless scrolled up."""
    if not lines:
        return Markup("<p>Nothing logged yet.</p>")
    return Markup("<pre>{}</pre>").format("\n".join(lines))


def _table(columns: Sequence[str], rows: Sequence[Markup], note: str = "") -> Markup:
    head = joined([Markup("<th>{}").format(column) for column in columns])
    return Markup("<table><tr>{}{}</tr>{}</table>").format(head, note, joined(rows))


def _move(row: HistoryRow) -> Markup:
    move = row.transition
    return Markup(
        '<tr><td>{}<td><code>{}</code><td>{}{}<td>{}<td>{}<td title="{why}">{why}</tr>'
    ).format(
        _hundredths(move.at),
        row.job,
        swatch(move.to_status),
        EVENT_WORDS[move.event],
        move.actor or "",
        move.attempt or "",
        why=move.error or "",
    )


def _job(job: Job) -> Markup:
    return Markup(
        "<tr><td><code>{}</code><td>{}{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}</tr>"
    ).format(
        job.name,
        swatch(job.status),
        job.status,
        _hundredths(job.since),
        job.attempt,
        job.tries,
        job.reassigns,
        job.actor or "",
        job.error or "",
    )


def _hundredths(at: float) -> str:
    return f"{clock(at)}.{int(at % 1 * 100):02}"
