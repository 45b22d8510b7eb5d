"""What is read of a queue, by what was chosen to be seen."""

from __future__ import annotations

import re

from room_by_press import message, read

from rinq.queue import open_queue
from rinq.room import snapshot, update


def test_moves_that_find_no_room_in_the_list_are_counted_for_a_second(room, config):
    with open_queue(config) as queue:
        for i in range(57):
            queue.submit(f"{i:010}")
        queue.clock.shift(-30)  # the second lasts as long as the test
        room._live.refresh()
        assert room._panel.moves.value.count("<tr>") == 1 + 50
        assert "+ 7 more this second" in room._panel.moves.value
        queue.clock.shift(60)
        room._live.refresh()
        assert "this second" not in room._panel.moves.value


def test_a_list_of_many_jobs_says_how_many_were_searched(room, config, monkeypatch):
    monkeypatch.setattr(snapshot, "SEARCHED", 2)
    monkeypatch.setattr(update, "SEARCHED", 2)
    with open_queue(config) as queue:
        for name in ("aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"):
            queue.submit(name)
    panel = room._panel
    panel.lists["Jobs"].click()
    assert "2 of 3, newest change first; looked for among the 2 that changed" in panel.jobs.value
    panel.contains.value = "aa"
    assert "No job fits among the 2 that changed last." in panel.jobs.value


def test_jobs_are_found_by_status_and_name_and_the_history_of_one_is_shown(room, config):
    with open_queue(config) as queue:
        for name in ("aaaaaaaaaa", "bbbbbbbbbb", "bbbbbbbbbc"):
            queue.submit(name)
        queue.complete(queue.claim("x"))
    panel = room._panel
    panel.lists["Jobs"].click()
    assert message(room) == "✓ Showing Jobs."
    assert re.findall(r"<code>(\w+)", panel.jobs.value)[0] == "aaaaaaaaaa"  # it changed last
    panel.status.value = "unprocessed"
    assert re.findall(r"<code>(\w+)", panel.jobs.value) == ["bbbbbbbbbc", "bbbbbbbbbb"]
    assert "2 of 3, newest change first<" in panel.jobs.value
    panel.contains.value = "bc"
    assert re.findall(r"<code>(\w+)", panel.jobs.value) == ["bbbbbbbbbc"]
    panel.status.value = "all jobs"
    panel.contains.value = ""
    panel.job.value = "aaaaaaaaaa"
    assert "History of <code>aaaaaaaaaa" in panel.job_history.value
    assert [word in panel.job_history.value for word in ("submitted", "claimed", "completed")] == [
        True
    ] * 3
    panel.contains.value = "zz"
    assert "No job fits" in panel.jobs.value
    assert panel.job.value == "aaaaaaaaaa"


def test_charts_show_about_a_minute_at_every_speed(room, config):
    with open_queue(config) as queue:
        for speed in (0.1, 1, 3, 20, 100, 1000):
            queue.clock.set_speed(speed)
            window = read(room).window
            assert 35 <= window / speed <= 90, (speed, window)
    assert read(room).speed == 1000
