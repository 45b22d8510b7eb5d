"""What a look at the queue found, put into the panel: everything but the charts."""

from __future__ import annotations

import time

from rinq.queue import SETTLED, Status
from rinq.room import history_html as feed
from rinq.room import html as pieces
from rinq.room.inputs import mark, mute
from rinq.room.panel import Panel
from rinq.room.snapshot import MOST_LOOKED_AT, RoomState, before


def renew(panel: Panel, seen: RoomState, *, held: bool, jobs: bool, settings: bool) -> None:
    """Show what was seen.

    Args:
        held: drawing is held.
        jobs: the list of jobs is open.
        settings: the look knows the settings as they are now, so the sliders may follow.
    """
    running, when = seen.running(), time.time()
    totals = seen.look.history.totals
    words = [word for word, on in (("paused", seen.paused), ("held", held)) if on]
    panel.pill.value = pieces.pill(len(running), seen.speed, when, *words)
    panel.table.show(seen, when)
    panel.tiles.value = pieces.tiles(totals, before(seen.look), seen.window)
    panel.progress.value = _progress(panel.target.value, seen)
    mark(panel.progress, "rinq-hidden", not panel.progress.value)
    _judge(panel, seen, running)
    if settings and seen.config is not None:
        panel.knobs.follow(seen.config, seen.speed)
    panel.offer_logs(sorted(process.name for process in seen.processes))
    panel.log.value = feed.log(seen.log)
    panel.moves.value = feed.moves(seen.lines, seen.unseen)
    if jobs:
        panel.jobs.value = feed.jobs(seen.jobs, sum(totals.values()), MOST_LOOKED_AT)
        panel.offer_jobs([job.name for job in seen.jobs])
        panel.story.value = feed.story(seen.story)


def _judge(panel: Panel, seen: RoomState, running: dict[str, str]) -> None:
    """Mute what would be refused, and say why."""
    many = f"Stop all {len(running)} processes: each hands back its job, then ends"
    mute(panel.stop_all, "" if running else "Nothing is running.", many)
    calm = "Consumers finish what they hold and claim nothing more"
    mute(panel.pause, "" if running else f"Nothing is running. {calm}", calm)
    if not panel.pause.disabled:
        panel.pause.description = "Resume queue" if seen.paused else "Pause queue"
    for role, row in panel.rows.items():
        row.offer(running)
        row.judge(seen.running(role))
    failed = seen.look.history.totals[Status.FAILED]
    put = f"Put the {failed:,} failed jobs back to unprocessed"
    mute(panel.redrive, "" if failed else "No failed jobs.", put)
    if not panel.redrive.disabled:
        panel.redrive.description = f"Redrive {failed:,} failed"


def _progress(target: str, seen: RoomState) -> str:
    digits = target.strip().replace(",", "")
    if not digits.isdecimal() or not int(digits):
        return ""
    totals, earlier = seen.look.history.totals, before(seen.look)
    settled = sum(totals[status] for status in SETTLED)
    recent = settled - sum(earlier[status] for status in SETTLED)
    return pieces.progress(settled, int(digits), recent / seen.window * seen.speed)
