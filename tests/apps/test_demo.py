"""The demo: what its screen shows."""

from __future__ import annotations

import io

from rich.console import Console

from rinq.apps.demo import MoveFeed, _last_moves


def test_an_error_is_shown_as_a_text_and_neither_as_markup_nor_to_the_terminal(queue):
    queue.submit("abcdefghij", "[bold]producer")
    queue.fail(queue.claim("consumer-1"), "[/x] \x1b[31mred\n12:00 done", n_tries=3)
    moves = MoveFeed(queue)
    moves.read()
    screen = io.StringIO()
    Console(file=screen, width=200).print(_last_moves(moves))
    shown = screen.getvalue()
    assert r"[/x] \x1b[31mred\n12:00 done" in shown
    assert "[bold]producer" in shown
    assert "\x1b" not in shown
