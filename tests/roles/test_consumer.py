"""The Consumer, step by step: claim, work, settle."""

from __future__ import annotations

import itertools
import os
from typing import Any

import pytest

from rinq import audit
from rinq.errors import FilesUnavailable, Unavailable
from rinq.faults import Fault, fault_of_attempt
from rinq.queue import Status
from rinq.roles.consumer import Consumer
from rinq.roles.manager import Manager

NAME = "abcdefghij"


def kept(files):
    return sorted(path.name for path in (files.folder / ".rinq/results").iterdir())


def published(files, name=NAME):
    return (files.folder / f"{name}.processed").read_bytes()


def errors(queue, name=NAME):
    return [row.error for row in queue.history.of(name) if row.error]


@pytest.fixture
def consumer(hire):
    return hire(Consumer)


# The turn


def test_it_claims_works_and_settles(consumer, queue, files, desk, submit, events):
    submit(NAME)
    assert 0 < consumer() <= 1  # begun; the claim is looked at within a second
    assert desk.task.content == b"some text"
    assert queue.job(NAME).status is Status.PROCESSING
    desk.task.finish(b"new text")
    assert 7 <= consumer() <= 15  # settled; now the wait between two jobs
    assert published(files) == b"new text"
    assert (files.folder / NAME).read_bytes() == b"some text"
    assert events(NAME) == ["submit", "claim", "complete"]
    assert audit(queue, files).at_rest


def test_it_waits_its_interval_when_no_job_waits(consumer):
    assert 7 <= consumer() <= 15


def test_it_waits_no_longer_than_until_a_job_is_due(consumer, queue, files):
    files.create(NAME, b"some text")
    queue.submit(NAME, delay=3)
    assert consumer() == pytest.approx(3)


@pytest.mark.parametrize(
    ("wait", "least", "most"), [(5, 5, 5), ([2, 4], 2, 4), ("backoff(8, 2, 60)", 4, 8)]
)
def test_a_failed_execution_waits_as_configured(
    hire, queue, clock, desk, submit, wait, least, most
):
    consumer = hire(Consumer, consumer={"retry_wait": wait})
    submit(NAME)
    consumer()
    desk.task.fail()
    consumer()
    assert least <= queue.job(NAME).due - clock.now <= most
    assert queue.claim("c2") is None


def test_a_backoff_grows_with_the_tries(hire, queue, clock, desk, submit):
    consumer = hire(Consumer, consumer={"retry_wait": "backoff(8, 2, 60)", "n_tries": 9})
    submit(NAME)
    waits = []
    for _ in range(5):
        consumer()
        desk.task.fail()
        consumer()
        waits.append(queue.job(NAME).due - clock.now)
        clock.now = queue.job(NAME).due
    assert [low <= wait <= 2 * low for wait, low in zip(waits, (4, 8, 16, 30, 30), strict=True)]
    assert waits[2] > waits[0]


# Without a wait between two jobs


def test_without_a_wait_one_commit_completes_a_job_and_claims_the_next(
    hire, queue, files, desk, submit, events
):
    consumer = hire(Consumer, consumer={"interval": 0})
    submit(NAME)
    submit("zyxwvutsrq")
    consumer()
    desk.task.finish(b"new text")
    consumer()
    assert queue.job("zyxwvutsrq").status is Status.PROCESSING
    assert published(files) == b"new text"
    ids = [row.id for row in queue.history.transitions()[-2:]]
    at = {row.at for row in queue.history.transitions()[-2:]}
    assert (ids[1] - ids[0], len(at)) == (1, 1)
    consumer()
    desk.task.finish(b"more text")
    consumer()
    assert published(files, "zyxwvutsrq") == b"more text"
    assert audit(queue, files).at_rest


def test_a_stop_leaves_no_claim_on_the_next_job(hire, queue, desk, submit, events):
    consumer = hire(Consumer, consumer={"interval": 0})
    submit(NAME)
    submit("zyxwvutsrq")
    consumer()
    desk.task.finish()
    consumer()
    consumer.close()
    assert events("zyxwvutsrq") == ["submit", "claim", "release"]


def test_paused_it_claims_no_next_job(hire, queue, desk, submit):
    consumer = hire(Consumer, consumer={"interval": 0})
    submit(NAME)
    submit("zyxwvutsrq")
    consumer()
    queue.settings.change({"paused": True})
    desk.task.finish()
    consumer()
    assert queue.job(NAME).status is Status.PROCESSED
    assert queue.job("zyxwvutsrq").status is Status.UNPROCESSED


def test_when_the_answer_was_lost_the_next_claim_is_found_again(
    hire, queue, files, desk, submit, trouble, patiently
):
    consumer = hire(Consumer, consumer={"interval": 0})
    submit(NAME)
    submit("zyxwvutsrq")
    consumer()
    desk.task.finish(b"new text")
    trouble(queue, "complete_and_claim", after=True)
    patiently(consumer)
    assert queue.job("zyxwvutsrq").attempt == 1
    consumer()
    assert len(desk.tasks) == 2
    assert published(files) == b"new text"


# Waits


def test_waits_are_drawn_anew_and_the_same_again_for_a_seed(hire):
    waits = [[hire(Consumer)() for _ in range(5)] for _ in range(2)]
    first = hire(Consumer)
    drawn = [first() for _ in range(5)]
    assert len(set(drawn)) == 5
    assert waits[0][0] == waits[1][0] == drawn[0]


def test_it_holds_one_job_at_a_time(consumer, queue, desk, submit):
    submit(NAME)
    submit("zyxwvutsrq")
    for _ in range(3):
        consumer()
    assert len(desk.tasks) == 1
    assert queue.counts()[Status.UNPROCESSED] == 1


def test_each_completed_turn_is_recorded(consumer, queue, clock, desk, submit):
    queue.registry.register(
        "consumer-1", "consumer", pid=1, started=0, host="here", owned=False, alive=lambda _: False
    )
    submit(NAME)
    began = queue.clock.now()
    consumer()
    assert queue.registry.processes()[0].cycle_ended is None
    clock.now += 3
    desk.task.finish()
    consumer()
    row = queue.registry.processes()[0]
    assert (row.cycle_began, row.cycle_ended) == (began, began + 3)


# Failing


def test_a_handler_that_fails_is_tried_n_tries_times(hire, queue, files, desk, submit, events):
    consumer = hire(Consumer, consumer={"n_tries": 3})
    desk.at_once = lambda task: task.fail("ValueError: no")
    submit(NAME)
    for _ in range(4):
        consumer()
    assert events(NAME) == ["submit", *["claim", "retry"] * 2, "claim", "fail"]
    assert errors(queue) == ["ValueError: no"] * 3
    assert (files.folder / f"{NAME}.failed").read_bytes() == b"some text"
    assert audit(queue, files).at_rest


def test_tries_count_whoever_executes(hire, queue, desk, submit):
    desk.at_once = lambda task: task.fail()
    submit(NAME)
    for name in ("one", "two", "three"):
        hire(Consumer, name)()
    assert queue.job(NAME).status is Status.FAILED


def test_a_failed_job_gives_way_to_those_that_wait(consumer, queue, desk, submit):
    submit(NAME)
    submit("zyxwvutsrq")
    desk.at_once = lambda task: task.fail()
    consumer()
    desk.at_once = lambda task: task.finish()
    consumer()
    assert queue.job("zyxwvutsrq").status is Status.PROCESSED


def _missing(path):
    path.unlink()


def _empty(path):
    path.write_bytes(b"")


def _folder(path):
    path.unlink()
    path.mkdir()


def _link(path):
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _pipe(path):
    path.unlink()
    os.mkfifo(path)


def _huge(path):
    with path.open("wb") as file:
        file.truncate(2**30)


@pytest.mark.parametrize("spoil", [_missing, _empty, _folder, _link, _pipe, _huge])
def test_a_file_that_cannot_be_worked_on_is_a_try_and_holds_nothing_up(
    hire, queue, files, desk, submit, spoil
):
    consumer = hire(Consumer, consumer={"n_tries": 2})
    desk.at_once = lambda task: task.finish()
    submit(NAME)
    submit("zyxwvutsrq")
    spoil(files.folder / NAME)
    for _ in range(4):
        consumer()
    assert queue.job(NAME).status is Status.FAILED
    assert queue.job(NAME).tries == 2
    assert all(NAME in error for error in errors(queue))
    assert queue.job("zyxwvutsrq").status is Status.PROCESSED
    assert audit(queue, files).at_rest


def test_something_in_the_way_of_the_result_is_a_try(consumer, queue, files, desk, submit):
    desk.at_once = lambda task: task.finish()
    submit(NAME)
    (files.folder / ".rinq/results" / f"{NAME}.1").mkdir()
    consumer()
    assert queue.job(NAME).tries == 1
    consumer()
    assert queue.job(NAME).status is Status.PROCESSED


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "", "short", "..", "new\nline12"])
def test_a_bad_name_in_the_table_is_failed_without_touching_a_path(
    consumer, queue, files, desk, submit, tmp_path, name
):
    before = sorted(tmp_path.rglob("*"))
    queue._db.run("INSERT INTO jobs (name) VALUES (:name)", {"name": name})
    consumer()
    assert queue.job(name).status is Status.FAILED
    assert queue.job(name).tries == 1
    assert sorted(tmp_path.rglob("*")) == before
    desk.at_once = lambda task: task.finish()
    submit(NAME)
    consumer()
    assert queue.job(NAME).status is Status.PROCESSED


# Time


def test_n_time_ends_the_work_and_counts_as_a_try(hire, queue, files, clock, desk, submit):
    consumer = hire(Consumer, consumer={"n_time": 30})
    submit(NAME)
    consumer()
    clock.now += 29.9
    assert consumer() == pytest.approx(0.1, abs=0.001)  # it looks again just then
    assert not desk.task.cancelled
    clock.now += 0.1
    consumer()
    assert desk.task.cancelled
    assert errors(queue) == ["out of time: n_time is 30 s"]
    assert queue.job(NAME).tries == 1
    assert kept(files) == []


def test_n_time_is_queue_time(hire, queue, clock, desk, submit):
    queue.clock.set_speed(20)
    consumer = hire(Consumer, consumer={"n_time": 30})
    submit(NAME)
    assert consumer() == pytest.approx(20)  # a second of real time
    clock.now += 1.4
    consumer()
    assert not desk.task.cancelled
    clock.now += 0.2
    consumer()
    assert desk.task.cancelled


def test_a_speed_change_in_the_middle_of_the_work_keeps_n_time(hire, queue, clock, desk, submit):
    consumer = hire(Consumer, consumer={"n_time": 30})
    submit(NAME)
    consumer()
    clock.now += 10
    queue.clock.set_speed(100)
    consumer()
    assert not desk.task.cancelled
    clock.now += 0.19
    consumer()
    assert not desk.task.cancelled
    clock.now += 0.02
    consumer()
    assert desk.task.cancelled


def test_the_work_takes_work_time_beyond_the_handler(hire, queue, clock, desk, submit):
    consumer = hire(Consumer, consumer={"work_time": 8})
    desk.at_once = lambda task: task.finish()
    submit(NAME)
    assert consumer() == 1
    clock.now += 7.5
    assert consumer() == pytest.approx(0.5)
    assert queue.job(NAME).status is Status.PROCESSING
    clock.now += 0.5
    consumer()
    assert queue.job(NAME).status is Status.PROCESSED


def test_n_time_covers_the_work_time(hire, queue, clock, desk, submit):
    consumer = hire(Consumer, consumer={"work_time": 40, "n_time": 30})
    desk.at_once = lambda task: task.finish()
    submit(NAME)
    consumer()
    clock.now += 41  # looked at late: it was out of time all the same
    consumer()
    assert errors(queue) == ["out of time: n_time is 30 s"]


# The claim


def test_a_claim_that_is_taken_back_ends_the_work(consumer, hire, queue, clock, desk, submit):
    submit(NAME)
    consumer()
    clock.now += 61
    hire(Manager)()
    consumer()
    assert desk.task.cancelled
    assert queue.job(NAME).status is Status.UNPROCESSED
    consumer()
    assert queue.job(NAME).attempt == 2


def test_age_alone_takes_no_claim(consumer, queue, files, clock, desk, submit):
    submit(NAME)
    consumer()
    clock.now += 1000
    desk.task.finish()
    consumer()
    assert queue.job(NAME).status is Status.PROCESSED
    assert audit(queue, files).at_rest


def test_a_late_result_is_refused_and_changes_no_file(
    hire, queue, files, clock, desk, submit, events
):
    late, prompt = hire(Consumer, "late"), hire(Consumer, "prompt")
    submit(NAME)
    late()
    late_task = desk.task
    clock.now += 61
    hire(Manager)()
    prompt()
    desk.task.finish(b"prompt")
    prompt()
    late_task.finish(b"late")
    late()
    assert published(files) == b"prompt"
    assert kept(files) == []
    assert events(NAME)[-1] == "refused"
    assert queue.history.transitions()[-1].actor == "late"
    assert audit(queue, files).at_rest


def test_a_late_failure_is_refused_too(hire, queue, clock, desk, submit):
    late, prompt = hire(Consumer, "late"), hire(Consumer, "prompt")
    submit(NAME)
    late()
    late_task = desk.task
    clock.now += 61
    hire(Manager)()
    prompt()
    late_task.fail()
    late()
    assert queue.job(NAME).tries == 0
    assert queue.job(NAME).process == "prompt"


def test_a_heartbeat_keeps_the_claim_while_the_work_goes_on(hire, queue, clock, desk, submit):
    consumer, manager = hire(Consumer, consumer={"heartbeat": True}), hire(Manager)
    submit(NAME)
    consumer()
    for _ in range(100):
        clock.now += 7
        consumer()
        manager()
    assert queue.job(NAME).attempt == 1
    desk.task.finish()
    consumer()
    assert queue.job(NAME).status is Status.PROCESSED


def test_without_a_heartbeat_the_claim_is_taken_back(consumer, hire, queue, clock, submit):
    manager = hire(Manager)
    submit(NAME)
    consumer()
    for _ in range(9):
        clock.now += 7
        consumer()
        manager()
    assert queue.job(NAME).reassigns == 1


def test_the_lease_is_as_the_setting_stands_at_the_claim(consumer, queue, submit):
    queue.settings.change({"manager.timeout": 5})
    submit(NAME)
    consumer()
    assert queue.job(NAME).lease_until == queue.clock.now() + 5
    queue.settings.change({"manager.timeout": 50})
    consumer()
    assert queue.job(NAME).lease_until == queue.clock.now() + 5


# Pausing and stopping


def test_a_paused_consumer_claims_nothing_but_ends_what_it_holds(consumer, queue, desk, submit):
    submit(NAME)
    submit("zyxwvutsrq")
    consumer()
    queue.settings.change({"paused": True})
    desk.task.finish()
    consumer()
    assert queue.job(NAME).status is Status.PROCESSED
    assert consumer() == 0.25
    assert queue.job("zyxwvutsrq").status is Status.UNPROCESSED
    queue.settings.change({"paused": None})
    consumer()
    assert queue.job("zyxwvutsrq").status is Status.PROCESSING


def test_closing_cancels_the_work_and_hands_the_job_back(consumer, queue, files, desk, submit):
    submit(NAME)
    consumer()
    consumer.close()
    consumer.close()
    job = queue.job(NAME)
    assert (job.status, job.event, job.tries) == (Status.UNPROCESSED, "release", 0)
    assert desk.task.cancelled
    assert desk.closed
    assert audit(queue, files).at_rest


def test_closing_after_the_claim_was_lost_is_no_trouble(consumer, hire, queue, clock, submit):
    submit(NAME)
    consumer()
    clock.now += 61
    hire(Manager)()
    consumer.close()
    assert queue.job(NAME).event == "reassign"


def test_closing_while_the_database_is_unavailable_leaves_the_job_to_the_manager(
    consumer, hire, queue, clock, desk, submit, trouble
):
    submit(NAME)
    consumer()
    trouble(queue, "release")
    consumer.close()
    assert desk.closed
    clock.now += 61
    hire(Manager)()
    assert queue.job(NAME).status is Status.UNPROCESSED


# Faults


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.HANG])
def test_a_fault_goes_with_the_work(hire, desk, submit, fault):
    consumer = hire(Consumer, faults={f"{fault}_rate": 1})
    submit(NAME)
    consumer()
    assert desk.task.fault is fault


def test_a_crash_strikes_the_consumer_before_its_result_is_written(hire, queue, files, submit):
    consumer = hire(Consumer, faults={"crash_rate": 1})
    consumer._crash = lambda: (_ for _ in ()).throw(Crash)
    consumer._work.at_once = lambda task: task.finish()
    submit(NAME)
    with pytest.raises(Crash):
        consumer()
    assert kept(files) == []
    assert queue.job(NAME).status is Status.PROCESSING
    (mark,) = queue.registry.process_events()
    assert (mark.process, mark.event, mark.detail) == ("consumer-1", "crash", NAME)


class Crash(Exception):
    pass


def test_a_fault_depends_on_job_and_attempt_not_on_who_executes(hire, queue, desk, submit):
    rates = {"error_rate": 0.3, "hang_rate": 0.3}
    one, two = hire(Consumer, "one", faults=rates), hire(Consumer, "two", faults=rates)
    names = [f"abcdefgh{i:02}" for i in range(12)]
    for name in names:
        submit(name)
    for consumer in (one, two) * 6:
        consumer()
        desk.task.finish()
        consumer()
    struck = [fault_of_attempt(one.config.faults, 7, name, 1) for name in names]  # 7 is the seed
    assert [task.fault for task in desk.tasks] == struck
    assert len(set(struck)) == 3


# What others left half done


def test_a_redriven_job_whose_file_was_not_put_back_is_worked_on(
    consumer, queue, files, desk, submit
):
    submit(NAME)
    queue.fail(queue.claim("somebody"), "no", n_tries=1)
    consumer.follow(NAME)
    queue.redrive(NAME, "operator")  # who crashed then
    desk.at_once = lambda task: task.finish()
    consumer()
    assert desk.task.content == b"some text"
    assert audit(queue, files).at_rest


def test_an_earlier_attempts_result_is_gone_before_the_work_begins(
    consumer, queue, files, clock, submit
):
    submit(NAME)
    claim = queue.claim("zombie")
    files.write_result(NAME, claim.attempt, b"half")
    clock.now += 61
    queue.reassign("manager-1")
    consumer()
    assert kept(files) == []


# Trouble


def test_an_accepted_result_is_not_written_again(
    consumer, queue, files, desk, submit, trouble, monkeypatch, patiently
):
    submit(NAME)
    consumer()
    desk.task.finish()
    trouble(files, "follow", error=FilesUnavailable)
    with pytest.raises(FilesUnavailable):
        consumer()
    assert queue.job(NAME).status is Status.PROCESSED

    def refuse(*_):
        raise AssertionError("a crash now would leave half a result to be published")

    monkeypatch.setattr(files, "write_result", refuse)
    patiently(consumer)
    assert published(files) == b"new text"


def test_running_out_of_time_is_what_is_told_after_trouble(
    hire, queue, clock, submit, trouble, patiently
):
    consumer = hire(Consumer, consumer={"n_time": 30})
    submit(NAME)
    consumer()
    clock.now += 31
    trouble(queue, "fail")
    patiently(consumer)
    assert errors(queue) == ["out of time: n_time is 30 s"]


MOVES = ("claim", "complete", "fail", "renew", "release")
OTHERS = ("job", "hold")
PARTS = (
    ("settings", "read"),
    ("clock", "now"),
    ("registry", "record_cycle"),
    ("registry", "record_event"),
)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("outcome", ["finish", "fail", "late"])
def test_trouble_at_any_call_loses_nothing(
    hire, queue, files, clock, desk, saboteur, patiently, outcome, after
):
    """Every call that a job's whole life makes to queue and files fails once."""
    methods: list[tuple[Any, ...]] = [(queue, verb, Unavailable) for verb in (*MOVES, *OTHERS)]
    methods += [(getattr(queue, part), verb, Unavailable) for part, verb in PARTS]
    methods += [(files, v, FilesUnavailable) for v in ("read", "write_result", "follow")]
    manager = hire(Manager)
    for at in itertools.count():
        name = f"abcdefg{at:03}"
        consumer = hire(Consumer, consumer={"n_tries": 2, "n_time": 30, "heartbeat": True})
        files.create(name, b"some text")
        queue.submit(name)
        watch = saboteur(methods, at, after=after)
        for _ in range(12):
            with watch:
                patiently(consumer)
            if outcome == "finish" and desk.tasks:
                desk.task.finish(name.encode())
            if outcome == "fail" and desk.tasks:
                desk.task.fail()
            clock.now += 20
            manager()
            if queue.job(name).status in (Status.PROCESSED, Status.FAILED):
                break
        with watch:
            patiently(consumer)
        consumer.close()
        wanted = Status.PROCESSED if outcome == "finish" else Status.FAILED
        assert queue.job(name).status is wanted, watch.hit
        assert audit(queue, files).at_rest, watch.hit
        assert kept(files) == [], watch.hit
        assert [e for e in errors(queue, name) if "cancelled" in e] == [], watch.hit
        if outcome == "finish":
            assert published(files, name) == name.encode()
        if watch.hit is None:
            break
    assert at > 20


# The row deleted by hand


@pytest.mark.parametrize("moment", ["working", "done", "failed"])
def test_a_row_deleted_under_it_ends_the_work(consumer, queue, files, desk, submit, moment):
    submit(NAME)
    consumer()
    queue._db.run("DELETE FROM jobs")
    if moment == "done":
        desk.task.finish()
    if moment == "failed":
        desk.task.fail()
    consumer()
    assert desk.task.cancelled
    assert not (files.folder / f"{NAME}.processed").exists()
    desk.at_once = lambda task: task.finish()
    submit("zyxwvutsrq")
    consumer()
    assert queue.job("zyxwvutsrq").status is Status.PROCESSED


def test_a_row_deleted_just_after_the_move_is_no_trouble(consumer, queue, desk, submit, trouble):
    submit(NAME)
    consumer()
    desk.task.finish()
    complete = queue.complete

    def complete_and_delete(claim, checksum):
        complete(claim, checksum)
        queue._db.run("DELETE FROM jobs")

    queue.complete = complete_and_delete
    consumer()
    assert queue.jobs() == []
