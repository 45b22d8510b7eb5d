"""A slider and the live setting that it shows."""

from __future__ import annotations

import asyncio

import pytest
from room_by_press import message, opened, press, text, until

from rinq.queue import open_queue


def test_a_slider_changes_the_setting_and_follows_what_is_changed_elsewhere(config):
    async def scenario():
        async with opened(config) as room:
            press(room, "start", "producer")
            await until(lambda: "producer-1" in text(room))
            sliders = room._panel.sliders.sliders
            await until(lambda: sliders["manager.timeout"].value == 60)
            sliders["faults.error_rate"].value = 30
            taken = "✓ Errors 30%: taken over by 1 of 1 process within a second."
            await until(lambda: message(room) == taken)
            with open_queue(config) as queue:
                assert queue.settings.read() == {"faults.error_rate": 0.3}
                queue.clock.set_speed(20)
                await until(lambda: sliders["speed"].value == pytest.approx(20))
                assert message(room) == taken  # following is not a press
                sliders["faults.crash_rate"].value = 90
                await until(lambda: "sum is at most 1" in message(room))
                await until(lambda: sliders["faults.crash_rate"].value == 0)
                room._panel.pause.click()
                await until(lambda: message(room).startswith("✓ Paused."))
                assert queue.settings.read()["paused"] is True
                await until(lambda: room._panel.pause.description == "Resume queue")
                assert "paused" in room._panel.pill.value

    asyncio.run(scenario())
