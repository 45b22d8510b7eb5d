"""The control room as a person meets it in a browser: by its texts, roles and tooltips."""

from __future__ import annotations

import re

from playwright.sync_api import expect

LONG = 30_000  # milliseconds: for what waits for a process or a kernel


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

    def row(self, name):
        """The line of a process in the table."""
        exactly = self.page.locator("b", has_text=re.compile(f"^{name}$"))
        return self.root.locator(".rinq-line").filter(has=exactly)

    def shows(self, name, state):
        process = self.row(name).get_by_title(re.compile(f"^{name} {state} "))
        expect(process).to_be_visible(timeout=LONG)

    def press_in_row(self, button, name):
        self.row(name).get_by_role("button", name=button, exact=True).click()

    def count(self, status):
        return int(self._tile(status).get_attribute("title").split()[0].replace(",", ""))

    def counts(self, status):
        """Wait until so many jobs have this status."""
        enough = re.compile(rf"^(?!0 )[\d,]+ {status}$")
        tile = self.root.locator(".rinq-tiles").get_by_title(enough)
        expect(tile).to_be_visible(timeout=LONG)

    def slide(self, label, share):
        """Drag a slider's handle to this share of its length, and hold it there."""
        knob = self.root.locator(".rinq-knob").filter(has_text=label)
        handle, track = knob.locator(".noUi-handle"), knob.locator(".noUi-connects")
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

    def _tile(self, status):
        exactly = re.compile(rf"^[\d,]+ {status}$")
        return self.root.locator(".rinq-tiles").get_by_title(exactly)
