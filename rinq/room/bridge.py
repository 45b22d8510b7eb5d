"""The event loop on which a panel lives: there alone its widgets change."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any


class EventLoopBridge:
    """The first running loop that is met; another one, when that has ended.

    Everything is done in the context in which this was made, a cell's, and not in that of
    the button that was pressed: ipykernel answers a widget on the channel, and so in the
    thread, that last spoke to it, and two channels would overtake each other.

    Args:
        live: what to run on the loop, from when it is found.
    """

    def __init__(self, live: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._live = live
        self._context = contextvars.copy_context()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # a loop itself holds its tasks weakly

    def find(self) -> asyncio.AbstractEventLoop | None:
        """The loop; None where none runs."""
        if self._loop is None or not self._loop.is_running():
            self._loop = running_loop()
            if self._loop is not None:
                self.begin(self._live())
        return self._loop

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run this on the loop, which is the caller's."""
        task = asyncio.get_running_loop().create_task(work, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def call(self, act: Callable[[], None]) -> None:
        """Do this on the loop, whatever the calling thread; at once, where there is none."""
        loop = self.find()
        context = self._context.copy()
        if loop is None or loop is running_loop():
            context.run(act)
        else:
            loop.call_soon_threadsafe(act, context=context)


def running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
