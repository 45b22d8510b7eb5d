"""The table of processes: a line of widgets for each, changed in place, never made anew."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

import ipywidgets as w

from rinq.fleet import FleetProcess
from rinq.queue.liveness import State
from rinq.room import process_html
from rinq.room.inputs import button, html_box, set_class
from rinq.room.state import RoomState

TOOLTIPS = {
    "Stop": "Let {} hand back its job, then end",
    "Kill": "End {} at once (kill -9); the job it holds waits for the manager",
    "Freeze": "Freeze {} where it is; after its lease its job is taken back",
    "Thaw": "Let {} resume",
    "Start again": "Start {} again, under the same name",
    "Forget": "Take {} off this list",
}


class ProcessLine:
    """A line of the table: what a process is doing, and its three buttons.

    Args:
        pressed: called with this line and a button.
    """

    def __init__(self, pressed: Callable[[ProcessLine, w.Button], None]) -> None:
        self.name = ""
        self.text = html_box("rinq-process")
        self.buttons = [button("") for _ in range(3)]
        for each in self.buttons:
            each.on_click(partial(pressed, self))
        buttons = w.HBox(self.buttons, _dom_classes=["rinq-line-buttons"])
        self.root = w.HBox([self.text, buttons], _dom_classes=["rinq-line"])

    def show(self, process: FleetProcess, text: str, position: int) -> None:
        self.name, self.text.value = process.name, text
        if self.root.layout.order != str(position):
            self.root.layout.order = str(position)
        third = "Thaw" if process.state is State.FROZEN else "Freeze"
        names = ("Stop", "Kill", third) if process.alive else ("Start again", "Forget", "")
        for name, each in zip(names, self.buttons, strict=True):
            if each.disabled:
                continue  # its action is under way, and its text says which
            each.description = name
            each.tooltip = TOOLTIPS[name].format(process.name) if name else ""
            set_class(each, "rinq-hidden", not name)


class ProcessTable:
    """All lines under one root. A line keeps its process, and only its position changes, so
    that no press can reach another process than the one that was aimed at."""

    def __init__(self) -> None:
        self._callback: Callable[[str, str, w.Button], None] | None = None
        self._head = html_box("rinq-process rinq-thead")
        self._none = html_box("rinq-none")
        self._lines: list[ProcessLine] = []
        self.root = w.VBox([self._head, self._none], _dom_classes=["rinq-card", "rinq-processes"])

    def on_press(self, callback: Callable[[str, str, w.Button], None]) -> None:
        """Call this with a button's name, its process's name, and the button, at each press."""
        self._callback = callback

    @property
    def lines(self) -> dict[str, ProcessLine]:
        """The lines in use, by the names of their processes."""
        return {line.name: line for line in self._lines if line.name}

    def show(self, state: RoomState, when: float) -> None:
        """Show the processes; ``when`` is real time."""
        processes = sorted(state.processes, key=process_html.sort_key)
        self._head.value = process_html.head(state.window)
        self._none.value = "" if processes else process_html.NOTHING_RUNNING
        set_class(self._head, "rinq-hidden", not processes)
        set_class(self._none, "rinq-hidden", processes)
        self._free({process.name for process in processes})
        for position, process in enumerate(processes):
            line = self.lines.get(process.name) or self._new_line()
            line.show(process, process_html.cells(process, when, state), position)

    def _pressed(self, line: ProcessLine, pressed: w.Button) -> None:
        if self._callback and not pressed.disabled:
            self._callback(pressed.description, line.name, pressed)

    def _free(self, names: Collection[str]) -> None:
        for line in self._lines:
            if line.name not in names:
                line.name = ""
            set_class(line.root, "rinq-hidden", not line.name)

    def _new_line(self) -> ProcessLine:
        free = next((line for line in self._lines if not line.name), None)
        if free is None:
            free = ProcessLine(self._pressed)
            self._lines.append(free)
            self.root.children = (*self.root.children, free.root)
        set_class(free.root, "rinq-hidden", on=False)
        return free
