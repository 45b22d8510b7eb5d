"""rinq with one safeguard taken out, for tests that must notice.

    python mutants.py MUTATION ROLE NAME CONFIG

runs a role with that mutation in a process of its own.
"""

from __future__ import annotations

import dataclasses
import sys

from rinq.config import Config
from rinq.faults import failpoint
from rinq.fleet.main import serve
from rinq.lab.simulation.world import VirtualConsumer
from rinq.queue import Status
from rinq.queue.sqlite.connection import SQL
from rinq.roles.interface import PersistentQInterface

SETTLE = ("complete", "fail", "release")


def without(verbs, condition, instead=""):
    """Take a condition out of statements: the mutated ones, by verb."""
    mutated = {verb: SQL[verb].replace(condition, instead) for verb in verbs}
    assert all(mutated[verb] != SQL[verb] for verb in verbs), "this mutates nothing"
    return mutated


def no_fence():
    return without(SETTLE, " AND attempt = :attempt")


def no_status_guard():
    return without(SETTLE, " AND status = 'processing'")


def no_cap():
    capped = "iif(reassigns + 1 >= :n_reassigns, 'failed', 'unprocessed')"
    return without(["reassign"], capped, "'unprocessed'")


def no_waiting():
    """A job is claimed before its time."""
    return without(["claim"], " AND due <= :now")


def no_recheck():
    """A lapsed claim is taken back without checking again whether it still is one."""
    again = " AND status = 'processing' AND (lease_until < :now OR lease_until IS NULL)"
    return without(["reassign"], again)


class EarlyPublisher(VirtualConsumer):
    """Makes its result public before the move is committed."""

    def _complete(self, in_flight, task):
        if in_flight.checksum is None:
            name, attempt = in_flight.claim.name, in_flight.claim.attempt
            in_flight.checksum = self.files.write_result(name, attempt, task.result())
            job = self.queue.job(name)
            accepted = dataclasses.replace(job, status=Status.PROCESSED, attempt=attempt)
            self.files.follow(accepted)
        return super()._complete(in_flight, task)


def follow_without_the_lock(self, name):
    job = self.queue.job(name)
    failpoint("following")
    return job, self.files.follow(job)


def main(mutation, role, name, config):
    if mutation == "no_recheck":
        SQL.update(no_recheck())
    elif mutation == "no_lock":
        PersistentQInterface._follow = follow_without_the_lock
    else:
        assert mutation == "none"
    serve(Config.load(config), role, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
