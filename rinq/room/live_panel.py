"""Keeps the panel up to date: reads the queue, shows what changed, and says what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque

from rinq.charts.live_pages import LivePages
from rinq.room import html
from rinq.room.actions import DONE, ERROR, error_text
from rinq.room.bridge import EventLoopBridge
from rinq.room.connection import RoomConnection
from rinq.room.panel import Panel
from rinq.room.state import RoomState, ViewOptions, empty_state
from rinq.room.update import update_panel

REFRESH = 0.5  # real seconds between two readings of the queue
RETRY = 5.0  # real seconds until the next one, after a reading that failed


class LivePanel:
    """A panel and the state that it shows; all methods are called on the bridge's event loop.

    Without a running loop they are called in the thread of a press, and nothing is read but
    when something is pressed.
    """

    def __init__(self, panel: Panel, connection: RoomConnection) -> None:
        self.panel = panel
        self.bridge = EventLoopBridge(self._keep_fresh)
        self.state = empty_state()
        self.page = "Overview"
        self.held = False  # nothing is drawn
        self.settings_changed = 0.0  # monotonic: a reading that began earlier has the old settings
        self._connection = connection
        self._connected = False
        self._pages = LivePages()
        self._drawn: object = None
        self._messages: deque[str] = deque(maxlen=5)
        self._wake = asyncio.Event()

    def open(self) -> None:
        """Show the queue for the first time, and keep the panel fresh if a loop runs."""
        self._update(self.state)
        self.show(self.read(ViewOptions()))
        self.bridge.find_loop()

    def say(self, sign: str, text: str) -> None:
        """Show a sentence in the message line."""
        if not self._messages or self._messages[-1] != text:
            self._messages.append(text)
        self.panel.message.value = html.message(sign, time.time(), text, list(self._messages))

    def refresh(self) -> None:
        """Read the queue and show it: soon, or at once where no loop runs."""
        self._wake.set()
        if self.bridge.find_loop() is None:
            self.show(self.read(self.panel.view_options()))

    def redraw(self, text: str) -> None:
        """Show the same state again, and say what was changed."""
        self.say(DONE, text)
        self.show(self.state)

    def connected(self) -> None:
        """The room is connected: show to what."""
        self._connected = True
        config = self._connection.fleet().config
        self.panel.paths.value = html.paths(config.primary_path, config.database)

    def read(self, options: ViewOptions) -> RoomState | Exception:
        """The state of the queue, or why it cannot be read; in any thread."""
        try:
            return self._connection.reader().read(options)
        except Exception as error:
            return error

    def show(self, found: RoomState | Exception) -> float:
        """Show what changed, or say what is wrong. Returns real seconds to the next reading."""
        error = found if isinstance(found, Exception) else self._update(found)
        if error is not None:
            self._connected = False
            again = f" Trying again in {RETRY:g} s." if self.bridge.find_loop() else ""
            self.say(ERROR, f"{error_text(error)}{again}")
            return RETRY
        if not self._connected:
            self.connected()
            hint = " Start a producer and a consumer to see jobs move."
            summary = f"Connected: {self.state.summary()}."
            self.say(DONE, summary if self.state.running() else summary + hint)
        return REFRESH

    async def _keep_fresh(self) -> None:
        self._wake = asyncio.Event()
        while not (self._connection.closed or self._connection.replaced):
            pause = self.show(await asyncio.to_thread(self.read, self.panel.view_options()))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)
            self._wake.clear()

    def _update(self, state: RoomState) -> Exception | None:
        """Show the state. Returns what went wrong."""
        self.state = state
        try:
            settings = state.read_at > self.settings_changed
            update_panel(self.panel, state, held=self.held, settings=settings)
            drawn = (self.page, state.drawn_from)
            if not self.held and drawn != self._drawn:
                self.panel.show_charts(self.page, self._pages.draw(self.page, state.snapshot))
                self._drawn = drawn
        except Exception as error:
            return error
        return None
