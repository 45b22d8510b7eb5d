"""The control room as a test handles it without a browser: it presses widgets and reads them."""

from __future__ import annotations

import asyncio
import contextlib
import re
from html import unescape

from rinq.config import Config
from rinq.fleet.fleet import Fleet
from rinq.room.control_room import ControlRoom

FAST = {
    "producer": {"interval": 0.05},
    "consumer": {"interval": 0.05},
    "cleaner": {"interval": 1},
    "manager": {"interval": 1},
}


def config_in(folder, **sections):
    general = {"primary_path": str(folder / "jobs"), "durability": "normal"}
    return Config.parse({**FAST, **sections, "general": general})


@contextlib.asynccontextmanager
async def opened(config):
    """A room on the running loop; closed, with what was started in it, at the end."""
    room = ControlRoom(config)
    try:
        yield room
    finally:
        await asyncio.to_thread(room.close)


async def until(condition, timeout=30):  # noqa: ASYNC109
    async with asyncio.timeout(timeout):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def press(room, what, role, name=None):
    """Press a button of a role's line, after typing a name."""
    line = row(room, role)
    if name is not None:
        line.name.value = name
    getattr(line, what).click()


def message(room):
    """The message line as it reads, without its time."""
    shown = re.sub(r"<[^>]*>", "", room._panel.message.value)
    return unescape(re.sub(r"\d\d:\d\d:\d\d ", "", shown)).strip()


def row(room, role):
    return room._panel.rows[role]


def text(room):
    """The table of processes as it reads."""
    return " ".join(line.text.value for line in room._panel.table.lines.values())


def chart(room, place=0):
    return room._panel.charts[place].value


def totals(room):
    """How many jobs the room has read of each status."""
    return room._live.state.totals


def read(room):
    """The state of the queue, read now."""
    return room._live.read(room._panel.view_options())


def is_muted(button):
    return "rinq-muted" in button._dom_classes


def alive(config):
    return {process.name for process in Fleet(config).processes() if process.alive}
