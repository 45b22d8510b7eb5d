"""The fields: none is echoed, and each has a name."""

from __future__ import annotations

from room_by_press import row


def test_a_typed_name_is_not_echoed(room, monkeypatch):
    """Else it is read on another channel than the buttons are, and a press overtakes it."""
    field = row(room, "consumer").name
    sent = []
    monkeypatch.setattr(type(field), "_send", lambda _, message, **__: sent.append(message))
    field.set_state({"value": "typed"})
    assert field.value == "typed"
    assert not [message for message in sent if message["method"] == "echo_update"]


def test_no_field_is_echoed(room):
    panel = room._panel
    for field in (panel.config, panel.target, panel.keep, *panel.sliders.sliders.values()):
        assert field.traits()["value"].metadata["echo_update"] is False
    for field in (panel.window, panel.filter, panel.log_of):
        assert field.traits()["index"].metadata["echo_update"] is False


def test_a_text_field_has_a_name_for_screen_readers(room):
    for role, line in room._panel.rows.items():
        assert line.name.tooltip == f"Name of the {role}"
        assert line.start.tooltip
        assert line.stop.tooltip
