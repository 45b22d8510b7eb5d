"""From a widget to what it does: all widget updates run on the kernel's event loop."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any, TypeVarTuple

import ipywidgets as w

Ts = TypeVarTuple("Ts")


class EventLoopBridge:
    """Calls handlers on the event loop of a panel, whatever thread a widget was pressed in.

    The loop is the first running one that is found, and another one after that has ended.
    Without a running loop a handler is called before the press returns.

    Handlers run in the context in which this object was made, a cell's, and not in the
    context of the press: ipykernel answers a widget on the channel, and so in the thread,
    that last spoke to it, and messages on two channels could overtake each other.

    Args:
        background: what to run on the loop, from when it is found.
    """

    def __init__(self, background: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._background = background
        self._context = contextvars.copy_context()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # a loop itself holds its tasks weakly

    def on_click(self, button: w.Button, handler: Callable[[*Ts], None], *args: *Ts) -> None:
        """Call the handler when the button is pressed."""
        button.on_click(lambda _: self.call(handler, *args))

    def on_change(self, field: w.ValueWidget, handler: Callable[[*Ts], None], *args: *Ts) -> None:
        """Call the handler when the field's value changes."""
        field.observe(lambda _: self.call(handler, *args), "value")

    def call(self, function: Callable[[*Ts], None], *args: *Ts) -> None:
        """Call this on the loop, whatever the calling thread; at once where there is no loop."""
        loop = self.find_loop()
        context = self._context.copy()
        if loop is None or loop is running_loop():
            context.run(function, *args)
        else:
            loop.call_soon_threadsafe(function, *args, context=context)

    def find_loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop; None where none runs."""
        if self._loop is None or not self._loop.is_running():
            self._loop = running_loop()
            if self._loop is not None:
                self.start_task(self._background())
        return self._loop

    def start_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Run this on the loop; called on the loop."""
        task = asyncio.get_running_loop().create_task(work, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs in this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
