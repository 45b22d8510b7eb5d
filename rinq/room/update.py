"""Puts the state of a queue into the panel: everything but the charts."""

from __future__ import annotations

import time

from rinq.charts import amounts
from rinq.queue import SETTLED, Status
from rinq.room import history_html, html
from rinq.room.inputs import disable_with_reason, set_class
from rinq.room.panel import Panel
from rinq.room.snapshot import SEARCHED
from rinq.room.state import RoomState


def update_panel(panel: Panel, state: RoomState, *, held: bool, settings: bool) -> None:
    """Show the state.

    Args:
        held: drawing is held.
        settings: the state has the live settings as they are now, so the sliders may follow.
    """
    running, when = state.running(), time.time()
    words = [word for word, on in (("paused", state.paused), ("held", held)) if on]
    words += [f"{amounts.count(state.archived)} archived"] if state.archived else []
    panel.pill.value = html.pill(len(running), state.speed, when, *words)
    panel.table.show(state, when)
    panel.tiles.value = html.tiles(state.totals, state.totals_before, state.window)
    panel.progress.value = _progress(panel.target.value, state)
    set_class(panel.progress, "rinq-hidden", not panel.progress.value)
    _update_buttons(panel, state)
    if settings and state.config is not None:
        panel.sliders.follow(state.config, state.speed)
    panel.offer_logs(sorted(process.name for process in state.processes))
    panel.log.value = history_html.log(state.log)
    panel.moves.value = history_html.moves(state.history, state.unlisted)
    if state.options.jobs:
        panel.jobs.value = history_html.jobs(state.jobs, sum(state.totals.values()), SEARCHED)
        panel.offer_jobs([job.name for job in state.jobs])
        panel.job_history.value = history_html.job_history(state.job_history)


def _update_buttons(panel: Panel, state: RoomState) -> None:
    """Disable what would be refused, with the reason."""
    running = state.running()
    idle = "" if running else "Nothing is running."
    stop = f"Stop all {len(running)} processes: each hands back its job, then ends"
    disable_with_reason(panel.stop_all, idle, stop)
    pause = "Consumers finish what they hold and claim nothing more"
    disable_with_reason(panel.pause, idle and f"{idle} {pause}", pause)
    if not panel.pause.disabled:
        panel.pause.description = "Resume queue" if state.paused else "Pause queue"
    for role, row in panel.rows.items():
        row.offer(running)
        row.update_buttons(state.running(role))
    failed = state.totals[Status.FAILED]
    redrive = f"Put the {failed:,} failed jobs back to unprocessed"
    disable_with_reason(panel.redrive, "" if failed else "No failed jobs.", redrive)
    if not panel.redrive.disabled:
        panel.redrive.description = f"Redrive {failed:,} failed"


def _progress(target: str, state: RoomState) -> str:
    digits = target.strip().replace(",", "")
    if not digits.isdecimal() or not int(digits):
        return ""
    settled = sum(state.totals[status] for status in SETTLED)
    recent = settled - sum(state.totals_before[status] for status in SETTLED)
    return html.progress(settled, int(digits), recent / state.window * state.speed)
