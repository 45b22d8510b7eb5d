"""Every event has its word."""

from __future__ import annotations

import pytest

from rinq.charts.words import EVENT_WORDS
from rinq.queue import Event


@pytest.mark.parametrize("event", Event)
def test_every_event_has_a_word_of_its_own(event):
    assert [*EVENT_WORDS.values()].count(EVENT_WORDS[event]) == 1
    assert EVENT_WORDS[event.value] == EVENT_WORDS[event]
