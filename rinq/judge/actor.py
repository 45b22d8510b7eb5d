"""A process of a trial, and its calls: made by the judge, bounded in time, and recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rinq.judge.client import Answer, Client, ProcessExit
from rinq.judge.history import Result, TrialEvent
from rinq.judge.load import at, said
from rinq.judge.verdict import Broken, NotAttempted

if TYPE_CHECKING:
    from rinq.judge.trial import Trial

FRESH = "A call succeeds when no other is in its way."
FIRST = "It did not get as far as the property itself: mend this first."
LOCKED = "Which transaction is still open when the call before it returns?"
SAME = "claim returns only jobs that were submitted to the queue at this path."
OWN = "Which database does the class open, and is it the one whose path it was given?"
UNTIL_LATER = 600  # seconds of a lease that no trial outlives


@dataclass(frozen=True)
class ClaimHandle:
    """A claim that a process holds."""

    number: int
    job: str
    event: TrialEvent


class Call:
    """A call under way. ``held`` is the claim that it returned, if it did."""

    def __init__(self, actor: Actor, event: TrialEvent) -> None:
        self.event = event
        self.held: ClaimHandle | None = None
        self.steps = 0
        self._actor = actor
        self._answer: Answer | None = None
        self._returned = 0.0
        self._ended = False

    def halted(self) -> bool:
        """Wait until it is halted (True), or has ended."""
        answer = self._actor.answer(self.event)
        if "halted" in answer:
            self._actor.mark("halted", answer["halted"])
            return True
        self._answer, self._returned = answer, self._actor.client.answered
        return False

    def blocked(self) -> bool:
        """Wait until it has ended (False), or waits for a lock (True)."""
        return self._answer is None and self._actor.client.blocked()

    def go_on(self) -> TrialEvent:
        """Let it run on from where it was halted. Returns the mark."""
        mark = self._actor.mark("let go on")
        self._actor.client.send("go")
        return mark

    def finish(self) -> TrialEvent:
        """Wait for its end. Raises: NotAttempted; Broken, where it hung or ended its process."""
        if self._ended:
            return self.event
        self._ended = True
        if self._answer is None:
            self.halted()
        answer = self._answer or {}
        history = self._actor.trial.history
        self.steps = answer.get("steps", 0)
        if error := answer.get("error"):
            if error["kind"] == "NotImplementedError":
                raise NotAttempted(f"{self.event.what} raises NotImplementedError.")
            history.end(self.event, Result.FAILED, said(error), self._returned)
            return self.event
        history.end(self.event, Result.OK, at=self._returned)
        if (job := answer.get("job")) is not None:
            history.give(self.event, job)
            self.held = ClaimHandle(answer["claim"], job, self.event)
            if job not in self._actor.trial.submitted:
                raise self._actor.trial.breach(
                    SAME, self.event, sentence=f"{self.event}: no such job is here.", hint=OWN
                )
        return self.event


class Actor:
    """A process of the trial, with the queue open. Its verbs must succeed, or Broken is raised.

    ``called`` is the name that it gives the queue, where that is not its own: a consumer that
    died and was started again has the name that it had before.
    """

    def __init__(self, trial: Trial, name: str, client: Client, called: str | None = None) -> None:
        self.trial = trial
        self.name = name
        self.called = called or name
        self.client = client
        self.alive = True
        self._queue = next(trial.pool.numbers)
        event = trial.history.begin(name, "open", None, None)
        self.client.send("open", queue=self._queue, path=str(trial.path))
        self._end(event, self.answer(event))

    def start(
        self,
        verb: str,
        *arguments: Any,
        held: ClaimHandle | None = None,
        halt_at: int | None = None,
    ) -> Call:
        """Begin a call. With ``halt_at`` it is halted before that step (0: only counted)."""
        if verb not in self.trial.pool.verbs:
            raise NotAttempted(f"There is no method {verb} yet.")
        job = held.job if held else arguments[0] if verb == "submit" else None
        event = self.trial.history.begin(self.name, verb, job, held.event.attempt if held else None)
        self.client.send(
            "call",
            queue=self._queue,
            verb=verb,
            arguments=arguments,
            claim=held.number if held else None,
            halt_at=halt_at,
        )
        return Call(self, event)

    def submit(self, job: str) -> TrialEvent:
        self.trial.submitted.add(job)
        return self._must(self.start("submit", job)).event

    def claim(self, lease: float = UNTIL_LATER) -> ClaimHandle | None:
        return self._must(self.start("claim", self.called, lease)).held

    def complete(self, held: ClaimHandle) -> TrialEvent:
        return self._must(self.start("complete", held=held)).event

    def fail(self, held: ClaimHandle, n_tries: int) -> TrialEvent:
        return self._must(self.start("fail", "it failed", n_tries, held=held)).event

    def reassign(self) -> TrialEvent:
        return self._must(self.start("reassign", self.called)).event

    def try_call(self, verb: str, held: ClaimHandle, *arguments: Any) -> TrialEvent:
        """An answer that may be refused."""
        return self.start(verb, *arguments, held=held).finish()

    def cycle(self, jobs: list[str], idle: int = 0) -> tuple[float, float]:
        """Submit, claim and complete these jobs, then claim in vain; CPU seconds of each."""
        self.trial.submitted.update(jobs)
        event = self.trial.history.begin(self.name, f"{len(jobs)} jobs", None, None)
        self.client.send("cycle", queue=self._queue, names=jobs, process=self.name, idle=idle)
        answer = self.answer(event)
        self._end(event, answer)
        return answer["worked"], answer["idled"]

    def kill(self) -> TrialEvent:
        """``kill -9``; a call under way stays indefinite."""
        self.client.kill()
        self.alive = False
        killed = self.mark("killed")
        self.trial.history.interrupt(self.name)
        return killed

    def close(self) -> None:
        if not self.alive:
            return
        event = self.trial.history.begin(self.name, "close", None, None)
        self.client.send("close", queue=self._queue)
        answer = self.answer(event)
        self.alive = False
        self._end(event, answer)

    def mark(self, what: str, detail: str = "") -> TrialEvent:
        return self.trial.history.mark(self.name, what, detail)

    def answer(self, event: TrialEvent) -> Answer:
        try:
            return self.client.answer()
        except ProcessExit as death:
            self.alive = False
            detail = "ends its own process"
            if death.hang is not None:
                detail = f"does not return in {self.client.limit:g} s{at(*death.hang)}"
            self.trial.history.end(event, Result.FAILED, detail)
            raise self.failure(event) from None

    def _end(self, event: TrialEvent, answer: Answer) -> None:
        if error := answer.get("error"):
            if error["kind"] == "NotImplementedError":
                raise NotAttempted(f"{error['where']} raises NotImplementedError.")
            self.trial.history.end(event, Result.FAILED, said(error))
            raise self.failure(event)
        self.trial.history.end(event, Result.OK)

    def _must(self, call: Call) -> Call:
        if call.finish().result is Result.FAILED:
            raise self.failure(call.event)
        return call

    def failure(self, event: TrialEvent) -> Broken:
        """This call failed, and no other was in its way."""
        hint = LOCKED if "database is locked" in event.detail else FIRST
        return self.trial.breach(FRESH, event, hint=hint)
