"""The judge: tries anybody's queue against the rules of a durable queue, in real processes.

Names are imported when first asked for: the judge starts many processes that need few of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rinq.lazy import lazy_names

if TYPE_CHECKING:
    from rinq.judge.history import Result as Result
    from rinq.judge.history import TrialEvent as TrialEvent
    from rinq.judge.judged_queue import JudgedQueue as JudgedQueue
    from rinq.judge.judged_queue import new_queue as new_queue
    from rinq.judge.judging import check as check
    from rinq.judge.verdict import Counterexample as Counterexample
    from rinq.judge.verdict import Outcome as Outcome
    from rinq.judge.verdict import PropertyVerdict as PropertyVerdict
    from rinq.judge.verdict import Report as Report

_HOMES = {
    "Counterexample": "rinq.judge.verdict",
    "JudgedQueue": "rinq.judge.judged_queue",
    "Outcome": "rinq.judge.verdict",
    "PropertyVerdict": "rinq.judge.verdict",
    "Report": "rinq.judge.verdict",
    "Result": "rinq.judge.history",
    "TrialEvent": "rinq.judge.history",
    "check": "rinq.judge.judging",
    "new_queue": "rinq.judge.judged_queue",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 (sorted strings)


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
