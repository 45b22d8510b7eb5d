"""The control room's widgets and where they stand; what they do is ``control_room``'s."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

import ipywidgets as w

from rinq.charts.pages import PAGES
from rinq.queue import Status
from rinq.room.html import ROLES
from rinq.room.inputs import Choice, NameField, Tick, button, html, mark
from rinq.room.role_row import RoleRow, complain
from rinq.room.sliders import Knob, Sliders
from rinq.room.style import STYLE
from rinq.room.table import Table

WINDOWS = {"last 60 s": 60.0, "last 5 min": 300.0, "whole run": None}
FILTERS = {"all moves": False, "only trouble": True}
LISTS = ("Moves", "Jobs")
NO_LOG, NO_JOB, ALL = "no process yet", "history of …", "all jobs"


class Presses(Protocol):
    """What the widgets call."""

    def open(self) -> None: ...
    def start(self, role: str) -> None: ...
    def stop(self, role: str) -> None: ...
    def edited(self, role: str) -> None: ...
    def row(self, act: str, name: str, button: w.Button) -> None: ...
    def stop_all(self) -> None: ...
    def pause(self) -> None: ...
    def change(self, knob: Knob, value: float) -> None: ...
    def choose(self, page: str) -> None: ...
    def wish(self) -> None: ...
    def hold(self) -> None: ...
    def list(self, page: str) -> None: ...
    def redrive(self) -> None: ...
    def export(self) -> None: ...


class Panel:
    """All widgets under one root; a press is told to ``on``."""

    def __init__(self, on: Presses) -> None:
        self._offering = False  # a choice changes, but not by a person
        self.pill, self.message, self.where = html(""), html("rinq-message"), html("rinq-where")
        self.tiles, self.progress = html("rinq-tiles"), html("rinq-progress")
        self.stop_all = button("Stop all", on.stop_all)
        self.pause = button("Pause queue", on.pause)
        self.table = Table(on.row)
        self.knobs = Sliders(on.change)
        title = w.HBox([w.HTML("<b>Control room</b>"), self.pill], _dom_classes=["rinq-title"])
        all_of_it = w.HBox([self.pause, self.stop_all], _dom_classes=["rinq-tools"])
        head = w.HBox([title, all_of_it], _dom_classes=["rinq-head"])
        side = w.VBox([self._start_card(on), self.knobs.root, self._log_card(on)])
        side.add_class("rinq-side")
        counts = w.VBox([self.tiles, self.progress], _dom_classes=["rinq-counts"])
        self.body = w.Box(
            [counts, side, self.table.root, self._charts(on), self._moves(on)],
            _dom_classes=["rinq-body"],
        )
        style = w.HTML(STYLE, layout={"display": "none"})
        self.root = w.VBox([style, head, self.message, self.body], _dom_classes=["rinq"])

    def _start_card(self, on: Presses) -> w.VBox:
        self.config = NameField(tooltip="Path of the config file", placeholder="config.yaml")
        tip = "Read this config file and connect to its queue"
        self.open = button("Open", on.open, tooltip=tip)
        self.config_error = html("rinq-error")
        parts = [w.HTML("Config"), self.config, self.open]
        self.config_line = w.Box(parts, _dom_classes=["rinq-row", "rinq-config"])
        self.rows = {
            role: RoleRow(
                role, partial(on.start, role), partial(on.stop, role), partial(on.edited, role)
            )
            for role in ROLES
        }
        lines = [widget for row in self.rows.values() for widget in (row.line, row.error)]
        self.keep = Tick(
            description="keep running when the kernel ends",
            indent=False,
            tooltip="For processes that are started while this is ticked",
        )
        opened = [w.HTML("<b>Start</b>"), self.config_line, self.config_error, self.where]
        return w.VBox([*opened, *lines, self.keep], _dom_classes=["rinq-card", "rinq-start"])

    def _log_card(self, on: Presses) -> w.VBox:
        self.log_of = Choice(options=[NO_LOG], value=NO_LOG, tooltip="Log of this process")
        self.log_of.observe(lambda _: self._chosen(on), "value")
        self.log = html("rinq-log-lines")
        head = w.HBox([w.HTML("<b>Log</b>"), self.log_of], _dom_classes=["rinq-bar"])
        return w.VBox([head, self.log], _dom_classes=["rinq-card", "rinq-log"])

    def _charts(self, on: Presses) -> w.VBox:
        self.tabs = {page: button(page, partial(on.choose, page)) for page in PAGES}
        self.window = Choice(options=[*WINDOWS], tooltip="How much of the past the charts show")
        self.window.observe(lambda _: self._chosen(on), "value")
        self.hold = button("Hold", on.hold, tooltip="Stop drawing; counting goes on")
        tabs = w.HBox([*self.tabs.values()], _dom_classes=["rinq-tabs"])
        tools = w.HBox([self.window, self.hold], _dom_classes=["rinq-tools"])
        self.charts = [html("rinq-chart") for _ in range(max(map(len, PAGES.values())))]
        bar = w.HBox([tabs, tools], _dom_classes=["rinq-bar"])
        first = w.VBox([bar, self.charts[0]], _dom_classes=["rinq-first"])
        more = w.Box(self.charts[1:], _dom_classes=["rinq-more"])
        return w.VBox([first, more], _dom_classes=["rinq-card", "rinq-charts"])

    def _moves(self, on: Presses) -> w.VBox:
        self.lists = {page: button(page, partial(on.list, page)) for page in LISTS}
        self.status = Choice(options=[ALL, *Status], tooltip="Jobs of this status")
        self.contains = NameField(placeholder="name contains", tooltip="Part of a job's name")
        self.job = Choice(options=[NO_JOB], tooltip="The history of this job")
        for field in (self.status, self.contains, self.job):
            field.observe(lambda _: self._chosen(on), "value")
        finder = [self.status, self.contains, self.job]
        self.finder = w.HBox(finder, _dom_classes=["rinq-tools", "rinq-find"])
        self.filter = Choice(options=[*FILTERS], tooltip="Which moves are shown")
        self.filter.observe(lambda _: self._chosen(on), "value")
        self.redrive = button("Redrive 0 failed", on.redrive)
        tip = "Write every table behind the charts as a CSV file"
        self.export = button("Export CSV", on.export, tooltip=tip)
        self.target = NameField(value="", placeholder="none", tooltip="Target: settled jobs")
        target = w.HBox([w.HTML("<small>Target</small>"), self.target], _dom_classes=["rinq-goal"])
        tools = w.HBox(
            [self.filter, self.redrive, target, self.export], _dom_classes=["rinq-tools"]
        )
        self.moves, self.jobs = html("rinq-feed"), html("rinq-feed")
        self.story = html("rinq-feed rinq-story")
        tabs = w.HBox([*self.lists.values()], _dom_classes=["rinq-tabs"])
        bar = w.HBox([tabs, tools], _dom_classes=["rinq-bar"])
        parts = [bar, self.finder, self.moves, self.jobs, self.story]
        self.list("Moves")
        return w.VBox(parts, _dom_classes=["rinq-card", "rinq-moves"])

    def list(self, page: str) -> None:
        """Show the moves, or the jobs."""
        for name, tab in self.lists.items():
            mark(tab, "rinq-chosen", name == page)
        for widget in (self.filter, self.moves):
            mark(widget, "rinq-hidden", page == "Jobs")
        for widget in (self.finder, self.jobs, self.story):
            mark(widget, "rinq-hidden", page != "Jobs")

    def offer_jobs(self, names: Sequence[str]) -> None:
        """Let one of these jobs be chosen; the one that is chosen stays so."""
        chosen = self.job.value
        more = [chosen] if chosen != NO_JOB and chosen not in names else []
        options = (NO_JOB, *more, *names)
        self._offer(self.job, options)

    def complain(self, why: str) -> None:
        """Show what is wrong with the config path; '' takes it away."""
        complain(self.config_line, self.config_error, why)

    def draw(self, page: str, drawn: Sequence[str]) -> None:
        """Put the charts of a page in their places."""
        mark(self.body, "rinq-wide", page == "Processes")
        for place, chart in enumerate(self.charts):
            chart.value = drawn[place] if place < len(drawn) else ""
            mark(chart, "rinq-hidden", place >= len(drawn))
        for name, tab in self.tabs.items():
            mark(tab, "rinq-chosen", name == page)

    def offer_logs(self, names: Sequence[str]) -> None:
        """Let the log of any of these be chosen; what is chosen stays so."""
        options = tuple(names) or (NO_LOG,)
        self._offer(self.log_of, options)

    def _chosen(self, on: Presses) -> None:
        if not self._offering:
            on.wish()

    def _offer(self, choice: Choice, options: tuple[str, ...]) -> None:
        if options == tuple(choice.options):
            return
        chosen, self._offering = choice.value, True
        try:
            choice.options = options
            choice.value = chosen if chosen in options else options[0]
        finally:
            self._offering = False
