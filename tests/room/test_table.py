"""The buttons of a process in the table."""

from __future__ import annotations

import asyncio
import re

from room_by_press import alive, config_in, message, opened, press, text, totals, until

from rinq.fleet.fleet import Fleet
from rinq.queue import Status


def test_a_row_freezes_thaws_kills_starts_again_and_forgets_its_process(tmp_path):
    config = config_in(
        tmp_path, consumer={"work_time": 3000}, manager={"interval": 1, "timeout": 2000}
    )

    async def scenario():
        async with opened(config) as room:
            for role in ("producer", "consumer"):
                press(room, "start", role)
            await until(lambda: "consumer-1" in room._panel.table.lines)
            await until(lambda: totals(room)[Status.PROCESSING])

            async def act(position, name, answer):
                line = room._panel.table.lines["consumer-1"]
                await until(lambda: line.buttons[position].description == name)
                line.buttons[position].click()
                await until(lambda: re.match(answer, message(room)))

            await act(2, "Freeze", r"✓ consumer-1 frozen holding \w{10}; lease over in \d")
            await act(2, "Thaw", r"✓ consumer-1 resumed\.$")
            alone = r"✓ consumer-1 killed\. No manager is running: \w{10} stays processing until"
            await act(1, "Kill", alone)
            await until(lambda: "holds" in text(room))
            await act(0, "Start again", r"✓ consumer-1 started \(pid")
            await act(0, "Stop", r"✓ consumer-1 stopped")
            await act(1, "Forget", r"✓ consumer-1 is off the list\.")
            await until(lambda: "consumer-1" not in room._panel.table.lines)
            press(room, "start", "manager")
            press(room, "start", "consumer", "consumer-1")
            await until(lambda: {"manager-1", "consumer-1"} <= alive(config))
            await until(lambda: "consumer-1" in room._panel.table.lines)
            await until(lambda: room._panel.table.lines["consumer-1"].text.value.count("<code>"))
            with_manager = (
                r"✓ consumer-1 killed\. Its job \w{10} stays processing until the manager"
            )
            await act(1, "Kill", with_manager)

    asyncio.run(scenario())


def test_a_killed_consumer_is_shown_as_killed(room, config):
    press(room, "start", "consumer")
    Fleet(config).kill("consumer-1")
    press(room, "stop", "consumer", "consumer-1")
    assert message(room) == "⚠ No consumer-1 is running."
    assert "killed" in text(room)
