"""What every property is: a name, what it demands, and the trials that look for a breach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rinq.judge.pool import Pool


@dataclass(frozen=True)
class Property:
    """``judge(pool, quick)`` returns a sentence on what was tried, where nothing was broken.

    It raises NotAttempted, Undecided or Broken (see ``trial``). ``hint`` is what to read.
    """

    name: str
    title: str
    hint: str
    judge: Callable[[Pool, bool], str]
