"""All verbs in any order against a model in plain Python, ending in the check."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)
from queue_model import Model

from rinq import audit
from rinq.errors import QueueError
from rinq.queue import START, Claim, Job, PersistentQSQLite, Status
from rinq.queue.clock import Moment

NAMES = [f"job{n:07}" for n in range(8)]
names = st.sampled_from([*NAMES, "no-name"])
consumers = st.sampled_from(["c1", "c2", "c3"])
limits = st.integers(1, 3)
leases = st.sampled_from([30, 60])
# binary fractions, so that sums of times are exact, and ends of leases are met exactly
seconds = st.sampled_from([0.25, 29.75, 30, 30.25, 60, 60.25])
delays = st.sampled_from([{"delay": 0.25}, {"delay": 30}])
acts = (
    st.tuples(st.sampled_from(["complete", "release"]))
    | st.tuples(st.just("renew"), leases)
    | st.tuples(st.just("fail"), st.just("boom"), limits, st.just({"delay": 0}) | delays)
)
speeds = st.sampled_from([0.5, 1, 4, 64])
ROW = ("name", "status", "attempt", "tries", "reassigns", "process", "lease_until")
COLUMNS = (
    "number",
    "event",
    "from_status",
    "to_status",
    "attempt",
    "actor",
    "process",
    "judged_by_limit",
    "at",
)


def plain(result):
    """What a verb returned, as the model says it."""
    if isinstance(result, Job):
        return result.name
    if isinstance(result, Claim):
        return result.name, result.attempt, result.process
    return [plain(job) for job in result] if isinstance(result, list) else result


def outcome(verb, *values):
    """What a verb returns, or the class of what it raises; a dict holds values by name."""
    named = values[-1] if isinstance(values[-1], dict) else {}
    try:
        return verb(*values[: len(values) - bool(named)], **named)
    except QueueError as error:
        return type(error)


class Verbs(RuleBasedStateMachine):
    """Each rule does the same to the queue and to the model, and compares what comes back."""

    claims = Bundle("claims")  # every claim ever made, stale ones too

    def __init__(self):
        super().__init__()
        self.model = Model(1_000_000.0)
        self.queue = PersistentQSQLite(":memory:", moment=lambda: Moment(self.model.real))
        self.seen, self.cursor = 0, START

    def teardown(self):
        found = audit(self.queue)
        self.queue.close()
        assert found

    def both(self, verb, *values):
        """What the queue's verb returns, once the model agrees."""
        result = outcome(getattr(self.queue, verb), *values)
        assert plain(result) == outcome(getattr(self.model, verb), *values)
        return result

    def both_clocks(self, verb, value):
        getattr(self.queue.clock, verb)(value)
        getattr(self.model, verb)(value)

    @initialize(batch=st.lists(st.sampled_from(NAMES), unique=True, min_size=2, max_size=4))
    def begin(self, batch):
        self.both("submit_many", batch, None)

    @rule(
        batch=st.lists(names, max_size=3),
        process=st.sampled_from([None, "p1"]),
        delay=st.just({"delay": 0}) | delays,
    )
    def submit(self, batch, process, delay):
        if len(batch) == 1:
            self.both("submit", batch[0], process, delay)
        else:
            self.both("submit_many", batch, process, delay)

    @rule(target=claims, process=consumers, lease=leases)
    def claim(self, process, lease):
        claim = self.both("claim", process, lease)
        return multiple() if claim is None else claim

    @rule(target=claims, process=consumers, act=acts)
    def claim_and_act(self, process, act):
        claim = self.both("claim", process, 60)
        if claim is None:
            return multiple()
        self.both(act[0], claim, *act[1:])
        return claim

    @rule(claim=claims, act=acts)
    def act(self, claim, act):
        self.both(act[0], claim, *act[1:])

    @rule(target=claims, claim=claims, lease=leases)
    def complete_and_claim(self, claim, lease):
        claimed = self.both("complete_and_claim", claim, lease)
        return claimed if isinstance(claimed, Claim) else multiple()

    @rule(name=names)
    def cancel(self, name):
        self.both("cancel", name, "operator", "not needed")

    @rule()
    def look_ahead(self):
        waiting = [job.due for job in self.model.jobs.values() if job.status == "unprocessed"]
        assert self.queue.next_due() == min(waiting, default=None)

    @rule(passed=seconds, n_reassigns=limits)
    def reassign(self, passed, n_reassigns):
        self.model.real += passed
        self.both("reassign", "m1", n_reassigns)

    @rule(data=st.data(), verb=st.sampled_from(["clean", "redrive"]))
    def end_or_begin_anew(self, data, verb):
        failed = [job.name for job in self.model.jobs.values() if job.status == "failed"]
        name = data.draw(st.sampled_from(failed) if failed else names)
        self.both(verb, name, "operator")

    @rule(speed=speeds, passed=seconds, back=st.sampled_from([0, 0, 45]))
    def change_the_pace_of_time(self, speed, passed, back):
        self.model.real += passed
        self.both_clocks("set_speed", speed)
        self.model.real -= back

    @rule(shift=st.sampled_from([-90, -1, 1, 90]))
    def set_the_clock(self, shift):
        self.both_clocks("shift", shift)

    @invariant()
    def rows_are_as_modelled(self):
        modelled = self.model.jobs.values()
        rows = [[getattr(job, column) for column in ROW] for job in self.queue.jobs()]
        assert rows == [[getattr(job, column) for column in ROW] for job in modelled]
        counts = self.queue.counts()
        assert counts == {s: sum(job.status == s for job in modelled) for s in Status}

    @invariant()
    def the_history_is_as_modelled(self):
        name_of = {job.id: job.name for job in self.queue.jobs()}
        told = [
            (name_of[row.job_id], *(getattr(row, column) for column in COLUMNS))
            for row in self.queue.history.transitions(after=self.cursor)
        ]
        expected = self.model.history[self.seen :]
        assert told == [(name, number, event, *rest) for number, event, name, *rest in expected]
        self.seen, self.cursor = len(self.model.history), self.queue.history.newest()

    @invariant()
    def time_is_as_modelled(self):
        assert self.queue.clock.now() == self.model.now()
        assert self.queue.clock.speed == self.model.speed


TestVerbs = Verbs.TestCase
TestVerbs.settings = settings(max_examples=200, stateful_step_count=50)


CHANGES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES[:4]),
        "status": st.sampled_from([str(status) for status in Status]),
        "step": st.sampled_from([0, 0, 1, -1]),
        "process": st.none() | consumers,
        "at": st.floats(0, 2e6),
    }
)
BY_HAND = (
    "UPDATE jobs SET status = :status, attempt = attempt + :step, process = :process, at = :at "
    "WHERE name = :name"
)
VERBS = {
    "claim": lambda queue, _: queue.claim("c1", 30),
    "complete": lambda queue, claim: queue.complete(claim),
    "fail": lambda queue, claim: queue.fail(claim, "boom", 2),
    "reassign": lambda queue, _: queue.reassign("m1", 2),
    "clean": lambda queue, claim: queue.clean(claim.name, "cleaner"),
    "redrive": lambda queue, claim: queue.redrive(claim.name, "operator"),
}


@given(st.lists(CHANGES | st.sampled_from([*VERBS]), max_size=20))
def test_changes_by_hand_among_the_verbs_block_nothing_and_are_all_told(steps):
    now = 1_000_000.0
    with PersistentQSQLite(":memory:", moment=lambda: Moment(now)) as queue:
        queue.submit_many(NAMES[:4])
        claim = queue.claim("c0", 30)
        for step in steps:
            now += 20
            if isinstance(step, str):
                result = outcome(VERBS[step], queue, claim)
                claim = result if isinstance(result, Claim) else claim
                continue
            before, told = queue.job(step["name"]), len(queue.history.transitions())
            queue._db.run(BY_HAND, step)
            after = queue.job(step["name"])
            changed = (before.status, before.attempt) != (after.status, after.attempt)
            assert len(queue.history.transitions()) == told + changed
        history = queue.history.transitions()
        assert [row.at for row in history] == sorted(row.at for row in history)
        if any(row.event == "illegal" for row in history):
            assert not audit(queue)
