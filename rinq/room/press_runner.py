"""Carries out what a press asks for, without blocking the event loop, and shows the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import ipywidgets as w

from rinq.room.actions import ERROR, REFUSED, Answer, error_text
from rinq.room.connection import RoomConnection
from rinq.room.live_panel import LivePanel

PATIENCE = 10.0  # real seconds until a button whose action is under way can be pressed again


class PressRunner:
    """Runs actions: in a thread while an event loop runs, else before the press returns."""

    def __init__(self, live: LivePanel, connection: RoomConnection) -> None:
        self._live, self._connection = live, connection

    def run(self, button: w.Button | None, doing: str, action: Callable[[], Answer]) -> None:
        """Run an action and show its answer; meanwhile the button says what is being done."""
        if self._connection.closed:
            self._live.say(REFUSED, "This room is closed: run its cell again.")
        elif button is not None and button.disabled:
            self._live.say(REFUSED, f"{doing} One press is enough.")
        elif self._live.bridge.find_loop() is None:
            self._live.say(*self._answer(action))
            self._live.refresh()
        else:
            self._live.bridge.start_task(self._run_in_thread(button, doing, action))

    async def _run_in_thread(
        self, button: w.Button | None, doing: str, action: Callable[[], Answer]
    ) -> None:
        if button is not None:
            text, button.description, button.disabled = button.description, doing, True
        answer = asyncio.ensure_future(asyncio.to_thread(self._answer, action))
        try:
            _, pending = await asyncio.wait([answer], timeout=PATIENCE)
        finally:
            if button is not None:
                button.description, button.disabled = text, False
        if pending:
            self._live.say(REFUSED, f"{doing} This takes longer than {PATIENCE:g} s; it continues.")
        self._live.say(*await answer)
        self._live.refresh()

    def _answer(self, action: Callable[[], Answer]) -> Answer:
        try:
            answer = action()
            if self._connection.closed:
                self._connection.close()  # ends what was started while the room was closed
        except Exception as error:
            return ERROR, error_text(error)
        return answer
