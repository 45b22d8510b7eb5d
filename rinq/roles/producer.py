"""The Producer: makes files and submits their names."""

from __future__ import annotations

import random

from rinq.errors import FileInTheWay, NameUsed, Unavailable
from rinq.faults import failpoint
from rinq.roles.interface import TICK, PersistentQInterface, draw_name
from rinq.roles.operator import discard_unless_submitted

_WHO = ("A gardener", "The night train", "Our neighbour", "A grey cat", "The old clock", "She")
_DID = ("waited for", "wrote about", "carried", "looked after", "forgot", "painted", "counted")
_WHAT = ("seven letters", "the last lantern", "a jar of honey", "two chairs", "the morning mail")
_WHERE = ("by the river", "under the stairs", "in a quiet street", "at the station", "until noon")


def compose(rng: random.Random) -> str:
    """A few sentences of plain text, unevenly spaced."""
    parts = (_WHO, _DID, _WHAT, _WHERE)
    sentences = (
        " ".join(rng.choice(part) for part in parts) + "." for _ in range(rng.randint(3, 8))
    )
    return "".join(sentence + rng.choice(("\n", "  ", " \n\n", " ")) for sentence in sentences)


class Producer(PersistentQInterface):
    """Makes one file and submits its name every ``producer.interval`` seconds."""

    role = "producer"
    _made: str | None = None
    _in_doubt = False  # an earlier submit of it raised Unavailable, but may have been committed

    def step(self) -> float:
        if self._made is None:
            if self.paused:
                return TICK * self.queue.clock.speed
            self._made = self._make_file()
            failpoint("file-made")
        try:
            self.queue.submit(self._made, self.name)
        except Unavailable:
            self._in_doubt = True
            raise
        except NameUsed:
            if not self._in_doubt:
                self.files.discard(self._made)
                self._made = None
                return 0.0
        self.log.info("submitted %s", self._made)
        self._made, self._in_doubt = None, False
        return self.end_cycle()

    def draw_wait(self) -> float:
        return self.config.producer.interval.draw(self.rng)

    def close(self) -> None:
        """Withdraw a file that was made and not submitted, as far as can be told."""
        made, self._made = self._made, None
        if made is not None and not discard_unless_submitted(self.queue, self.files, [made]):
            self.log.warning("%s was not submitted", made)

    def _make_file(self) -> str:
        while True:
            name = draw_name(self.rng)
            try:
                self.files.create(name, compose(self.rng).encode())
            except FileInTheWay:
                continue
            return name
