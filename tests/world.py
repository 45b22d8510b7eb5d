"""A small world for the audit: one job in each status, each with some history, and its files."""

from __future__ import annotations

DONE, DEAD, GONE, WAITS, HELD = "processed1", "failedjob1", "cleanedjob", "waitingjob", "heldjob-01"


def populate(queue, clock, files):
    """Make it by the verbs, in an empty queue. Transitions and job ids begin at 1."""

    def settle(name, act):
        claim = queue.claim("c1")
        assert claim.name == name
        act(claim)
        follow(queue, files, name)

    def finish(claim):
        queue.complete(claim, files.write_result(claim.name, claim.attempt, b"done"))

    for name in (DONE, DEAD, GONE):
        files.create(name, b"text")
        queue.submit(name, "p1")
    settle(DONE, queue.release)
    settle(DEAD, lambda claim: queue.fail(claim, "boom", 1))
    settle(GONE, lambda claim: queue.fail(claim, "boom", 2))
    settle(DONE, finish)
    settle(GONE, lambda claim: queue.fail(claim, "boom", 2))
    queue.clean(GONE, "cleaner")
    follow(queue, files, GONE)
    for name in (HELD, WAITS):
        files.create(name, b"text")
        queue.submit(name, "p1")
    queue.claim("c1")
    clock.now += 61
    queue.reassign("m1")
    files.create("onemorejob", b"text")
    queue.submit_many(["onemorejob"], "p1")
    clock.now += 1
    queue.fail(queue.claim("c2"), "boom", 3)  # WAITS
    queue.claim("c2")  # HELD


def follow(queue, files, name):
    """What every role does after a move that concerns files."""
    with queue.hold(name) as job:
        assert files.follow(job) == []


def poll_cycle(queue, clock, role, name="by-hand"):
    """Register a process of this role, and record a poll cycle of one second from now on."""
    queue.registry.register(
        name, role, pid=1, started=0.0, host="here", owned=False, alive=lambda _: False
    )
    began = queue.clock.now()
    clock.now += 1
    queue.registry.record_cycle(name, began, queue.clock.now())
