"""The audit of a fleet at work: it accuses nobody, whatever is done to the fleet."""

from __future__ import annotations

import pytest

from rinq import Fleet, audit
from rinq.config import Config
from rinq.files import Files
from rinq.queue import Status, open_queue

LEASE = 20  # queue seconds
VALUES = {
    "producer": {"interval": 2},
    "consumer": {"interval": [0, 1], "work_time": [0, 4], "n_time": 10, "n_tries": 1},
    "cleaner": {"interval": 3},
    "manager": {"interval": 2, "timeout": LEASE},
    "faults": {"error_rate": 0.3},
}


@pytest.fixture
def config(tmp_path):
    general = {"primary_path": str(tmp_path / "jobs"), "speed": 50, "durability": "normal"}
    return Config.parse({"general": {**general, "seed": 7}, **VALUES})


@pytest.fixture
def files(config):
    return Files(config.primary_path, durable=False)


@pytest.fixture
def queue(config, files):
    with open_queue(config) as opened:
        yield opened


@pytest.fixture
def fleet(config, queue):
    with Fleet(config) as opened:
        yield opened


@pytest.fixture
def watched(queue, files, eventually):
    """Waits for a condition, and audits all the while."""

    def wait(condition):
        def seen():
            found = audit(queue, files, lease=LEASE)
            assert found, str(found)
            return condition()

        return eventually(seen)

    return wait


def test_a_fleet_is_valid_at_every_moment_of_its_trouble(fleet, queue, files, watched):
    for name in ("producer-1", "consumer-1", "consumer-2", "manager-1", "cleaner-1"):
        fleet.start(name.partition("-")[0], name)
    watched(lambda: queue.counts()[Status.PROCESSED] > 5)

    def held_by(name):
        return [job for job in queue.jobs(Status.PROCESSING) if job.process == name]

    def lapsed():
        now = queue.clock.now()
        return [job for job in queue.jobs(Status.PROCESSING) if job.lease_until < now - LEASE]

    fleet.stop("manager-1")  # nobody takes back what a killed consumer held
    watched(lambda: held_by("consumer-1"))
    fleet.freeze("consumer-1")
    (held,) = held_by("consumer-1") or [None]
    fleet.kill("consumer-1")
    if held is not None:
        watched(lapsed)
    queue.settings.change({"paused": True})
    fleet.start("consumer", "consumer-1")
    fleet.start("manager", "manager-1")
    watched(lambda: not queue.jobs(Status.PROCESSING))
    queue.settings.change({"paused": None})

    watched(lambda: held_by("consumer-2"))
    fleet.freeze("consumer-2")  # past its lease, a zombie
    before = len(queue.history.transitions())
    watched(lambda: not held_by("consumer-2"))
    queue.clock.set_speed(5)
    queue.clock.shift(2 * LEASE)
    fleet.thaw("consumer-2")
    watched(lambda: len(queue.history.transitions()) > before + 20)
    queue.clock.shift(-2 * LEASE)
    queue.clock.set_speed(100)

    fleet.stop("cleaner-1")  # so that what failed stays, and can be redriven
    failed = watched(lambda: queue.jobs(Status.FAILED))
    for job in failed:
        queue.redrive(job.name, "operator")  # and whoever claims it renames its file back
    watched(lambda: all(queue.job(job.name).attempt > job.attempt for job in failed))
    fleet.start("cleaner", "cleaner-1")
    fleet.stop("producer-1")
    settled = (Status.PROCESSED, Status.CLEANED)
    watched(lambda: sum(queue.counts()[s] for s in settled) == len(queue.jobs()))
    watched(lambda: audit(queue, files).at_rest)
    fleet.stop_all()
    assert audit(queue, files).strays == ()
