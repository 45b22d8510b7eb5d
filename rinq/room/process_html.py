"""The cells of the table of processes as HTML; ``Markup`` escapes every text in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from rinq.charts import amounts, lanes
from rinq.fleet import FleetProcess
from rinq.queue import Role
from rinq.queue.liveness import State
from rinq.room.html import joined
from rinq.room.state import RoomState

SIGNS = {
    State.RUNNING: "●",
    State.STARTING: "◌",
    State.FROZEN: "❄",
    State.STOPPED: "○",
    State.KILLED: "✕",
    State.CRASHED: "✕",
    State.ELSEWHERE: "●",
}
NOTHING_RUNNING = Markup(
    "<p>Nothing is running. Start a producer and a consumer; add a manager and a cleaner "
    "when you want to see jobs rescued and failures cleared away.</p>"
)
FIRST = frozenset({State.KILLED, State.CRASHED, State.FROZEN})
WORK = {
    "producer": ("submit", "made"),
    "consumer": ("complete", "done"),
    "manager": ("reassign", "taken back"),
    "cleaner": ("clean", "cleaned"),
}
SINGLE = 60  # attempts that a strip shows one by one
WORST = ("fail", "reassign", "retry", "release", "running", "complete")


def head(window: float) -> Markup:
    """The names of the columns."""
    columns = ("Process", "In hand", "Work", f"Last {amounts.duration(window)}")
    return joined([Markup("<span>{}</span>").format(column) for column in columns])


def sort_key(process: FleetProcess) -> tuple[bool, int, int, str]:
    """What was killed, crashed or is frozen first, then by role; what was stopped last."""
    order = 0 if process.state in FIRST else 1 + [*Role, process.row.role].index(process.row.role)
    return process.state is State.STOPPED, order, len(process.name), process.name


def cells(process: FleetProcess, when: float, state: RoomState) -> Markup:
    """The cells of a process; ``when`` is real time."""
    row = process.row
    began = row.ended or _frozen_at(process, when, state) or row.registered
    age = amounts.duration(max(0, round(when - began))) + ("" if process.alive else " ago")
    return Markup(
        '<span title="{0} {1} {2}"><i class="q-{1}">{3}</i> <b>{0}</b> <small>{1} {2}</small>'
        '</span><span>{4}</span><span>{5}</span><span class="q-strip">{6}</span>'
    ).format(
        row.name,
        process.state,
        age,
        SIGNS[process.state],
        _in_hand(process, state),
        _work(process, state),
        _strip(process, state),
    )


def _frozen_at(process: FleetProcess, when: float, state: RoomState) -> float | None:
    """Since when, in real time, the process is frozen, if it is and that was recorded."""
    events = state.snapshot.process_events
    freezes = events["at"][events["process"].eq(process.name) & events["event"].eq("freeze")]
    if process.state is not State.FROZEN or freezes.empty:
        return None
    return when - (state.snapshot.now - float(freezes.iloc[-1])) / state.speed


def _in_hand(process: FleetProcess, state: RoomState) -> str:
    if process.job is not None:
        return _job_in_hand(process, process.job, state)
    if process.state is not State.RUNNING:
        return ""
    role, now = process.row.role, state.snapshot.now
    if role == "consumer" or state.config is None:
        return Markup("<small>waiting</small>")
    if role == "producer":
        wait = state.config.producer.interval.mean
        left = max(0, (process.row.cycle_ended or now) + wait - now)
        return f"next file in {amounts.measured(left)}"
    return f"checks every {getattr(state.config, role).interval:g} s"


def _job_in_hand(process: FleetProcess, name: str, state: RoomState) -> str:
    job = Markup("<code>{}</code>").format(name)
    if not process.alive:
        return Markup("holds {}").format(job)
    held = next((one for one in state.snapshot.held if one.name == name), None)
    if held is None:
        return job
    again = f" · attempt {held.attempt}" if held.attempt > 1 else ""
    age = amounts.measured(max(0, state.snapshot.now - held.since))
    return Markup("{} {}{}").format(job, age, again)


def _work(process: FleetProcess, state: RoomState) -> str:
    event, word = WORK[process.row.role]
    moves = state.snapshot.history.transitions
    n = int((moves["actor"].eq(process.name) & moves["event"].eq(event)).sum())
    return f"{amounts.count(n)} {word}"


def _strip(process: FleetProcess, state: RoomState) -> Markup:
    """The attempts of the window, each from its begin to its end, in per cent of the strip."""
    if process.row.role != "consumer":
        return Markup()
    now, window = state.snapshot.now, state.window
    rows = lanes.recent(state.snapshot.attempts, state.snapshot.view())
    rows = rows[rows["process"].eq(process.name)]
    start = now - window
    until = rows[["ended", "killed"]].min(axis=1).fillna(now)
    left = ((rows["began"].fillna(start) - start) / window * 100).clip(0, 100)
    right = ((until - start) / window * 100).clip(0, 100)
    bars = pd.DataFrame({"left": left, "right": right, "end": rows["end"].fillna("running")})
    if len(bars) > SINGLE:
        bars = _bucketed(bars)
    bar = Markup('<i class="q-end-{}" style="left:{:.1f}%;width:{:.1f}%"></i>')
    return joined(
        [
            bar.format(end, left, max(right - left, 0.8))
            for left, right, end in zip(bars["left"], bars["right"], bars["end"], strict=True)
        ]
    )


def _bucketed(bars: pd.DataFrame) -> pd.DataFrame:
    """The strip in equal buckets, each with the worst end of the attempts that ended in it."""
    bucket = np.minimum(bars["right"] * SINGLE // 100, SINGLE - 1)
    ends = pd.Series(pd.Categorical(bars["end"], WORST, ordered=True), index=bars.index)
    worst = ends.groupby(bucket).min()
    left = worst.index.to_numpy() * 100 / SINGLE
    return pd.DataFrame({"left": left, "right": left + 100 / SINGLE, "end": worst.to_numpy()})
