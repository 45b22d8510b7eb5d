"""The sections of ``config.yaml``, parameter by parameter, and which of them are live."""

from __future__ import annotations

import math

from pydantic import Field, model_validator

from rinq.config.values import (
    Count,
    DrawnTimes,
    Durability,
    HandlerName,
    PathText,
    Rate,
    RetryWait,
    Section,
    Seed,
    SomeSeconds,
    Speed,
    Switch,
)
from rinq.distributions import Times

DEFAULT_HANDLER = "rinq.roles.handlers:alternate_case"


class General(Section):
    primary_path: PathText = Field(
        None, description="folder of the files; missing: the current directory"
    )
    database: PathText = Field(
        None, description="the queue's SQLite file; missing: rinq.db in primary_path"
    )
    speed: Speed = Field(1.0, description="queue seconds per real second in a new database")
    durability: Durability = Field(
        "full", description="full: a submitted job survives a power cut; normal: a crash only"
    )
    seed: Seed = Field(None, description="makes names, waits and faults repeatable")


class ProducerConfig(Section):
    interval: DrawnTimes = Field(
        Times("constant", (5.0,)), description="wait between two files, drawn anew each time"
    )


class ConsumerConfig(Section):
    n_time: SomeSeconds = Field(3600.0, description="time allowed for one execution of a job")
    n_tries: Count = Field(3, description="executions of a job before it is failed")
    interval: DrawnTimes = Field(
        Times("uniform", (7.0, 15.0)), description="wait between two jobs, drawn anew each time"
    )
    work_time: DrawnTimes = Field(
        Times("constant", (0.0,)), description="time the work takes beyond the handler itself"
    )
    retry_wait: RetryWait = Field(
        Times("constant", (0.0,)),
        description="wait before a failed execution may be claimed again",
    )
    handler: HandlerName = Field(DEFAULT_HANDLER, description="the work: text or bytes to text")
    heartbeat: Switch = Field(False, description="renew the lease while the work goes on")


class CleanerConfig(Section):
    interval: SomeSeconds = Field(30.0, description="wait between two searches for failed jobs")


class ManagerConfig(Section):
    interval: SomeSeconds = Field(10.0, description="wait between two searches for lapsed leases")
    timeout: SomeSeconds = Field(60.0, description="the lease: how long a claim may hold a job")
    n_reassigns: Count = Field(5, description="claims taken back before a job is failed")


class FaultsConfig(Section):
    error_rate: Rate = Field(0.0, description="attempts whose handler raises")
    hang_rate: Rate = Field(0.0, description="attempts whose handler never returns")
    crash_rate: Rate = Field(0.0, description="attempts that kill their consumer")

    @model_validator(mode="after")
    def _sum(self) -> FaultsConfig:
        if math.fsum((self.error_rate, self.hang_rate, self.crash_rate)) > 1:
            raise ValueError("expected rates whose sum is at most 1")
        return self


LIVE = (
    "producer.interval",
    "consumer.interval",
    "consumer.work_time",
    "consumer.retry_wait",
    "cleaner.interval",
    "manager.interval",
    "manager.timeout",
    "faults.error_rate",
    "faults.hang_rate",
    "faults.crash_rate",
)
"""The parameters that the table ``settings`` can override while processes run."""

CHANGEABLE = ("speed", "paused", *LIVE)
"""What ``rinq set`` takes: ``speed`` is kept in the table ``clock``."""
