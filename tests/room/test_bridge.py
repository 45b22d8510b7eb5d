"""Handlers run on the event loop of the room, and in the context of its cell."""

from __future__ import annotations

import asyncio
import contextvars
import threading

from room_by_press import alive, message, opened, press, row, text, until

from rinq.room.control_room import ControlRoom


def test_a_press_in_another_thread_is_carried_out_and_widgets_change_on_the_loop_alone(config):
    async def scenario():
        async with opened(config) as room:
            threads = set()
            for widget in (
                room._panel.message,
                room._panel.pill,
                row(room, "producer").start,
            ):
                widget.observe(lambda _: threads.add(threading.current_thread()), names="value")
                widget.observe(lambda _: threads.add(threading.current_thread()), names="disabled")
            button = row(room, "producer").start
            presser = threading.Thread(target=button.click)
            presser.start()
            presser.join()
            await until(lambda: message(room).startswith("✓ producer-1 started"))
            await until(lambda: "producer-1" in text(room))
            assert threads == {threading.current_thread()}
            await asyncio.to_thread(room.close)
            await until(lambda: message(room).startswith("✓ The room is closed"))

    asyncio.run(scenario())


def test_what_a_press_changes_is_sent_in_the_context_of_the_cell_not_of_the_press(config):
    """Else ipykernel moves that widget's messages to the thread of the press."""
    context = contextvars.ContextVar("context")
    sent = set()

    async def scenario():
        context.set("cell")
        async with opened(config) as room:
            button = row(room, "consumer").start
            room._panel.message.observe(lambda _: sent.add(context.get()), "value")
            button.observe(lambda _: sent.add(context.get()), "disabled")
            context.set("press")
            press(room, "start", "consumer", "")
            press(room, "stop", "consumer", "nobody")
            await until(lambda: message(room) == "⚠ No nobody is running.")
            row(room, "consumer").name.value = "somebody"
            presser = threading.Thread(target=row(room, "consumer").stop.click)
            contextvars.copy_context().run(presser.start)
            presser.join()
            await until(lambda: message(room) == "⚠ No somebody is running.")

    asyncio.run(scenario())
    assert sent == {"cell"}


def test_a_room_made_without_a_loop_is_kept_fresh_on_the_first_that_it_finds(config):
    context = contextvars.ContextVar("context", default="cell")
    room = ControlRoom(config)
    sent = set()
    room._panel.pill.observe(lambda _: sent.add(context.get()), "value")

    async def scenario():
        context.set("press")
        press(room, "start", "producer")
        await until(lambda: message(room).startswith("✓ producer-1 started"))
        await until(lambda: "producer-1" in text(room))

    asyncio.run(scenario())
    room.close()
    assert alive(config) == set()
    assert sent == {"cell"}
