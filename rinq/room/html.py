"""The pieces of the control room that are plain HTML; every text in them is escaped."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from rinq.charts import amounts
from rinq.fleet.fleet import FleetProcess
from rinq.queue import Status
from rinq.queue.liveness import State

if TYPE_CHECKING:
    from rinq.room.snapshot import RoomState

SIGNS = {
    State.RUNNING: "●",
    State.STARTING: "◌",
    State.FROZEN: "❄",
    State.STOPPED: "○",
    State.KILLED: "✕",
    State.CRASHED: "✕",
    State.ELSEWHERE: "●",
}
ROLES = ("producer", "consumer", "manager", "cleaner")  # as they are listed
ORDER = ("trouble", *ROLES)
NONE = (
    "<p>Nothing is running. Start a producer and a consumer; add a manager and a cleaner "
    "when you want to see jobs rescued and failures cleared away.</p>"
)
TROUBLE = frozenset({State.KILLED, State.CRASHED, State.FROZEN})


def message(sign: str, when: float, text: str, earlier: Sequence[str]) -> str:
    """The message line; its tooltip holds the earlier ones."""
    clock = time.strftime("%H:%M:%S", time.localtime(when))
    return f'<div title="{escape(chr(10).join(earlier))}">{sign} {clock} {escape(text)}</div>'


def pill(running: int, speed: float, when: float, *words: str) -> str:
    """How many run, and that the panel is alive; the speed, where queue time is not real time."""
    clock = time.strftime("%H:%M:%S", time.localtime(when))
    state = f"<i class=q-running>●</i> {running} running" if running else "○ nothing running"
    pace = "" if speed == 1 else f" · speed {speed:g}"
    more = "".join(f" · {word}" for word in words)
    return f"<span class=q-pill>{state}{pace}{more}<span class=q-live> · live {clock}</span></span>"


def where(files: Path, database: Path) -> str:
    """Where a learner finds what the processes make."""
    return f"<small>Files: {escape(str(files))}<br>Queue: {escape(str(database))}</small>"


def tiles(counts: Mapping[Status, int], before: Mapping[Status, int], window: float) -> str:
    """The five counts, and by how much each changed in the last ``window`` queue seconds."""
    each = (
        f'<div title="{counts[status]:,} {status}"><i class="q-swatch q-{status}"></i>{status}'
        f"<b>{amounts.count(counts[status])}</b>"
        f"<small>{amounts.change(counts[status] - before[status])} in "
        f"{amounts.duration(window)}</small></div>"
        for status in Status
    )
    return "".join(each)


def process_head(window: float) -> str:
    """The names of the columns."""
    last = f"Last {amounts.duration(window)}"
    return f"<span>Process</span><span>In hand</span><span>Work</span><span>{last}</span>"


def place(process: FleetProcess) -> tuple[bool, int, int, str]:
    """Sorts those in trouble first, then by role; those that were stopped last."""
    group = "trouble" if process.state in TROUBLE else process.row.role
    order = ORDER.index(group) if group in ORDER else len(ORDER)
    return process.state is State.STOPPED, order, len(process.name), process.name


def process(process: FleetProcess, when: float, seen: RoomState, done: str, strip: str) -> str:
    """The cells of a process; ``when`` is real time, ``strip`` is HTML."""
    row, state = process.row, process.state
    began = row.ended or _frozen_at(process, when, seen) or row.registered
    age = amounts.duration(max(0, round(when - began))) + ("" if process.alive else " ago")
    name, hand = escape(row.name), _in_hand(process, seen)
    plain = escape(f"{row.name} {state} {age}", quote=True)
    return (
        f'<span title="{plain}"><i class=q-{state}>{SIGNS[state]}</i> <b>{name}</b> '
        f"<small>{state} {age}</small></span><span>{hand}</span><span>{done}</span>"
        f"<span class=q-strip>{strip}</span>"
    )


def _frozen_at(process: FleetProcess, when: float, seen: RoomState) -> float | None:
    """Since when, in real time, the process stands still, if it does and that was noted."""
    events = seen.look.process_events
    done = events["at"][events["process"].eq(process.row.name) & events["event"].eq("freeze")]
    if process.state is not State.FROZEN or done.empty:
        return None
    return when - (seen.look.now - float(done.iloc[-1])) / seen.speed


def _in_hand(process: FleetProcess, seen: RoomState) -> str:
    if process.job is not None:
        return _job_in_hand(process, process.job, seen)
    if process.state is not State.RUNNING:
        return ""
    role, now = process.row.role, seen.look.now
    if role == "consumer" or seen.config is None:
        return "<small>waiting</small>"
    if role == "producer":
        wait = seen.config.producer.interval.mean
        left = max(0, (process.row.cycle_ended or now) + wait - now)
        return f"next file in {amounts.measured(left)}"
    return f"looks every {getattr(seen.config, role).interval:g} s"


def _job_in_hand(process: FleetProcess, name: str, seen: RoomState) -> str:
    job = f"<code>{escape(name)}</code>"
    if not process.alive:
        return f"holds {job}"
    held = next((one for one in seen.look.held if one.name == name), None)
    if held is None:
        return job
    again = f" · attempt {held.attempt}" if held.attempt > 1 else ""
    return f"{job} {amounts.measured(max(0, seen.look.now - held.since))}{again}"


def progress(settled: int, target: int, per_second: float) -> str:
    """The line towards a number of settled jobs; ``per_second`` are real ones."""
    share = min(1, settled / target)
    left = (target - settled) / per_second if per_second > 0 else 0
    about = f" · about {amounts.duration(left)} left" if left > 0 else ""
    told = "reached" if settled >= target else f"settled{about}"
    return (
        f'<span class=q-bar><i style="width:{share:.1%}"></i></span>'
        f"<small>{amounts.count(settled)} of {amounts.count(target)} {told}</small>"
    )
