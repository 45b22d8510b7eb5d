"""The table of processes: a row of widgets for each, changed in place, never made anew."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from html import escape

import ipywidgets as w
import numpy as np
import pandas as pd

from rinq.charts import amounts, lanes
from rinq.fleet.fleet import FleetProcess
from rinq.queue.liveness import State
from rinq.room import html as pieces
from rinq.room.inputs import button, html, mark
from rinq.room.snapshot import RoomState

ACTS = {
    "Stop": "Let {} hand back its job, then end",
    "Kill": "End {} at once (kill -9); the job it holds waits for the manager",
    "Freeze": "Freeze {} where it stands; past its lease its job is taken back",
    "Thaw": "Let {} go on",
    "Start again": "Start {} again, under the same name",
    "Forget": "Take {} off this list",
}
DONE = {
    "producer": ("submit", "made"),
    "consumer": ("complete", "done"),
    "manager": ("reassign", "taken back"),
    "cleaner": ("clean", "cleaned"),
}
MOST = 60  # attempts that a strip shows one by one
WORST = ("fail", "reassign", "retry", "release", "running", "complete")

Press = Callable[[str, str, w.Button], None]
"""Called with an act's name, a process's name, and the button."""


class Row:
    """A line of the table: what a process is at, and its three buttons."""

    def __init__(self, press: Press) -> None:
        self.name = ""
        self.busy: w.Button | None = None
        self.text = html("rinq-process")
        self.buttons = [button("", partial(self._pressed, i, press)) for i in range(3)]
        acts = w.HBox(self.buttons, _dom_classes=["rinq-acts"])
        self.line = w.HBox([self.text, acts], _dom_classes=["rinq-line"])

    def _pressed(self, place: int, press: Press) -> None:
        button = self.buttons[place]
        if not button.disabled:
            press(button.description, self.name, button)

    def show(self, process: FleetProcess, text: str, place: int) -> None:
        self.name, self.text.value = process.name, text
        if self.line.layout.order != str(place):
            self.line.layout.order = str(place)
        third = "Thaw" if process.state is State.FROZEN else "Freeze"
        acts = ("Stop", "Kill", third) if process.alive else ("Start again", "Forget", "")
        for act, one in zip(acts, self.buttons, strict=True):
            if one.disabled:
                continue  # its action is under way, and its text says which
            one.description = act
            one.tooltip = ACTS[act].format(process.name) if act else ""
            mark(one, "rinq-hidden", not act)


class Table:
    """All rows under one root. A row keeps its process: what moves is only where it stands, so
    that no press can meet another process than the one that was aimed at."""

    def __init__(self, press: Press) -> None:
        self._press = press
        self._head = html("rinq-process rinq-thead")
        self._none = html("rinq-none")
        self._rows: list[Row] = []
        self.root = w.VBox([self._head, self._none], _dom_classes=["rinq-card", "rinq-procs"])

    @property
    def rows(self) -> dict[str, Row]:
        """The rows in use, by the names of their processes."""
        return {row.name: row for row in self._rows if row.name}

    def show(self, seen: RoomState, when: float) -> None:
        found = sorted(seen.processes, key=pieces.place)
        self._head.value = pieces.process_head(seen.window)
        self._none.value = "" if found else pieces.NONE
        mark(self._head, "rinq-hidden", not found)
        mark(self._none, "rinq-hidden", found)
        self._free({process.name for process in found})
        for place, process in enumerate(found):
            row = self.rows.get(process.name) or self._new_row()
            text = pieces.process(process, when, seen, _done(process, seen), _strip(process, seen))
            row.show(process, text, place)

    def _free(self, names: Collection[str]) -> None:
        for row in self._rows:
            if row.name not in names:
                row.name = ""
            mark(row.line, "rinq-hidden", not row.name)

    def _new_row(self) -> Row:
        free = next((row for row in self._rows if not row.name), None)
        if free is None:
            free = Row(self._press)
            self._rows.append(free)
            self.root.children = (*self.root.children, free.line)
        mark(free.line, "rinq-hidden", on=False)
        return free


def _done(process: FleetProcess, seen: RoomState) -> str:
    event, word = DONE[process.row.role]
    moves = seen.look.history.transitions
    n = int((moves["actor"].eq(process.name) & moves["event"].eq(event)).sum())
    return f"{amounts.count(n)} {word}"


def _strip(process: FleetProcess, seen: RoomState) -> str:
    """The attempts of the window, each from its begin to its end, in per cent of the strip."""
    if process.row.role != "consumer":
        return ""
    look = seen.look
    rows = lanes.recent(look.attempts, look.view())
    rows = rows[rows["process"].eq(process.name)]
    until = rows[["ended", "killed"]].min(axis=1).fillna(look.now)
    start = look.now - look.window
    left = ((rows["began"].fillna(start) - start) / look.window * 100).clip(0, 100)
    right = ((until - start) / look.window * 100).clip(0, 100)
    table = pd.DataFrame({"left": left, "right": right, "end": rows["end"].fillna("running")})
    if len(table) > MOST:
        table["bucket"] = np.minimum(table["right"] * MOST // 100, MOST - 1)
        table["end"] = pd.Categorical(table["end"], WORST, ordered=True)
        worst = table.groupby("bucket")["end"].min()
        places = worst.index.to_numpy() * 100 / MOST
        table = pd.DataFrame(
            {"left": places, "right": places + 100 / MOST, "end": worst.to_numpy()}
        )
    bars = zip(table["left"], table["right"], table["end"], strict=True)
    return "".join(
        f'<i class="q-end-{escape(str(end))}" '
        f'style="left:{left:.1f}%;width:{max(right - left, 0.8):.1f}%"></i>'
        for left, right, end in bars
    )
