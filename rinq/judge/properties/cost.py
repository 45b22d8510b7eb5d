"""What a job costs does not grow with the number of finished jobs. Measured in CPU time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, islice

from rinq.judge.lease import last
from rinq.judge.pool import Pool
from rinq.judge.property import Property
from rinq.judge.trial import Trial
from rinq.judge.verdict import Undecided

RULE = "A claim, and a completion, costs as much after many finished jobs as after few."
FEW = 200  # finished jobs
QUICK, WHOLE = 2_500, 5_000  # in a quick check, and in a whole one
STRIDE = 500  # finished jobs between two looks
BATCH, IDLE, BATCHES = 20, 60, 6  # jobs and vain claims measured at a time, and how often
HOLDS, BROKEN, PLAIN = 2.0, 3.0, 6.0  # times as much


Cost = tuple[float, float]


class _Jobs:
    """Jobs of one queue, submitted, claimed and completed."""

    def __init__(self, trial: Trial) -> None:
        self.finished = 0
        self.trial = trial
        self._actor = trial.process("A")
        self._names = (f"job-{i:06d}" for i in count())

    def finish(self, n: int) -> None:
        self.finished += n
        self._actor.cycle(list(islice(self._names, n)))

    def measure(self) -> Cost:
        """CPU seconds of a few jobs more, claimed and completed, and of claims in vain."""
        self.finished += BATCH
        return self._actor.cycle(list(islice(self._names, BATCH)), IDLE)


def judge(pool: Pool, quick: bool) -> str:
    top = QUICK if quick else WHOLE
    with Trial(pool) as short, Trial(pool) as long:
        few, many = _Jobs(short), _Jobs(long)
        few.finish(FEW)
        before = few.measure()
        while many.finished < top:
            many.finish(STRIDE)
            if _ratio([before], [many.measure()]) > PLAIN:
                break
        pairs = [(few.measure(), many.measure()) for _ in range(BATCHES)]  # in turns
        ratio = _ratio(*zip(*pairs, strict=True))
        told = f"After {many.finished:,} finished jobs a claim takes"
        if ratio > BROKEN:
            event = last(long)
            event.detail = f"{ratio:.1f} times the CPU time"
            sentence = f"{told} more than {BROKEN:g} times the CPU time that it takes after {FEW}."
            raise long.breach(RULE, event, event, sentence)
        if ratio > HOLDS:
            raise Undecided(f"{told} {ratio:.1f} times the CPU time: too noisy to tell.")
    return f"{told} no more CPU time than after {FEW}."


def _ratio(few: Sequence[Cost], many: Sequence[Cost]) -> float:
    """Of the least costs that were measured: of work, or of claims in vain, if that is more."""
    work, vain = (min(it[i] for it in many) / min(it[i] for it in few) for i in (0, 1))
    return max(work, vain)


COST = Property(
    "cost",
    "Cost does not grow with finished jobs",
    "How many rows must SQLite look at to find the next job? EXPLAIN QUERY PLAN says.",
    judge,
)
