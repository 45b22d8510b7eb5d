"""Power loss: no program can cut it, so this is never claimed."""

from __future__ import annotations

from typing import NoReturn

from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.verdict import NotAttempted


def judge(_: Pool, __: bool) -> NoReturn:
    raise NotAttempted("A judge cannot cut the power: whether a commit was synced is not tried.")


POWER_LOSS = Property("power-loss", "Jobs survive a power cut", "", judge)
