"""The control room: a panel in a notebook that runs a queue's processes and shows it live."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import ipywidgets

from rinq.charts.live_pages import LivePages
from rinq.charts.pages import PAGES
from rinq.charts.picture import snapshot_png
from rinq.config import Config
from rinq.errors import ConfigError, RinqError
from rinq.fleet.fleet import Fleet
from rinq.queue import Status
from rinq.queue.model import check_process_name
from rinq.room import actions as acts
from rinq.room import html as pieces
from rinq.room.actions import DONE, ERROR, REFUSED, Answer
from rinq.room.bridge import EventLoopBridge
from rinq.room.panel import ALL, FILTERS, NO_JOB, NO_LOG, WINDOWS, Panel, Presses
from rinq.room.renewal import renew
from rinq.room.sliders import Knob
from rinq.room.snapshot import RoomState, SnapshotReader, ViewOptions, nothing

REFRESH = 0.5  # real seconds between two looks at the queue, like
RETRY = 5.0  # after one that failed, and
PATIENCE = 10.0  # until a button whose action is under way can be pressed again

_rooms: dict[Path, ControlRoom] = {}  # the newest of each database: the one that is kept fresh


class ControlRoom:
    """Start and stop the roles of one queue by name, and watch its jobs.

    It lives on the event loop on which it was made, the kernel's: widgets change there
    alone, and what may take long is done in a thread. Without a running loop each press
    is carried out, and the panel renewed, before the callback returns. Processes that
    were started here end with this program.

    Args:
        config: a ``Config``, or the path of a config file; without one, ``config.yaml``
            of the current directory, if it is there. What is wrong with it, the panel
            says; it looks again until it can be read.
    """

    def __init__(self, config: Config | Path | str | None = None) -> None:
        self._config = config
        self._fleet: Fleet | None = None
        self._kept: Fleet | None = None  # the same, for what outlives this program
        self._former: list[Fleet] = []
        self._lock = threading.Lock()
        self._scene = SnapshotReader()
        self._pages = LivePages()
        self._seen = nothing()
        self._wish = ViewOptions()
        self._page, self._list = "Overview", "Moves"
        self._drawn: object = None
        self._said: deque[str] = deque(maxlen=5)
        self._connected = self._closed = self._outdated = self._held = False
        self._settled = 0.0  # monotonic: a look that began earlier knows old settings
        self._wake = asyncio.Event()
        self._home = EventLoopBridge(self._live)
        self._panel = Panel(cast("Presses", Presser(self._home, self)))
        if isinstance(config, Path | str):
            self._panel.config.value = str(config)
        self._renewed(self._seen)
        self._show(self._look())
        self._home.find()

    @property
    def config(self) -> Config:
        """The config as read. Raises: ConfigError."""
        return self._connect().config

    def close(self) -> None:
        """Refresh no more, and stop the processes that were started here."""
        self._closed = True
        for fleet in (*self._former, self._fleet):
            if fleet is not None:
                fleet.close()
        self._home.call(self._shut)

    def retire(self, database: Path) -> None:
        """Stand still from now on, if this queue is still shown: a newer room shows it."""
        shown = self._fleet is not None and self._fleet.config.database == database
        if shown and not self._closed:
            self._outdated = True
            why = "This queue was opened in a newer room; this one stands still."
            self._home.call(partial(self._say, REFUSED, why))

    def __repr__(self) -> str:
        return "The control room: run this cell to open it."

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        shown: dict[str, Any] = self._panel.root._repr_mimebundle_(**options)
        return {**shown, **self._snapshot_png(), "text/plain": repr(self)}

    def _snapshot_png(self) -> dict[str, Any]:
        """The Overview as a picture and the counts as a line, for where no widget is shown."""
        figures = [chart.figure(self._seen.look) for chart in PAGES["Overview"]]
        totals = self._seen.look.history.totals
        counts = ", ".join(f"{totals[status]:,} {status}" for status in Status)
        return {"image/png": snapshot_png(figures, f"Control room: {counts}.")}

    # What the buttons do; each names what it will say

    def open(self) -> None:
        path = self._panel.config.value.strip()
        former = self._fleet

        def connect() -> Answer:
            try:
                config = Config.load(path or None)
                SnapshotReader().look(Fleet(config))
            except RinqError as error:
                there = f" Still connected to {former.config.database}." if former else ""
                why = f"{_sentence(error)}{there}"
                self._home.call(partial(self._panel.complain, why))
                return ERROR, why
            with self._lock, self._scene.lock:
                if self._fleet is not None:
                    self._former.append(self._fleet)
                self._fleet, self._config, self._scene = None, config, SnapshotReader()
            seen = self._scene.look(self._connect())
            jobs, running = sum(seen.look.history.totals.values()), len(seen.running())
            self._connected = True
            self._home.call(partial(self._panel.complain, ""))
            self._home.call(self._tell_where)
            return DONE, f"Connected to {config.database}: {_so_many(jobs, running)}."

        self._do(self._panel.open, "Opening…", connect)

    def start(self, role: str) -> None:
        row, keep = self._panel.rows[role], self._panel.keep.value
        if (name := self._checked_name(role)) is None:
            return

        def start() -> Answer:
            answer = acts.start(self._starter(keep), role, name)
            if answer[0] == DONE:
                row.offered = name  # taken now: the field moves on
            return answer

        self._do(row.start, "Starting…", start)

    def stop(self, role: str) -> None:
        if (name := self._checked_name(role)) is None:
            return
        there = self._seen.running()
        if there.get(name, role) != role:
            self._say(REFUSED, f"{name} is a {there[name]}: stop it in that line.")
            return
        button = self._panel.rows[role].stop
        self._act(button, "Stopping…", lambda fleet: acts.stop(fleet, name, role))

    def row(self, act: str, name: str, button: ipywidgets.Button) -> None:
        doing, work = acts.ROW[act]
        keep = self._panel.keep.value and act == "Start again"
        self._do(button, doing, lambda: work(self._starter(keep), name))

    def stop_all(self) -> None:
        self._act(self._panel.stop_all, "Stopping…", acts.stop_all)

    def pause(self) -> None:
        on = not self._seen.paused
        doing = "Pausing…" if on else "Resuming…"
        self._act(self._panel.pause, doing, lambda fleet: acts.pause(fleet, on=on))

    def change(self, knob: Knob, value: float) -> None:
        def change(fleet: Fleet) -> Answer:
            try:
                return acts.change(fleet, knob, value)
            except RinqError:
                self._panel.knobs.forget(knob.key)
                raise
            finally:
                self._settled = time.monotonic()

        self._settled = float("inf")
        self._act(None, f"{knob.label}…", change)

    def redrive(self) -> None:
        self._act(self._panel.redrive, "Redriving…", acts.redrive)

    def export(self) -> None:
        self._act(self._panel.export, "Writing…", acts.export)

    def choose(self, page: str) -> None:
        self._page = page
        self._redraw(f"Showing {page}.")

    def hold(self) -> None:
        self._held = not self._held
        self._panel.hold.description = "Resume drawing" if self._held else "Hold"
        self._redraw("Held: nothing is drawn, counting goes on." if self._held else "Drawing.")

    def wish(self) -> None:
        self._wish = self._wished()
        self._wake.set()
        if self._home.find() is None:
            self._show(self._look())

    def _wished(self) -> ViewOptions:
        panel, log, job = self._panel, self._panel.log_of.value, self._panel.job.value
        status = panel.status.value
        return ViewOptions(
            WINDOWS[panel.window.value],
            FILTERS[panel.filter.value],
            None if log == NO_LOG else log,
            self._list == "Jobs",
            None if status == ALL else Status(status),
            panel.contains.value.strip(),
            None if job == NO_JOB else job,
        )

    def list(self, page: str) -> None:
        self._list = page
        self._panel.list(page)
        self._say(DONE, f"Showing {page}.")
        self.wish()

    def edited(self, role: str) -> None:
        row = self._panel.rows[role]
        row.complain("")
        row.judge(self._seen.running(role))

    def _redraw(self, said: str) -> None:
        self._say(DONE, said)
        self._show(self._seen)

    def _starter(self, keep: bool) -> Fleet:
        fleet = self._connect()
        if not keep:
            return fleet
        if self._kept is None or self._kept.config is not fleet.config:
            self._kept = Fleet(fleet.config, keep=True)
        return self._kept

    def _checked_name(self, role: str) -> str | None:
        row = self._panel.rows[role]
        try:
            name = check_process_name(row.name.value.strip(), role)
        except ConfigError as error:
            row.complain(str(error))
            self._say(REFUSED, str(error))
            return None
        row.complain("")
        return name

    # How it is done: on the loop, or, where none runs, in whatever thread pressed

    def _act(
        self, button: ipywidgets.Button | None, doing: str, work: Callable[[Fleet], Answer]
    ) -> None:
        self._do(button, doing, lambda: work(self._connect()))

    def _do(self, button: ipywidgets.Button | None, doing: str, work: Callable[[], Answer]) -> None:
        if self._closed:
            self._say(REFUSED, "This room is closed: run its cell again.")
        elif button is not None and button.disabled:
            self._say(REFUSED, f"{doing} One press is enough.")
        elif self._home.find() is None:
            self._say(*self._attempt(work))
            self._show(self._look())
        else:
            self._home.begin(self._carry_out(button, doing, work))

    async def _carry_out(
        self, button: ipywidgets.Button | None, doing: str, work: Callable[[], Answer]
    ) -> None:
        if button is not None:
            text, button.description, button.disabled = button.description, doing, True
        answer = asyncio.ensure_future(asyncio.to_thread(self._attempt, work))
        try:
            _, waiting = await asyncio.wait([answer], timeout=PATIENCE)
        finally:
            if button is not None:
                button.description, button.disabled = text, False
        if waiting:
            self._say(REFUSED, f"{doing} This takes longer than {PATIENCE:g} s, and goes on.")
        self._say(*await answer)
        self._wake.set()

    def _attempt(self, work: Callable[[], Answer]) -> Answer:
        try:
            answer = work()
            if self._closed and self._fleet is not None:
                self._fleet.close()  # what was started while the room was closed
        except Exception as error:
            return ERROR, _sentence(error)
        return answer

    def _connect(self) -> Fleet:
        """The fleet of the config, which is read when first asked for. Raises: ConfigError."""
        with self._lock:
            if self._fleet is None:
                config = acts.load(self._config)
                self._fleet = Fleet(config)
                earlier = _rooms.get(config.database)
                _rooms[config.database] = self
                if earlier is not None and earlier is not self:
                    earlier.retire(config.database)
            return self._fleet

    async def _live(self) -> None:
        """Keep the panel fresh."""
        self._wake = asyncio.Event()
        while not (self._closed or self._outdated):
            pause = self._show(await asyncio.to_thread(self._look))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)
            self._wake.clear()

    def _look(self) -> RoomState | Exception:
        try:
            return self._scene.look(self._connect(), self._wish)
        except Exception as error:
            return error

    def _show(self, found: RoomState | Exception) -> float:
        """Renew what changed, or say what is wrong. Returns the real seconds to the next look."""
        error = found if isinstance(found, Exception) else self._renewed(found)
        if error is not None:
            self._connected = False
            again = f" Trying again in {RETRY:g} s." if self._home.find() else ""
            self._say(ERROR, f"{_sentence(error)}{again}")
            return RETRY
        if not self._connected:
            self._connected = True
            self._tell_where()
            running, jobs = len(self._seen.running()), sum(self._seen.look.history.totals.values())
            hint = "" if running else " Start a producer and a consumer to see jobs move."
            self._say(DONE, f"Connected: {_so_many(jobs, running)}.{hint}")
        return REFRESH

    def _tell_where(self) -> None:
        self._panel.where.value = pieces.where(self.config.primary_path, self.config.database)

    def _renewed(self, seen: RoomState) -> Exception | None:
        try:
            self._renew(seen)
        except Exception as error:
            return error
        return None

    def _renew(self, seen: RoomState) -> None:
        self._seen = seen
        settings = seen.began > self._settled
        renew(self._panel, seen, held=self._held, jobs=self._wish.jobs, settings=settings)
        self._wish = self._wished()
        if not self._held and (key := (self._page, seen.key)) != self._drawn:
            self._panel.draw(self._page, self._pages.draw(self._page, seen.look))
            self._drawn = key

    def _say(self, sign: str, text: str) -> None:
        if not self._said or self._said[-1] != text:
            self._said.append(text)
        self._panel.message.value = pieces.message(sign, time.time(), text, list(self._said))

    def _shut(self) -> None:
        self._show(self._look())
        self._say(DONE, "The room is closed; what was started in it has stopped.")


class Presser:
    """Carries what the widgets call to the room, on its loop: a press may come in any thread."""

    def __init__(self, home: EventLoopBridge, room: ControlRoom) -> None:
        self._home, self._room = home, room

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given: self._home.call(partial(getattr(self._room, name), *given))


def _so_many(jobs: int, running: int) -> str:
    return f"{jobs:,} jobs, {running} processes running"


def _sentence(error: Exception) -> str:
    text = str(error) if isinstance(error, RinqError) else f"{type(error).__name__}: {error}."
    return " ".join(text.split())
