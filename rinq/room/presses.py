"""What each widget of the panel does when it is pressed or changed."""

from __future__ import annotations

import time

import ipywidgets as w

from rinq.errors import ConfigError, RinqError
from rinq.queue.model import check_process_name
from rinq.room import actions
from rinq.room.actions import DONE, ERROR, REFUSED, Answer
from rinq.room.connection import RoomConnection
from rinq.room.live_panel import LivePanel
from rinq.room.press_runner import PressRunner
from rinq.room.sliders import SliderSpec


class Presses:
    """Connects the widgets to what they do. Every method is called through the live panel's
    bridge, and every press ends in a sentence in the message line."""

    def __init__(self, live: LivePanel, connection: RoomConnection) -> None:
        self._live, self._connection = live, connection
        self._panel = live.panel
        self._run = PressRunner(live, connection).run
        self._connect_widgets()

    def _connect_widgets(self) -> None:
        panel, bridge = self._panel, self._live.bridge
        bridge.on_click(panel.open, self.open)
        for role, row in panel.rows.items():
            bridge.on_click(row.start, self.start, role)
            bridge.on_click(row.stop, self.stop, role)
            bridge.on_change(row.name, self.name_edited, role)
        panel.table.on_press(lambda *press: bridge.call(self.press_in_line, *press))
        bridge.on_click(panel.stop_all, self.stop_all)
        bridge.on_click(panel.pause, self.pause)
        bridge.on_click(panel.redrive, self.redrive)
        bridge.on_click(panel.export, self.export)
        panel.sliders.on_change(lambda *change: bridge.call(self.change_setting, *change))
        for page, tab in panel.pages.items():
            bridge.on_click(tab, self.show_page, page)
        for name, tab in panel.lists.items():
            bridge.on_click(tab, self.show_list, name)
        bridge.on_click(panel.hold, self.hold)
        for field in (panel.window, panel.log_of, panel.filter):
            bridge.on_change(field, self.view_changed)
        for field in (panel.status, panel.contains, panel.job):
            bridge.on_change(field, self.view_changed)

    # Processes and the queue

    def open(self) -> None:
        path, earlier = self._panel.config.value.strip(), self._connection.database

        def open_config() -> Answer:
            try:
                state = self._connection.open(path)
            except RinqError as error:
                still = f" Still connected to {earlier}." if earlier else ""
                why = f"{actions.error_text(error)}{still}"
                self._live.bridge.call(self._panel.show_error, why)
                return ERROR, why
            self._live.bridge.call(self._panel.show_error, "")
            self._live.bridge.call(self._live.connected)
            return DONE, f"Connected to {self._connection.database}: {state.summary()}."

        self._run(self._panel.open, "Opening…", open_config)

    def start(self, role: str) -> None:
        row, keep = self._panel.rows[role], self._panel.keep.value
        if (name := self._checked_name(role)) is None:
            return

        def start() -> Answer:
            answer = actions.start(self._connection.fleet(keep=keep), role, name)
            if answer[0] == DONE:
                row.offered = name  # it is taken now: the field moves on
            return answer

        self._run(row.start, "Starting…", start)

    def stop(self, role: str) -> None:
        if (name := self._checked_name(role)) is None:
            return
        running = self._live.state.running()
        if running.get(name, role) != role:
            self._live.say(REFUSED, f"{name} is a {running[name]}: stop it in that line.")
            return
        stop = self._panel.rows[role].stop
        self._run(stop, "Stopping…", lambda: actions.stop(self._connection.fleet(), name, role))

    def press_in_line(self, text: str, name: str, button: w.Button) -> None:
        doing, action = actions.OF_A_PROCESS[text]
        keep = self._panel.keep.value and text == "Start again"
        self._run(button, doing, lambda: action(self._connection.fleet(keep=keep), name))

    def stop_all(self) -> None:
        stop_all = self._panel.stop_all
        self._run(stop_all, "Stopping…", lambda: actions.stop_all(self._connection.fleet()))

    def pause(self) -> None:
        on = not self._live.state.paused
        doing = "Pausing…" if on else "Resuming…"
        self._run(self._panel.pause, doing, lambda: actions.pause(self._connection.fleet(), on=on))

    def redrive(self) -> None:
        redrive = self._panel.redrive
        self._run(redrive, "Redriving…", lambda: actions.redrive(self._connection.fleet()))

    def export(self) -> None:
        export = self._panel.export
        self._run(export, "Writing…", lambda: actions.export(self._connection.fleet()))

    def change_setting(self, spec: SliderSpec, value: float) -> None:
        def change() -> Answer:
            try:
                return actions.change(self._connection.fleet(), spec, value)
            except RinqError:
                self._panel.sliders.forget(spec.key)
                raise
            finally:
                self._live.settings_changed = time.monotonic()

        self._live.settings_changed = float("inf")
        self._run(None, f"{spec.label}…", change)

    def name_edited(self, role: str) -> None:
        row = self._panel.rows[role]
        row.show_error("")
        row.update_buttons(self._live.state.running(role))

    def _checked_name(self, role: str) -> str | None:
        """The name in a role's field; None, and an error is shown, if it cannot be one."""
        row = self._panel.rows[role]
        try:
            name = check_process_name(row.name.value.strip(), role)
        except ConfigError as error:
            row.show_error(str(error))
            self._live.say(REFUSED, str(error))
            return None
        row.show_error("")
        return name

    # What is shown

    def show_page(self, page: str) -> None:
        self._live.page = page
        self._live.redraw(f"Showing {page}.")

    def show_list(self, name: str) -> None:
        self._panel.show_list(name)
        self._live.say(DONE, f"Showing {name}.")
        self._live.refresh()

    def hold(self) -> None:
        held = self._live.held = not self._live.held
        self._panel.hold.description = "Resume drawing" if held else "Hold"
        self._live.redraw("Held: nothing is drawn, counting continues." if held else "Drawing.")

    def view_changed(self) -> None:
        if not self._panel.offering:
            self._live.refresh()
