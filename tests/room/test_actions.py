"""What an action answers."""

from __future__ import annotations

from room_by_press import config_in, is_muted, message, press, row

from rinq.queue import Status, open_queue
from rinq.room.control_room import ControlRoom


def test_a_stopped_consumer_hands_back_its_job_and_the_message_names_it(tmp_path, eventually):
    config = config_in(tmp_path, consumer={"work_time": 3000})
    room = ControlRoom(config)
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "aaaaaaaaaa").write_text("text", "utf-8")
    with open_queue(config) as queue:
        queue.submit("aaaaaaaaaa")
        press(room, "start", "consumer")
        eventually(lambda: queue.counts()[Status.PROCESSING])
        press(room, "stop", "consumer", "consumer-1")
        assert message(room) == "✓ consumer-1 stopped; its job aaaaaaaaaa was handed back."
        assert queue.counts()[Status.UNPROCESSED] == 1
    room.close()


def test_a_process_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path):
    room = ControlRoom(config_in(tmp_path, consumer={"handler": "no_such_module:work"}))
    press(room, "start", "consumer")
    assert message(room).startswith("✕ consumer-1 did not start. Its log ends: ")
    assert "no_such_module" in message(room)
    assert row(room, "consumer").name.value == "consumer-1"
    room.close()


def test_stop_all_says_when_there_is_nothing_to_stop(room):
    assert is_muted(room._panel.stop_all)
    assert room._panel.stop_all.tooltip == "Nothing is running."
    room._panel.stop_all.click()
    assert message(room) == "⚠ Nothing is running."
