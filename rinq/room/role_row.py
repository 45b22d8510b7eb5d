"""The line of a role in the card Start."""

from __future__ import annotations

from collections.abc import Collection

import ipywidgets as w

from rinq.room.html import error
from rinq.room.inputs import NameField, button, disable_with_reason, html_box, set_class


class RoleRow:
    """A name, Start, Stop, and room for what is wrong with the name."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.offered = f"{role}-1"  # the name that the field shows by itself
        self.name = NameField(value=self.offered, tooltip=f"Name of the {role}")
        self.start = button("Start", classes="rinq-primary")
        self.stop = button("Stop")
        self.error = html_box("rinq-error")
        label = w.HTML(role.capitalize())
        self.line = w.Box([label, self.name, self.start, self.stop], _dom_classes=["rinq-row"])

    def show_error(self, why: str) -> None:
        """Show what is wrong with the name; '' takes it away."""
        show_error(self.line, self.error, why)

    def offer(self, taken: Collection[str]) -> None:
        """Move on to the next free name, if the field shows the offered one and it was taken."""
        if self.name.value == self.offered and self.offered in taken:
            free = (n for i in range(1, 10**6) if (n := f"{self.role}-{i}") not in taken)
            self.offered = next(free)
            self.name.value = self.offered

    def update_buttons(self, running: Collection[str]) -> None:
        """Disable what would be refused for the name in the field, given what runs of this role."""
        name = self.name.value.strip()
        disable_with_reason(
            self.start,
            f"{name} is running already." if name in running else "",
            f"Start this {self.role} as a process of its own",
        )
        disable_with_reason(
            self.stop,
            "" if name in running else f"No {self.role} of this name is running.",
            f"Let {name} hand back its job, then end",
        )


def show_error(line: w.Box, below: w.HTML, why: str) -> None:
    """Show below a line what is wrong with what was typed there; '' takes it away."""
    below.value = error(why)
    for widget in (line, below):
        set_class(widget, "rinq-wrong", why)
