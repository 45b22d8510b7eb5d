"""The control room as a person meets it in a browser: by its texts, roles and tooltips."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from processes import lives

LONG = 30_000  # milliseconds: for what waits for a process or a kernel
WIDER = """root => {
    const edge = root.getBoundingClientRect().right + 1;
    const seen = [...root.querySelectorAll('.rinq-card, .rinq-tiles, button, input, select')];
    return seen.filter(e => e.getBoundingClientRect().right > edge).map(e => e.className);
}"""
HOSTILE = "<img src=x onerror=alert(1)>"


class RoomInBrowser:
    """The panel on a page. Waits are Playwright's: for what is shown, never for a time."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".rinq")

    def is_open(self):
        expect(self.message).to_contain_text("Connected: ", timeout=2 * LONG)

    @property
    def message(self):
        return self.root.locator(".rinq-message")

    def says(self, text):
        expect(self.message).to_contain_text(text, timeout=LONG)

    def name(self, role):
        return self._line(role).get_by_role("textbox")

    def press(self, button, role=None):
        """A button of a role's line, or one of the whole room."""
        line = self._line(role) if role else self.root
        line.get_by_role("button", name=button, exact=True).click()

    def error_beside(self, role):
        """What is wrong with a role's name, below its line."""
        return self._line(role).locator("xpath=following-sibling::*[1]")

    def start(self, role, name):
        expect(self.name(role)).to_have_value(name, timeout=LONG)
        self.press("Start", role)
        self.says(f"{name} started (pid ")

    def keep_running(self):
        self.root.get_by_label("keep running when the kernel ends").check()

    def row(self, name):
        """The line of a process in the table."""
        exactly = self.page.locator("b", has_text=re.compile(f"^{name}$"))
        return self.root.locator(".rinq-line").filter(has=exactly)

    def shows(self, name, state):
        process = self.row(name).get_by_title(re.compile(f"^{name} {state} "))
        expect(process).to_be_visible(timeout=LONG)

    def press_in_row(self, button, name):
        self.row(name).get_by_role("button", name=button, exact=True).click()

    def counts(self, status):
        """Wait until some jobs have this status."""
        some = re.compile(rf"^[1-9][\d,]* {status}$")
        expect(self.root.locator(".rinq-tiles").get_by_title(some)).to_be_visible(timeout=LONG)

    def slide(self, label, share):
        """Drag a slider's handle to this share of its length, and hold it there."""
        slider = self.root.locator(".rinq-slider").filter(has_text=label)
        handle, track = slider.locator(".noUi-handle"), slider.locator(".noUi-connects")
        handle.scroll_into_view_if_needed()
        start, along = handle.bounding_box(), track.bounding_box()
        mouse, height = self.page.mouse, start["y"] + start["height"] / 2
        mouse.move(start["x"] + start["width"] / 2, height)
        mouse.down()
        mouse.move(along["x"] + along["width"] * share, height, steps=8)

    def let_go(self):
        self.page.mouse.up()

    def open_config(self, path):
        self.root.get_by_title("Path of the config file", exact=True).fill(path)
        self.press("Open")

    def _line(self, role):
        field = self.page.get_by_title(f"Name of the {role}", exact=True)
        return self.root.locator(".rinq-row").filter(has=field)


def running(fleet):
    """The pids of a queue's living processes, by name."""
    return {process.name: process.row.pid for process in fleet.processes() if process.alive}


def start_steer_kill_and_stop(room, fleet):
    """What a learner does first, by clicking; each step is checked from outside as well."""
    room.start("producer", "producer-1")
    room.start("consumer", "consumer-1")
    pids = running(fleet)
    assert set(pids) == {"producer-1", "consumer-1"}
    room.counts("processed")

    room.slide("Speed", 0.75)
    assert _speed(fleet) == 10, "a slider acts when it is let go"
    room.let_go()
    room.says(": taken over by 2 of 2 processes within a second.")
    assert _speed(fleet) > 20
    room.says(f"Speed {_speed(fleet):g}: ")
    pill = room.root.locator(".q-pill")
    expect(pill).to_contain_text(f"speed {_speed(fleet):g}", timeout=LONG)

    room.shows("consumer-1", "running")
    room.press_in_row("Kill", "consumer-1")
    room.says("consumer-1 killed. ")
    room.shows("consumer-1", "killed")
    assert not lives(pids["consumer-1"])

    room.press("Stop all")
    room.says("Stopped 1.")
    room.shows("producer-1", "stopped")
    assert not running(fleet)
    assert not lives(pids["producer-1"])
    room.press("Stop all")
    room.says("Nothing is running.")


def freeze_pause_redrive_and_export(room, fleet):
    """What a learner does next; the failed job is not made by clicking."""
    with fleet.queue() as queue:
        (fleet.config.primary_path / "aaaaaaaaaa").write_text("A few words.")
        queue.submit("aaaaaaaaaa")
        queue.fail(queue.claim("by-hand"), "no", n_tries=1)
    room.press("Redrive 1 failed")
    room.says("1 job put back.")
    room.press("Redrive 0 failed")
    room.says("No failed jobs.")

    room.press("Pause queue")
    room.says("Paused. 0 jobs in hand will finish. Nothing is running.")
    room.start("consumer", "consumer-1")
    room.press_in_row("Freeze", "consumer-1")
    room.says("consumer-1 frozen. It held no job.")
    room.shows("consumer-1", "frozen")
    room.press_in_row("Thaw", "consumer-1")
    room.says("consumer-1 resumed.")
    room.shows("consumer-1", "running")
    room.press("Resume queue")
    room.says("The queue resumed.")
    room.counts("processed")

    room.press("Jobs")
    room.root.get_by_title("The history of this job").select_option("aaaaaaaaaa")
    for move in ("failed", "redriven", "completed"):
        expect(room.root.locator(".rinq-job-history").get_by_text(move)).to_be_visible(timeout=LONG)
    room.press("Export CSV")
    room.says(" rows to exports/transitions.csv, ")
    written = (fleet.config.folder / "exports" / "transitions.csv").read_text()
    assert ",redrive," in written


def resize(room):
    """Nothing reaches beyond the panel's edges; a small screen shows the start and the result."""
    for page in ("Processes", "Times", "Overview"):
        room.press(page)
        room.says(f"Showing {page}.")
        for width in (1600, 1280, 1000, 640, 360):
            room.page.set_viewport_size({"width": width, "height": 720})
            assert room.root.evaluate(WIDER) == [], (page, width)
    room.page.set_viewport_size({"width": 1280, "height": 720})
    for part in (".rinq-tiles", ".rinq-start", ".rinq-chart:first-of-type svg"):
        box = room.root.locator(part).first.bounding_box()
        assert box["y"] + box["height"] <= 720, part


def mistype(room, config):
    """Names and paths that are wrong or hostile: each is answered, none becomes HTML."""
    asked = []
    room.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    pictures = room.root.locator("img").count()
    for name in ("../../etc/passwd", HOSTILE, "a" * 41):
        room.name("consumer").fill(name)
        room.press("Start", "consumer")
        room.says(f"'{name}' is not a name: letters, digits and dash, at most 40.")
        expect(room.error_beside("consumer")).to_contain_text(f"'{name}' is not a name")
    room.name("consumer").fill("")
    room.press("Start", "consumer")
    room.says("A consumer needs a name: letters, digits, dash.")
    room.name("consumer").fill("nobody")
    room.press("Stop", "consumer")
    room.says("No nobody is running.")
    for path in ("confog.yaml", HOSTILE):
        room.open_config(path)
        room.says(path)
        room.says("no such file")
        room.says(f"Still connected to {config.parent / 'jobs' / 'rinq.db'}.")
    room.open_config(str(config))
    room.says(f"Connected to {config.parent / 'jobs' / 'rinq.db'}: ")
    room.start("cleaner", "cleaner-1")
    room.shows("cleaner-1", "running")
    room.press("Stop all")
    room.says("Stopped 1.")
    room.shows("cleaner-1", "stopped")
    assert room.root.locator("img").count() == pictures
    assert asked == []


def _speed(fleet):
    with fleet.queue() as queue:
        return queue.clock.speed
