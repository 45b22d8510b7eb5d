"""A queue, and a control room of it where no event loop runs."""

from __future__ import annotations

import pytest
from room_by_press import config_in

from rinq.room.control_room import ControlRoom


@pytest.fixture
def config(tmp_path):
    return config_in(tmp_path)


@pytest.fixture
def room(config):
    opened = ControlRoom(config)
    yield opened
    opened.close()
