"""The name field of a role."""

from __future__ import annotations

import pytest
from room_by_press import config_in, message, press, row

from rinq.room.control_room import ControlRoom


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """One room for all names: none of them changes anything."""
    opened = ControlRoom(config_in(tmp_path_factory.mktemp("idle")))
    yield opened
    opened.close()


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
