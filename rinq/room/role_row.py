"""The line of a role in the card Start."""

from __future__ import annotations

from collections.abc import Callable, Collection
from html import escape

import ipywidgets as w

from rinq.room.inputs import NameField, button, html, mark, mute


class RoleRow:
    """A name, Start, Stop, and room for what is wrong with the name."""

    def __init__(
        self,
        role: str,
        start: Callable[[], None],
        stop: Callable[[], None],
        edit: Callable[[], None],
    ) -> None:
        self.role = role
        self.offered = f"{role}-1"  # the name that stands there by itself
        self.name = NameField(value=self.offered, tooltip=f"Name of the {role}")
        self.name.observe(lambda _: edit(), "value")
        self.start = button("Start", start, "rinq-go")
        self.stop = button("Stop", stop)
        self.error = html("rinq-error")
        label = w.HTML(role.capitalize())
        self.line = w.Box([label, self.name, self.start, self.stop], _dom_classes=["rinq-row"])

    def complain(self, why: str) -> None:
        """Show what is wrong with the name; '' takes it away."""
        complain(self.line, self.error, why)

    def offer(self, taken: Collection[str]) -> None:
        """Move on to the next free name, if the offered one stands there and was taken."""
        if self.name.value == self.offered and self.offered in taken:
            free = (n for i in range(1, 10**6) if (n := f"{self.role}-{i}") not in taken)
            self.offered = next(free)
            self.name.value = self.offered

    def judge(self, running: Collection[str]) -> None:
        """Mute what would be refused for the name as it stands, given this role's running names."""
        name = self.name.value.strip()
        mute(
            self.start,
            f"{name} is running already." if name in running else "",
            f"Start this {self.role} as a process of its own",
        )
        mute(
            self.stop,
            "" if name in running else f"No {self.role} of this name is running.",
            f"Let {name} hand back its job, then end",
        )


def complain(line: w.Box, error: w.HTML, why: str) -> None:
    """Show beside a line what is wrong with what stands in it; '' takes it away."""
    error.value = why and f"✕ {escape(why)}"
    for widget in (line, error):
        mark(widget, "rinq-wrong", why)
