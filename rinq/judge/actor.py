"""A process in a trial, and its calls of the queue: limited in time, and recorded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rinq.judge.history import Result, TrialEvent, TrialHistory
from rinq.judge.learner_code import at_line, error_text
from rinq.judge.verdict import Broken, NotAttempted, violation
from rinq.judge.worker_process import Answer, ProcessExit, WorkerProcess

SUCCEEDS = "A call succeeds when no other is in its way."
REPAIR_FIRST = "The call failed before the property itself could be tried: repair this first."
LOCKED = "Which transaction is still open when the call before it returns?"
OWN_JOBS = "claim returns only jobs that were submitted to the queue at this path."
OWN_PATH = "Which database does the class open, and is it the one whose path it was given?"
LONG_LEASE = 600  # seconds: no trial takes as long


@dataclass(frozen=True)
class ClaimHandle:
    """A claim that a process holds: the worker keeps the object itself, under this number."""

    number: int
    job: str
    event: TrialEvent


class Actor:
    """A process of a trial, with the queue open.

    Its verbs must succeed, or Broken is raised; ``try_call`` and ``start`` allow a failure.
    ``name`` is its name in the judge's history. ``process`` is the name that it gives the queue:
    the same, unless it stands for a consumer that died and was started again under its name.
    """

    def __init__(
        self, name: str, worker: WorkerProcess, history: TrialHistory, path: Path, process: str = ""
    ) -> None:
        self.name = name
        self.process = process or name
        self.worker = worker
        self.history = history
        self.alive = True
        self._queue = next(worker.numbers)
        self._ask(history.begin(name, "open"), "open", path=str(path))

    def start(
        self,
        verb: str,
        *arguments: Any,
        claim: ClaimHandle | None = None,
        halt_at: int | None = None,
    ) -> Call:
        """Begin a call. With ``halt_at`` it is halted before that step (0: only counted).

        Raises: NotAttempted, where the class lacks the verb.
        """
        if verb not in self.worker.verbs:
            raise NotAttempted(f"There is no method {verb} yet.")
        job = claim.job if claim else arguments[0] if verb == "submit" else None
        event = self.history.begin(self.name, verb, job, claim.event.attempt if claim else None)
        number = claim.number if claim else None
        self._send("call", verb=verb, arguments=arguments, claim=number, halt_at=halt_at)
        return Call(self, event)

    def submit(self, job: str) -> TrialEvent:
        return self._succeed(self.start("submit", job)).event

    def claim(self, lease: float = LONG_LEASE) -> ClaimHandle | None:
        return self._succeed(self.start("claim", self.process, lease)).claim

    def complete(self, claim: ClaimHandle) -> TrialEvent:
        return self._succeed(self.start("complete", claim=claim)).event

    def fail(self, claim: ClaimHandle, n_tries: int) -> TrialEvent:
        return self._succeed(self.start("fail", "it failed", n_tries, claim=claim)).event

    def reassign(self) -> TrialEvent:
        return self._succeed(self.start("reassign", self.process)).event

    def try_call(self, verb: str, claim: ClaimHandle, *arguments: Any) -> TrialEvent:
        """Complete or fail this claim, which the queue may refuse."""
        return self.start(verb, *arguments, claim=claim).finish()

    def count_steps(self, verb: str, *arguments: Any, claim: ClaimHandle | None = None) -> int:
        """Make this call, and return the number of its steps."""
        call = self.start(verb, *arguments, claim=claim, halt_at=0)
        call.finish()
        return call.steps

    def cycle(self, jobs: list[str], idle: int = 0) -> tuple[float, float]:
        """Submit, claim and complete these jobs, then claim in vain; CPU seconds of the last two.

        Its claims are not recorded.
        """
        event = self.history.begin(self.name, f"{len(jobs)} jobs")
        answer = self._ask(event, "cycle", names=jobs, process=self.name, idle=idle)
        return answer["worked"], answer["idled"]

    def kill(self) -> TrialEvent:
        """``kill -9``; the result of a call that has not returned stays indefinite."""
        self.worker.kill()
        self.alive = False
        killed = self.mark("killed")
        self.history.interrupt(self.name)
        return killed

    def close(self) -> None:
        if self.alive:
            event = self.history.begin(self.name, "close")
            self.alive = False
            self._ask(event, "close")

    def mark(self, what: str, detail: str = "") -> TrialEvent:
        return self.history.mark(self.name, what, detail)

    def answer(self, event: TrialEvent) -> Answer:
        """Wait for the answer to this call. Raises: Broken, where it hung or ended its process."""
        try:
            return self.worker.answer()
        except ProcessExit as exited:
            self.alive = False
            detail = "ends its own process"
            if exited.hang is not None:
                detail = f"does not return in {self.worker.limit:g} s{at_line(*exited.hang)}"
            self.history.end(event, Result.FAILED, detail)
            raise self.unexpected_failure(event) from None

    def unexpected_failure(self, event: TrialEvent) -> Broken:
        """The violation that this call failed although no other was in its way: to be raised."""
        hint = LOCKED if "database is locked" in event.detail else REPAIR_FIRST
        return violation(self.history, SUCCEEDS, event, hint=hint)

    def _send(self, do: str, **command: Any) -> None:
        self.worker.send(do, queue=self._queue, **command)

    def _ask(self, event: TrialEvent, do: str, **command: Any) -> Answer:
        self._send(do, **command)
        answer = self.answer(event)
        if error := answer.get("error"):
            if error["kind"] == "NotImplementedError":
                raise NotAttempted(f"{error['where']} raises NotImplementedError.")
            self.history.end(event, Result.FAILED, error_text(error))
            raise self.unexpected_failure(event)
        self.history.end(event, Result.OK)
        return answer

    def _succeed(self, call: Call) -> Call:
        if call.finish().result is Result.FAILED:
            raise self.unexpected_failure(call.event)
        return call


class Call:
    """A call under way. ``claim`` is what it returned, if it did; ``steps`` if it counted them."""

    def __init__(self, actor: Actor, event: TrialEvent) -> None:
        self.event = event
        self.claim: ClaimHandle | None = None
        self.steps = 0
        self._actor = actor
        self._answer: Answer | None = None
        self._returned = 0.0
        self._finished = False

    def wait_until_halted(self) -> bool:
        """False where it ended without a halt."""
        answer = self._actor.answer(self.event)
        if "halted" in answer:
            self._actor.mark("halted", answer["halted"])
            return True
        self._answer, self._returned = answer, self._actor.worker.answered
        return False

    def resume(self) -> None:
        """Let it run on from where it was halted."""
        self._actor.mark("let go on")
        self._actor.worker.resume()

    def finish_unless_blocked(self) -> bool:
        """Wait for its end (True), or until it waits for a lock (False)."""
        if self._answer is None and self._actor.worker.wait_until_blocked():
            return False
        self.finish()
        return True

    def finish(self) -> TrialEvent:
        """Wait for its end. Raises: NotAttempted; Broken, where it hung or ended its process."""
        if self._finished:
            return self.event
        self._finished = True
        if self._answer is None:
            self.wait_until_halted()
        answer = self._answer or {}
        history = self._actor.history
        self.steps = answer.get("steps", 0)
        if error := answer.get("error"):
            if error["kind"] == "NotImplementedError":
                raise NotAttempted(f"{self.event.what} raises NotImplementedError.")
            history.end(self.event, Result.FAILED, error_text(error), self._returned)
            return self.event
        history.end(self.event, Result.OK, at=self._returned)
        if (job := answer.get("job")) is not None:
            history.add_claim(self.event, job)
            self.claim = ClaimHandle(answer["claim"], job, self.event)
            if not history.was_submitted(job):
                sentence = f"{self.event}: no such job is here."
                raise violation(history, OWN_JOBS, self.event, sentence=sentence, hint=OWN_PATH)
        return self.event
