"""The control room with real processes, its buttons pressed: on a loop, off it, and without one."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import re
import threading
from html import unescape

import pytest

import rinq
from rinq.charts import status
from rinq.config import Config
from rinq.errors import ConfigError
from rinq.fleet.fleet import Fleet
from rinq.queue import Status, open_queue
from rinq.room import control_room, renewal
from rinq.room import snapshot as scene
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


@pytest.fixture
def config(tmp_path):
    return config_in(tmp_path)


@pytest.fixture
def room(config):
    """A room where no loop runs."""
    opened = ControlRoom(config)
    yield opened
    opened.close()


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


def message(room):
    """The message line as it reads, without its time."""
    shown = re.sub(r"<[^>]*>", "", room._panel.message.value)
    return unescape(re.sub(r"\d\d:\d\d:\d\d ", "", shown)).strip()


def row(room, role):
    return room._panel.rows[role]


def press(room, what, role, name=None):
    line = row(room, role)
    if name is not None:
        line.name.value = name
    getattr(line, what).click()


def text(room):
    """The table of processes as it reads."""
    return " ".join(line.text.value for line in room._panel.table.rows.values())


def chart(room, place=0):
    return room._panel.charts[place].value


def muted(button):
    return "rinq-muted" in button._dom_classes


def alive(config):
    return {process.name for process in Fleet(config).processes() if process.alive}


# With a running loop, as in a kernel


def test_the_four_roles_are_started_watched_and_stopped_by_pressing(config):
    async def lesson():
        async with opened(config) as room:
            assert "No jobs yet." in chart(room)
            for role in ("producer", "consumer", "manager", "cleaner"):
                press(room, "start", role)
                await until(lambda role=role: message(room).startswith(f"✓ {role}-1 started (pid "))
                await until(lambda role=role: row(room, role).name.value == f"{role}-2")
            await until(lambda: room._scene.history.totals[Status.PROCESSED] > 2)
            await until(lambda: "attempts ended" in chart(room, 2))
            assert "processed" in chart(room)
            assert text(room).count("<small>running") == 4
            assert "4 running" in room._panel.pill.value
            press(room, "stop", "producer", "producer-1")
            await until(lambda: message(room) == "✓ producer-1 stopped.")
            await until(lambda: "stopped" in text(room))
            room._panel.stop_all.click()
            await until(lambda: message(room) == "✓ Stopped 3.")
            await until(lambda: muted(room._panel.stop_all))
            with open_queue(config) as queue:
                assert room._scene.history.totals == queue.counts()

    asyncio.run(lesson())
    assert alive(config) == set()


def test_a_press_in_another_thread_is_carried_out_and_widgets_change_on_the_loop_alone(config):
    async def lesson():
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

    asyncio.run(lesson())


def test_what_a_press_changes_is_sent_in_the_context_of_the_cell_not_of_the_press(config):
    """Else ipykernel moves that widget's messages to the thread of the press."""
    context = contextvars.ContextVar("context")
    sent = set()

    async def lesson():
        context.set("cell")
        async with opened(config) as room:
            button = row(room, "consumer").start
            room._panel.message.observe(lambda _: sent.add(context.get()), "value")
            button.observe(lambda _: sent.add(context.get()), "disabled")
            context.set("press")
            press(room, "start", "consumer", "")
            press(room, "stop", "consumer", "nobody")
            await until(lambda: message(room) == "⚠ No nobody is running.")
            presser = threading.Thread(target=row(room, "consumer").stop.click)
            contextvars.copy_context().run(presser.start)
            presser.join()
            await until(lambda: message(room) == "⚠ No nobody is running.")

    asyncio.run(lesson())
    assert sent == {"cell"}


def test_a_typed_name_is_not_echoed(room, monkeypatch):
    """Else it is read on another channel than the buttons are, and a press overtakes it."""
    field = row(room, "consumer").name
    sent = []
    monkeypatch.setattr(type(field), "_send", lambda _, message, **__: sent.append(message))
    field.set_state({"value": "typed"})
    assert field.value == "typed"
    assert not [message for message in sent if message["method"] == "echo_update"]


def test_starting_never_blocks_the_loop_and_a_second_press_is_answered(config, monkeypatch):
    go_on = threading.Event()

    def slow_start(fleet, role, name):
        assert go_on.wait(30)
        raise rinq.RinqError("not today")

    monkeypatch.setattr(Fleet, "start", slow_start)

    async def lesson():
        async with opened(config) as room:
            button = row(room, "consumer").start
            button.click()
            await until(lambda: button.description == "Starting…")
            assert button.disabled
            button.click()
            assert message(room) == "⚠ Starting… One press is enough."
            go_on.set()
            await until(lambda: "not today" in message(room))
            assert (button.description, button.disabled) == ("Start", False)

    asyncio.run(lesson())


def test_looking_never_blocks_the_loop(config, monkeypatch):
    monkeypatch.setattr(control_room, "REFRESH", 0.01)
    go_on, looking = threading.Event(), threading.Event()

    async def lesson():
        async with opened(config) as room:
            look = room._scene.look

            def slow_look(fleet, wish):
                looking.set()
                assert go_on.wait(30)
                return look(fleet, wish)

            room._scene.look = slow_look
            await until(looking.is_set)
            press(room, "stop", "consumer", "")  # answered while the look goes on
            assert message(room).startswith("⚠ A consumer needs a name")
            go_on.set()

    asyncio.run(lesson())


def test_a_button_is_not_dead_for_long(config, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(control_room, "PATIENCE", 0.01)
    monkeypatch.setattr(Fleet, "stop_all", lambda _: go_on.wait(30) and {})

    async def lesson():
        async with opened(config) as room:
            room._panel.stop_all.click()
            await until(lambda: "goes on" in message(room))
            assert not room._panel.stop_all.disabled
            go_on.set()
            await until(lambda: message(room) == "⚠ Nothing is running.")

    asyncio.run(lesson())


def test_the_panel_shows_its_own_trouble_and_comes_back(config, monkeypatch):
    monkeypatch.setattr(control_room, "RETRY", 0.01)
    monkeypatch.setattr(control_room, "REFRESH", 0.01)
    with open_queue(config) as queue:
        queue.submit("aaaaaaaaaa")

    async def lesson():
        async with opened(config) as room:
            draw = status.jobs_by_status

            def broken(*args, **options):
                raise ValueError("<b>no ink</b>")

            status.jobs_by_status = broken
            try:
                with open_queue(config) as queue:
                    queue.submit("bbbbbbbbbb")
                await until(lambda: message(room).startswith("✕ ValueError: <b>no ink</b>."))
                assert "<b>" not in room._panel.message.value
            finally:
                status.jobs_by_status = draw
            await until(
                lambda: message(room).startswith("✓ Connected: 2 jobs, 0 processes running.")
            )
            assert "2 unprocessed" in chart(room)

    asyncio.run(lesson())


def test_nothing_is_drawn_anew_while_nothing_changes(config, monkeypatch):
    monkeypatch.setattr(control_room, "REFRESH", 0.01)
    drawn = []
    draw = status.jobs_by_status
    monkeypatch.setattr(
        status, "jobs_by_status", lambda *args, **options: drawn.append(1) or draw(*args, **options)
    )

    async def lesson():
        async with opened(config) as room:
            looks = []
            room._panel.pill.observe(lambda _: looks.append(1), "value")  # a clock: once a second
            await until(lambda: len(looks) > 1)
            assert len(drawn) == 1
            with open_queue(config) as queue:
                queue.submit("aaaaaaaaaa")
            await until(lambda: len(drawn) > 1)
            await until(lambda: "1 unprocessed" in chart(room))

    asyncio.run(lesson())


def test_a_config_that_cannot_be_read_is_one_line_and_is_read_once_it_can_be(tmp_path, monkeypatch):
    monkeypatch.setattr(control_room, "RETRY", 0.01)
    file = tmp_path / "config.yaml"
    file.write_text("consumer:\n  n_tires: 3\n", "utf-8")

    async def lesson():
        async with opened(file) as room:
            wrong = f"✕ {file}: consumer.n_tires: unknown key. Did you mean consumer.n_tries?"
            assert message(room).startswith(wrong)
            with pytest.raises(ConfigError):
                _ = room.config
            file.write_text("general:\n  primary_path: jobs\n", "utf-8")
            await until(lambda: message(room).startswith("✓ Connected: 0 jobs"))
            assert room.config.primary_path == tmp_path / "jobs"
            assert str(tmp_path / "jobs") in room._panel.where.value

    asyncio.run(lesson())


def test_what_was_still_being_started_when_the_room_closed_is_stopped_too(config):
    async def lesson():
        room = ControlRoom(config)
        with room._fleet._lock:  # so that the start waits in its thread
            press(room, "start", "cleaner")
            await until(lambda: row(room, "cleaner").start.disabled)
            room.close()
        await until(lambda: not room._home._tasks)
        with open_queue(config) as queue:
            assert [process.name for process in queue.registry.processes()] == ["cleaner-1"]

    asyncio.run(lesson())
    assert alive(config) == set()


def test_a_newer_room_of_the_same_queue_takes_over(config):
    async def lesson():
        older = ControlRoom(config)
        newer = ControlRoom(config)
        await until(lambda: "newer room" in message(older))
        await until(lambda: not older._home._tasks)
        assert newer._home._tasks
        newer.close()
        await until(lambda: not newer._home._tasks)

    asyncio.run(lesson())


def test_a_room_that_moved_to_another_queue_is_left_alone_by_a_newer_one_of_its_old(tmp_path):
    first, second = config_in(tmp_path / "a"), config_in(tmp_path / "b")
    moved = ControlRoom(first)
    path = tmp_path / "b.yaml"
    path.write_text(json.dumps(second.model_dump(mode="json")))
    moved._panel.config.value = str(path)
    moved._panel.open.click()
    newer = ControlRoom(first)
    try:
        assert not moved._outdated
        ControlRoom(second).close()
        assert moved._outdated
    finally:
        moved.close()
        newer.close()


def test_a_room_made_without_a_loop_comes_alive_on_the_first_that_it_meets(config):
    context = contextvars.ContextVar("context", default="cell")
    room = ControlRoom(config)
    sent = set()
    room._panel.pill.observe(lambda _: sent.add(context.get()), "value")

    async def lesson():
        context.set("press")
        press(room, "start", "producer")
        await until(lambda: message(room).startswith("✓ producer-1 started"))
        await until(lambda: "producer-1" in text(room))

    asyncio.run(lesson())
    room.close()
    assert alive(config) == set()
    assert sent == {"cell"}


def test_a_row_freezes_thaws_kills_starts_again_and_forgets_its_process(tmp_path):
    config = config_in(
        tmp_path, consumer={"work_time": 3000}, manager={"interval": 1, "timeout": 2000}
    )

    async def lesson():
        async with opened(config) as room:
            for role in ("producer", "consumer"):
                press(room, "start", role)
            await until(lambda: "consumer-1" in room._panel.table.rows)
            await until(lambda: room._scene.history.totals[Status.PROCESSING])

            async def act(place, name, said):
                line = room._panel.table.rows["consumer-1"]
                await until(lambda: line.buttons[place].description == name)
                line.buttons[place].click()
                await until(lambda: re.match(said, message(room)))

            await act(2, "Freeze", r"✓ consumer-1 frozen holding \w{10}; lease over in \d")
            await act(2, "Thaw", r"✓ consumer-1 goes on\.$")
            alone = r"✓ consumer-1 killed\. No manager is running: \w{10} stays processing until"
            await act(1, "Kill", alone)
            await until(lambda: "holds" in text(room))
            await act(0, "Start again", r"✓ consumer-1 started \(pid")
            await act(0, "Stop", r"✓ consumer-1 stopped")
            await act(1, "Forget", r"✓ consumer-1 is off the list\.")
            await until(lambda: "consumer-1" not in room._panel.table.rows)
            press(room, "start", "manager")
            press(room, "start", "consumer", "consumer-1")
            await until(lambda: {"manager-1", "consumer-1"} <= alive(config))
            await until(lambda: "consumer-1" in room._panel.table.rows)
            await until(lambda: room._panel.table.rows["consumer-1"].text.value.count("<code>"))
            with_manager = (
                r"✓ consumer-1 killed\. Its job \w{10} stays processing until the manager"
            )
            await act(1, "Kill", with_manager)

    asyncio.run(lesson())


def test_a_slider_changes_the_setting_and_follows_what_is_changed_elsewhere(config):
    async def lesson():
        async with opened(config) as room:
            press(room, "start", "producer")
            await until(lambda: "producer-1" in text(room))
            knobs = room._panel.knobs.sliders
            await until(lambda: knobs["manager.timeout"].value == 60)
            knobs["faults.error_rate"].value = 30
            taken = "✓ Errors 30%: taken over by 1 of 1 process within a second."
            await until(lambda: message(room) == taken)
            with open_queue(config) as queue:
                assert queue.settings.read() == {"faults.error_rate": 0.3}
                queue.clock.set_speed(20)
                await until(lambda: knobs["speed"].value == pytest.approx(20))
                assert message(room) == taken  # following is no press
                knobs["faults.crash_rate"].value = 90
                await until(lambda: "sum is at most 1" in message(room))
                await until(lambda: knobs["faults.crash_rate"].value == 0)
                room._panel.pause.click()
                await until(lambda: message(room).startswith("✓ Paused."))
                assert queue.settings.read()["paused"] is True
                await until(lambda: room._panel.pause.description == "Resume queue")
                assert "paused" in room._panel.pill.value

    asyncio.run(lesson())


def test_another_config_is_opened_and_the_old_connection_stays_until_one_works(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"general: {{primary_path: {name}}}\n", "utf-8")

    async def lesson():
        async with opened(tmp_path / "a.yaml") as room:
            await until(lambda: message(room).startswith("✓ Connected"))
            room._panel.config.value = str(tmp_path / "c.yaml")
            room._panel.open.click()
            await until(lambda: "no such file" in message(room))
            still = f"Still connected to {tmp_path / 'a' / 'rinq.db'}."
            await until(lambda: still in room._panel.config_error.value)
            assert "rinq-wrong" in room._panel.config_line._dom_classes
            assert room.config.primary_path == tmp_path / "a"
            room._panel.config.value = str(tmp_path / "b.yaml")
            room._panel.open.click()
            await until(lambda: room.config.primary_path == tmp_path / "b")
            await until(lambda: str(tmp_path / "b") in room._panel.where.value)
            assert room._panel.config_error.value == ""

    asyncio.run(lesson())


def test_only_the_chosen_page_is_drawn_and_nothing_while_held(config):
    with open_queue(config) as queue:
        queue.submit("aaaaaaaaaa")

    async def lesson():
        async with opened(config) as room:
            await until(lambda: "1 unprocessed" in chart(room))
            room._panel.tabs["Times"].click()
            assert "Times" in chart(room)
            assert chart(room, 2) == ""
            room._panel.hold.click()
            room._panel.tabs["Overview"].click()
            assert "Times" in chart(room)
            assert "held" in room._panel.pill.value
            room._panel.hold.click()
            assert "1 unprocessed" in chart(room)
            room._panel.window.value = "whole run"
            await until(lambda: room._seen.look.whole_run)

    asyncio.run(lesson())


def test_moves_are_listed_failed_jobs_redriven_frames_written_and_a_target_shown(
    room, config, tmp_path, monkeypatch
):
    with open_queue(config) as queue:
        for name in ("aaaaaaaaaa", "bbbbbbbbbb"):
            queue.submit(name)
        queue.fail(queue.claim("x"), "<i>bad</i>", 1)
        assert "rinq-hidden" in room._panel.progress._dom_classes
        room._panel.target.value = "4"
        room._show(room._look())
        assert "rinq-hidden" not in room._panel.progress._dom_classes
        assert "1 of 4 settled" in room._panel.progress.value
        assert room._panel.moves.value.count("<tr>") == 5
        assert "&lt;i&gt;bad" in room._panel.moves.value
        room._panel.filter.value = "only trouble"
        assert room._panel.moves.value.count("<tr>") == 2
        assert room._panel.redrive.description == "Redrive 1 failed"
        room._panel.redrive.click()
        assert message(room).startswith("✓ 1 job put back.")
        assert queue.counts()[Status.UNPROCESSED] == 2
        room._panel.redrive.click()
        assert message(room) == "⚠ No failed jobs."
    monkeypatch.chdir(tmp_path)
    room._panel.export.click()
    assert message(room).startswith("✓ Wrote 5 rows to exports/transitions.csv, and ")
    lines = (tmp_path / "exports" / "transitions.csv").read_text().splitlines()
    assert len(lines) == 1 + 5


def test_moves_that_find_no_room_in_the_list_are_counted_for_a_second(room, config):
    with open_queue(config) as queue:
        for i in range(57):
            queue.submit(f"{i:010}")
        queue.clock.shift(-30)  # the second lasts as long as the test
        room._show(room._look())
        assert room._panel.moves.value.count("<tr>") == 1 + 50
        assert "+ 7 more this second" in room._panel.moves.value
        queue.clock.shift(60)
        room._show(room._look())
        assert "this second" not in room._panel.moves.value


def test_a_list_of_many_jobs_says_among_how_many_it_looked(room, config, monkeypatch):
    monkeypatch.setattr(scene, "MOST_LOOKED_AT", 2)
    monkeypatch.setattr(renewal, "MOST_LOOKED_AT", 2)
    with open_queue(config) as queue:
        for name in ("aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"):
            queue.submit(name)
    panel = room._panel
    panel.lists["Jobs"].click()
    assert "2 of 3, newest change first; looked for among the 2 that changed" in panel.jobs.value
    panel.contains.value = "aa"
    assert "No job fits among the 2 that changed last." in panel.jobs.value


def test_jobs_are_found_by_status_and_name_and_one_tells_its_history(room, config):
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
    assert "History of <code>aaaaaaaaaa" in panel.story.value
    assert [word in panel.story.value for word in ("submitted", "claimed", "completed")] == [
        True
    ] * 3
    panel.contains.value = "zz"
    assert "No job fits" in panel.jobs.value
    assert panel.job.value == "aaaaaaaaaa"


def test_what_was_started_to_be_kept_outlives_the_room(room, config):
    room._panel.keep.value = True
    press(room, "start", "cleaner")
    room.close()
    assert alive(config) == {"cleaner-1"}
    Fleet(config).stop_all()


def test_what_is_started_again_to_be_kept_outlives_the_room_too(room, config):
    press(room, "start", "cleaner")
    Fleet(config).kill("cleaner-1")
    room._panel.keep.value = True
    press(room, "start", "cleaner", "cleaner-1")
    room.close()
    assert alive(config) == {"cleaner-1"}
    Fleet(config).stop_all()


def test_a_viewer_without_widgets_gets_a_picture_with_a_line_of_counts(room, config, monkeypatch):
    lines = []
    draw = control_room.snapshot_png
    monkeypatch.setattr(
        control_room,
        "snapshot_png",
        lambda figures, line: lines.append(line) or draw(figures, line),
    )

    with open_queue(config) as queue:
        queue.submit("aaaaaaaaaa")
    room._show(room._look())
    bundle = room._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert lines[0].startswith("Control room: 1 unprocessed, 0 processing")


def test_no_field_is_echoed(room):
    panel = room._panel
    for field in (panel.config, panel.target, panel.keep, *panel.knobs.sliders.values()):
        assert field.traits()["value"].metadata["echo_update"] is False
    for field in (panel.window, panel.filter, panel.log_of):
        assert field.traits()["index"].metadata["echo_update"] is False


# Without a loop, as in a script


def test_without_a_loop_a_press_is_done_before_it_returns(room, config):
    press(room, "start", "producer", "my-own")
    assert re.fullmatch(r"✓ my-own started \(pid \d+\)\.", message(room))
    assert alive(config) == {"my-own"}
    assert row(room, "producer").name.value == "producer-1"
    assert "my-own" in text(room)

    press(room, "start", "producer", "my-own")
    assert message(room) == "⚠ my-own is already running."
    assert muted(row(room, "producer").start)
    assert "running already" in row(room, "producer").start.tooltip

    press(room, "stop", "consumer", "my-own")
    assert message(room) == "⚠ my-own is a producer: stop it in that line."
    press(room, "stop", "producer", "producer-7")
    assert message(room) == "⚠ No producer-7 is running. Running: my-own."
    assert alive(config) == {"my-own"}

    press(room, "stop", "producer", "my-own")
    assert message(room) == "✓ my-own stopped."
    assert alive(config) == set()


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


def test_a_killed_consumer_is_shown_as_killed(room, config):
    press(room, "start", "consumer")
    Fleet(config).kill("consumer-1")
    press(room, "stop", "consumer", "consumer-1")
    assert message(room) == "⚠ No consumer-1 is running."
    assert "killed" in text(room)


@pytest.mark.parametrize("what", ["start", "stop"])
@pytest.mark.parametrize("name", ["", "   ", "../x", "a" * 41, "<b>x</b>", "a b", "é"])
def test_a_name_that_cannot_be_one_is_refused_beside_its_field_and_in_the_message(room, name, what):
    press(room, what, "consumer", name)
    line = row(room, "consumer")
    why = "A consumer needs a name" if not name.strip() else "is not a name"
    assert message(room).startswith("⚠ ")
    assert why in message(room)
    assert why in line.error.value
    assert "<b>" not in line.error.value + room._panel.message.value
    assert "rinq-wrong" in line.line._dom_classes
    assert room._panel.table._none.value.startswith("<p>Nothing is running.")
    line.name.value = "consumer-1"
    assert line.error.value == ""
    assert "rinq-wrong" not in line.line._dom_classes


def test_stop_all_says_when_there_is_nothing_to_stop(room):
    assert muted(room._panel.stop_all)
    assert room._panel.stop_all.tooltip == "Nothing is running."
    room._panel.stop_all.click()
    assert message(room) == "⚠ Nothing is running."


def test_a_process_that_ends_at_once_is_told_with_what_its_log_says(tmp_path):
    room = ControlRoom(config_in(tmp_path, consumer={"handler": "no_such_module:work"}))
    press(room, "start", "consumer")
    assert message(room).startswith("✕ consumer-1 did not start. Its log ends: ")
    assert "no_such_module" in message(room)
    assert row(room, "consumer").name.value == "consumer-1"
    room.close()


def test_a_database_of_another_program_is_told_and_left_alone(tmp_path, config):
    (tmp_path / "jobs").mkdir()
    config.database.write_bytes(b"something else entirely" * 100)
    room = ControlRoom(config)
    assert message(room).startswith("✕ SQLite cannot read this file as a database")
    press(room, "start", "producer")
    assert message(room).startswith("✕ SQLite cannot read this file as a database")
    assert config.database.read_bytes() == b"something else entirely" * 100
    room.close()


def test_looking_makes_nothing(room, tmp_path):
    press(room, "start", "consumer", "")
    assert list(tmp_path.iterdir()) == []


def test_a_queue_that_was_deleted_is_empty_again(room, config):
    with open_queue(config) as queue:
        queue.submit("aaaaaaaaaa")
    room._show(room._look())
    assert "<b>1</b>" in room._panel.tiles.value
    for file in config.primary_path.iterdir():
        file.unlink()
    room._show(room._look())
    assert "<b>1</b>" not in room._panel.tiles.value
    assert "No jobs yet." in chart(room)


def test_closing_stops_what_was_started_here_and_nothing_else(config):
    with Fleet(config) as others:
        others.start("manager", "theirs")
        room = ControlRoom(config)
        press(room, "start", "cleaner", "ours")
        assert alive(config) == {"ours", "theirs"}
        room.close()
        assert alive(config) == {"theirs"}
        press(room, "start", "cleaner", "ours")
        assert message(room) == "⚠ This room is closed: run its cell again."
        assert alive(config) == {"theirs"}
        room.close()


def test_the_last_five_messages_stay_in_the_tooltip(room):
    for name in ("a.1", "a.2", "a.3", "a.4", "a.5", "a.6"):
        press(room, "stop", "manager", name)
    tooltip = re.search(r'title="([^"]*)"', room._panel.message.value)[1]
    assert [f"a.{n}" in tooltip for n in range(1, 7)] == [False, True, True, True, True, True]


def test_a_room_displays_as_its_panel_and_reads_the_same_every_time(room):
    bundle = room._repr_mimebundle_()
    assert bundle["text/plain"] == repr(room) == "The control room: run this cell to open it."
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == room._panel.root.model_id


def test_a_text_field_has_a_name_for_screen_readers(room):
    for role, line in room._panel.rows.items():
        assert line.name.tooltip == f"Name of the {role}"
        assert line.start.tooltip
        assert line.stop.tooltip


def test_charts_show_about_a_minute_at_every_speed(room, config):
    with open_queue(config) as queue:
        for speed in (0.1, 1, 3, 20, 100, 1000):
            queue.clock.set_speed(speed)
            window = room._look().window
            assert 35 <= window / speed <= 90, (speed, window)
    assert room._look().speed == 1000
