"""A simulated fleet: the real roles on the real SQL, stepped by SimPy in virtual time."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from functools import partial

import simpy

from rinq.config import Config
from rinq.errors import ConfigError
from rinq.files import Files
from rinq.fleet.main import ROLES
from rinq.lab.faults.ongoing import LOCK, RATES, begin_rates
from rinq.lab.faults.plan import Act, ScheduledFault
from rinq.lab.scenario import Scenario
from rinq.lab.simulation.virtual_process import EPOCH, VirtualHost, VirtualProcess, Wait
from rinq.queue import PersistentQSQLite
from rinq.queue.clock import Moment
from rinq.roles.consumer import Consumer
from rinq.roles.interface import PersistentQInterface

SHORTEST_WAIT = 0.001  # queue seconds, on average: a process that never waits stops the clock


class World:
    """Processes in virtual time, on one queue and one set of files in memory.

    Args:
        scenario: which processes run, and which faults hit them.
        seed: decides everything that is drawn.
        roles: the class of each role.

    Raises:
        ConfigError: a process would never wait.
    """

    def __init__(
        self, scenario: Scenario, seed: int, roles: Mapping[str, type[PersistentQInterface]]
    ) -> None:
        self.scenario = scenario
        config = scenario.parameters
        _check_waits(config)
        speed = config.general.speed
        env = simpy.Environment()
        self.queue = PersistentQSQLite(
            ":memory:", speed=speed, moment=lambda: Moment(EPOCH + env.now / speed)
        )
        self.files = Files.in_memory()
        names = [name for _, name in scenario.processes()]
        faults = scenario.plan.scheduled_faults(random.Random(seed), names, scenario.seconds)
        general = config.general.model_copy(update={"seed": seed})
        self.host = VirtualHost(
            env=env,
            queue=self.queue,
            files=self.files,
            config=config.model_copy(update={"general": general}),
            roles=roles,
            restart=scenario.restart,
            clock_is_shifted=any(fault.act is Act.CLOCK for fault in faults),
        )
        self.processes = {
            name: VirtualProcess(self.host, role, name) for role, name in scenario.processes()
        }
        for fault in faults:
            env.process(self._inject(fault))

    def run(self) -> None:
        """Let the scenario's seconds pass."""
        self.host.env.run(until=self.scenario.seconds)

    def _inject(self, fault: ScheduledFault) -> Wait:
        env, ongoing = self.host.env, self.host.ongoing
        yield env.timeout(fault.at)
        target = self.processes.get(fault.whom or "")
        match fault.act:
            case Act.LOCK:
                record = partial(self.queue.registry.record_event, None)
                unlock = partial(record, "unlock")
                with ongoing.begin(LOCK, env.now + fault.seconds, unlock) as is_new:
                    if is_new:
                        record("lock", f"{fault.seconds:g} s")
                yield from self.host.end_after(LOCK, fault.seconds)
            case Act.CLOCK:
                self._shift(fault.by)
            case Act.RATES:
                begin_rates(self.queue, ongoing, fault, env.now + fault.seconds)
                yield from self.host.end_after(RATES, fault.seconds)
            case Act.KILL if target:
                target.kill()
            case Act.FREEZE if target:
                yield from target.freeze(fault.seconds)
            case Act.FAILPOINT if target:
                target.arm(fault.point or "", fault.seconds)

    def _shift(self, seconds: float) -> None:
        self.queue.clock.shift(seconds)
        for process in self.processes.values():
            process.wake()


def _check_waits(config: Config) -> None:
    """Raises: ConfigError: with such waits virtual time would never go on."""
    polls = config.consumer.interval
    for name, mean in (
        ("producer.interval", config.producer.interval.mean),
        ("consumer.interval", polls.mean if polls.most else SHORTEST_WAIT),  # 0: woken by jobs
        ("cleaner.interval", config.cleaner.interval),
        ("manager.interval", config.manager.interval),
    ):
        if mean < SHORTEST_WAIT:
            least = f"at least {SHORTEST_WAIT:g} seconds on average"
            raise ConfigError(f"{name}: expected {least} in virtual time, got {mean:g}.")


class VirtualConsumer(Consumer):
    """A consumer that, with an interval of 0, is woken the moment that a job waits."""

    def idle(self) -> float:
        return self.end_cycle() or math.inf


VIRTUAL_ROLES = ROLES | {Consumer.role: VirtualConsumer}
