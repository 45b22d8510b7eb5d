"""What the judge keeps of a trial, and each event in words."""

from __future__ import annotations

from rinq.judge.history import Result, TrialHistory

JOB, OTHER = "job-cherry", "job-almond"


def call(history, process, what, job=None, result=Result.OK, detail=""):
    event = history.begin(process, what, None if what == "claim" else job)
    history.end(event, result, detail)
    if what == "claim" and job:
        history.add_claim(event, job)
    return event


def test_attempts_count_in_the_order_in_which_claims_returned():
    history = TrialHistory()
    slow = history.begin("A", "claim")
    quick = call(history, "B", "claim", JOB)
    history.end(slow, Result.OK)
    history.add_claim(slow, JOB)
    assert (quick.attempt, slow.attempt) == (1, 2)
    assert history.claims_of(JOB) == [quick, slow]
    assert history.events == [slow, quick]


def test_a_part_of_the_history_leaves_out_what_the_two_events_do_not_need():
    history = TrialHistory()
    call(history, "A", "open")
    call(history, "A", "claim")
    submit = call(history, "A", "submit", JOB)
    call(history, "A", "submit", OTHER)
    killed = history.mark("A", "killed")
    opened = call(history, "B", "open")
    refused = call(history, "B", "complete", OTHER, Result.FAILED, "raises KeyError")
    nothing = call(history, "B", "claim")
    call(history, "B", "claim")
    assert history.explaining(submit, nothing) == [submit, killed, opened, refused, nothing]


def test_each_event_is_a_clause():
    history = TrialHistory()
    claim = call(history, "A", "claim", JOB)
    late = history.begin("A", "complete", JOB, claim.attempt)
    texts = [str(late)]
    history.end(late, Result.FAILED, "raises KeyError at my_queue.py:1 (x)")
    events = (
        claim,
        late,
        call(history, "B", "claim"),
        call(history, "B", "submit", JOB),
        history.mark("B", "killed"),
        history.mark("B", "halted", "my_queue.py:7"),
    )
    assert texts + [str(event) for event in events] == [
        "A's complete of job-cherry, attempt 1 is interrupted",
        "A's claim returns job-cherry (attempt 1)",
        "A's complete of job-cherry, attempt 1 raises KeyError at my_queue.py:1 (x)",
        "B's claim returns nothing",
        "B's submit of job-cherry returns",
        "B is killed",
        "B is halted at my_queue.py:7",
    ]
