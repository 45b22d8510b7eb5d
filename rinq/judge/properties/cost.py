"""What a job costs does not grow with the number of finished jobs. Measured in CPU time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, islice

from rinq.judge.pool import Pool
from rinq.judge.trial import Property, Trial
from rinq.judge.verdict import Undecided

RULE = "A claim, and a completion, costs as much after many finished jobs as after few."
FEW = 200  # finished jobs
QUICK, WHOLE = 2_500, 5_000  # finished jobs in a quick check, and in a whole one
STRIDE = 500  # finished jobs between two measurements
BATCH, IDLE, BATCHES = 20, 60, 6  # jobs and claims in vain measured at a time, and how often
HOLDS, BROKEN, OBVIOUS = 2.0, 3.0, 6.0  # times as much


Cost = tuple[float, float]


class _FinishedJobs:
    """Jobs of one queue, submitted, claimed and completed."""

    def __init__(self, trial: Trial) -> None:
        self.n = 0
        self._actor = trial.process("A")
        self._names = (f"job-{i:06d}" for i in count())

    def add(self, n: int) -> None:
        self.n += n
        self._actor.cycle(list(islice(self._names, n)))

    def measure(self) -> Cost:
        """CPU seconds of a few jobs more, claimed and completed, and of claims in vain."""
        self.n += BATCH
        return self._actor.cycle(list(islice(self._names, BATCH)), IDLE)


def judge_cost(pool: Pool, quick: bool) -> str:
    top = QUICK if quick else WHOLE
    with Trial(pool) as short, Trial(pool) as long:
        few, many = _FinishedJobs(short), _FinishedJobs(long)
        few.add(FEW)
        before = few.measure()
        while many.n < top:
            many.add(STRIDE)
            if _ratio([before], [many.measure()]) > OBVIOUS:
                break
        pairs = [(few.measure(), many.measure()) for _ in range(BATCHES)]  # alternating
        ratio = _ratio(*zip(*pairs, strict=True))
        claim_takes = f"After {many.n:,} finished jobs a claim takes"
        if ratio > BROKEN:
            event = long.history.last
            event.detail = f"{ratio:.1f} times the CPU time"
            sentence = (
                f"{claim_takes} more than {BROKEN:g} times the CPU time that it takes after {FEW}."
            )
            raise long.violation(RULE, event, event, sentence)
        if ratio > HOLDS:
            raise Undecided(f"{claim_takes} {ratio:.1f} times the CPU time: too noisy to tell.")
    return f"{claim_takes} no more CPU time than after {FEW}."


def _ratio(few: Sequence[Cost], many: Sequence[Cost]) -> float:
    """Of the least costs that were measured: of work, or of claims in vain, if that is more."""
    work, vain = (min(it[i] for it in many) / min(it[i] for it in few) for i in (0, 1))
    return max(work, vain)


COST = Property(
    "cost",
    "Cost does not grow with finished jobs",
    "How many rows must SQLite look at to find the next job? EXPLAIN QUERY PLAN says.",
    judge_cost,
)
