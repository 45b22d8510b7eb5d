"""The control room's widgets and how they are arranged; what they do is in ``presses``."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as w

from rinq.charts.pages import PAGES
from rinq.queue import Role, Status
from rinq.room.inputs import Choice, NameField, Tick, button, html_box, set_class
from rinq.room.role_row import RoleRow, show_error
from rinq.room.sliders import Sliders
from rinq.room.state import ViewOptions
from rinq.room.style import style_element
from rinq.room.table import ProcessTable

WINDOWS = {"last 60 s": 60.0, "last 5 min": 300.0, "whole run": None}
FILTERS = {"all moves": False, "only trouble": True}
LISTS = ("Moves", "Jobs")
NO_LOG, NO_JOB, ALL = "no process yet", "history of …", "all jobs"


class Panel:
    """All widgets under one root."""

    def __init__(self) -> None:
        self.offering = False  # a choice is changed by the program, not by a person
        self.pill, self.message = html_box(""), html_box("rinq-message")
        self.tiles, self.progress = html_box("rinq-tiles"), html_box("rinq-progress")
        self.stop_all, self.pause = button("Stop all"), button("Pause queue")
        self.table, self.sliders = ProcessTable(), Sliders()
        title = w.HBox([w.HTML("<b>Control room</b>"), self.pill], _dom_classes=["rinq-title"])
        tools = w.HBox([self.pause, self.stop_all], _dom_classes=["rinq-tools"])
        head = w.HBox([title, tools], _dom_classes=["rinq-head"])
        side = w.VBox([self._start_card(), self.sliders.root, self._log_card()])
        side.add_class("rinq-side")
        counts = w.VBox([self.tiles, self.progress], _dom_classes=["rinq-counts"])
        self.body = w.Box(
            [counts, side, self.table.root, self._charts_card(), self._lists_card()],
            _dom_classes=["rinq-body"],
        )
        style = w.HTML(style_element(), layout={"display": "none"})
        self.root = w.VBox([style, head, self.message, self.body], _dom_classes=["rinq"])

    def _start_card(self) -> w.VBox:
        self.config = NameField(tooltip="Path of the config file", placeholder="config.yaml")
        self.open = button("Open", "Read this config file and connect to its queue")
        parts = [w.HTML("Config"), self.config, self.open]
        self.config_line = w.Box(parts, _dom_classes=["rinq-row", "rinq-config"])
        self.config_error, self.paths = html_box("rinq-error"), html_box("rinq-paths")
        self.rows = {role: RoleRow(role) for role in map(str, Role)}
        lines = [widget for row in self.rows.values() for widget in (row.line, row.error)]
        self.keep = Tick(
            description="keep running when the kernel ends",
            indent=False,
            tooltip="For processes that are started while this is ticked",
        )
        opened = [w.HTML("<b>Start</b>"), self.config_line, self.config_error, self.paths]
        return w.VBox([*opened, *lines, self.keep], _dom_classes=["rinq-card", "rinq-start"])

    def _log_card(self) -> w.VBox:
        self.log_of = Choice(options=[NO_LOG], value=NO_LOG, tooltip="Log of this process")
        self.log = html_box("rinq-log-lines")
        head = w.HBox([w.HTML("<b>Log</b>"), self.log_of], _dom_classes=["rinq-bar"])
        return w.VBox([head, self.log], _dom_classes=["rinq-card", "rinq-log"])

    def _charts_card(self) -> w.VBox:
        self.pages = {page: button(page) for page in PAGES}
        self.window = Choice(options=[*WINDOWS], tooltip="How much of the past the charts show")
        self.hold = button("Hold", "Stop drawing; counting continues")
        tabs = w.HBox([*self.pages.values()], _dom_classes=["rinq-tabs"])
        tools = w.HBox([self.window, self.hold], _dom_classes=["rinq-tools"])
        self.charts = [html_box("rinq-chart") for _ in range(max(map(len, PAGES.values())))]
        bar = w.HBox([tabs, tools], _dom_classes=["rinq-bar"])
        first = w.VBox([bar, self.charts[0]], _dom_classes=["rinq-first"])
        more = w.Box(self.charts[1:], _dom_classes=["rinq-more"])
        return w.VBox([first, more], _dom_classes=["rinq-card", "rinq-charts"])

    def _lists_card(self) -> w.VBox:
        self.lists = {name: button(name) for name in LISTS}
        self.status = Choice(options=[ALL, *Status], tooltip="Jobs of this status")
        self.contains = NameField(placeholder="name contains", tooltip="Part of a job's name")
        self.job = Choice(options=[NO_JOB], tooltip="The history of this job")
        finder = [self.status, self.contains, self.job]
        self.finder = w.HBox(finder, _dom_classes=["rinq-tools", "rinq-find"])
        self.filter = Choice(options=[*FILTERS], tooltip="Which moves are shown")
        self.redrive = button("Redrive 0 failed")
        self.export = button("Export CSV", "Write every table behind the charts as a CSV file")
        self.target = NameField(value="", placeholder="none", tooltip="Target: settled jobs")
        target = w.HBox(
            [w.HTML("<small>Target</small>"), self.target], _dom_classes=["rinq-target"]
        )
        tools = w.HBox(
            [self.filter, self.redrive, target, self.export], _dom_classes=["rinq-tools"]
        )
        self.moves, self.jobs = html_box("rinq-list"), html_box("rinq-list")
        self.job_history = html_box("rinq-list rinq-job-history")
        tabs = w.HBox([*self.lists.values()], _dom_classes=["rinq-tabs"])
        bar = w.HBox([tabs, tools], _dom_classes=["rinq-bar"])
        parts = [bar, self.finder, self.moves, self.jobs, self.job_history]
        self.show_list("Moves")
        return w.VBox(parts, _dom_classes=["rinq-card", "rinq-lists"])

    def view_options(self) -> ViewOptions:
        """What is chosen to be seen."""
        log, status, job = self.log_of.value, self.status.value, self.job.value
        return ViewOptions(
            window=WINDOWS[self.window.value],
            only_problems=FILTERS[self.filter.value],
            log=None if log == NO_LOG else log,
            jobs=self._list == "Jobs",
            status=None if status == ALL else Status(status),
            contains=self.contains.value.strip(),
            job=None if job == NO_JOB else job,
        )

    def show_list(self, name: str) -> None:
        """Show the moves, or the jobs."""
        self._list = name
        for each, tab in self.lists.items():
            set_class(tab, "rinq-chosen", each == name)
        for widget in (self.filter, self.moves):
            set_class(widget, "rinq-hidden", name == "Jobs")
        for widget in (self.finder, self.jobs, self.job_history):
            set_class(widget, "rinq-hidden", name != "Jobs")

    def show_charts(self, page: str, drawn: Sequence[str]) -> None:
        """Show the charts of a page, each of them an ``<svg>``."""
        set_class(self.body, "rinq-wide", page == "Processes")
        for i, chart in enumerate(self.charts):
            chart.value = drawn[i] if i < len(drawn) else ""
            set_class(chart, "rinq-hidden", i >= len(drawn))
        for each, tab in self.pages.items():
            set_class(tab, "rinq-chosen", each == page)

    def show_error(self, why: str) -> None:
        """Show what is wrong with the config path; '' takes it away."""
        show_error(self.config_line, self.config_error, why)

    def offer_jobs(self, names: Sequence[str]) -> None:
        """Let one of these jobs be chosen; the one that is chosen stays so."""
        chosen = self.job.value
        more = [chosen] if chosen != NO_JOB and chosen not in names else []
        self._offer(self.job, (NO_JOB, *more, *names))

    def offer_logs(self, names: Sequence[str]) -> None:
        """Let the log of any of these be chosen; the one that is chosen stays so."""
        self._offer(self.log_of, tuple(names) or (NO_LOG,))

    def _offer(self, choice: Choice, options: tuple[str, ...]) -> None:
        if options == tuple(choice.options):
            return
        chosen, self.offering = choice.value, True
        try:
            choice.options = options
            choice.value = chosen if chosen in options else options[0]
        finally:
            self.offering = False
