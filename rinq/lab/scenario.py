"""A scenario: which processes run, for how long, under which config and which fault plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError

from rinq.config import (
    Config,
    Expect,
    Seconds,
    Section,
    SomeSeconds,
    expanded,
    parameters,
    read_change,
    read_values,
    validation_sentence,
)
from rinq.errors import ConfigError
from rinq.lab.faults.plan import FaultPlan
from rinq.queue import Role

_Number = Annotated[int, Field(ge=0, le=1000), Expect("a whole number from 0 to 1000")]


class Scenario(Section):
    """A fleet and its work, as data: for virtual time and for real processes alike.

    Args:
        seconds: how long it runs, in queue seconds.
        warmup: jobs submitted in the first ``warmup`` seconds are not measured.
        producers, consumers, managers, cleaners: how many of each role.
        restart: queue seconds from the end of a process that crashed or was killed until it
            is started again in virtual time; real processes are started again at once.
        config: sections as in ``config.yaml``. ``primary_path`` and ``database`` are the run's own.
        faults: a fault plan, as in YAML.

    >>> import rinq
    >>> busy = rinq.Scenario.parse({"consumers": 2, "config": {"consumer": {"interval": 8}}})
    >>> [name for role, name in busy.processes()]
    ['producer-1', 'consumer-1', 'consumer-2', 'manager-1', 'cleaner-1']
    >>> str(busy.varied({"consumer.interval": [7, 15]}).parameters.consumer.interval)
    'uniform(7, 15)'
    """

    seconds: SomeSeconds = 3600.0
    warmup: Seconds = 0.0
    producers: _Number = 1
    consumers: _Number = 3
    managers: _Number = 1
    cleaners: _Number = 1
    restart: Seconds = 5.0
    config: Annotated[dict[str, dict[str, Any]], Expect("sections as in config.yaml")] = Field(
        default_factory=dict
    )
    faults: Annotated[list[dict[str, Any]], Expect("a list of entries of a fault plan")] = Field(
        default_factory=list
    )

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Check all of it. Raises: ConfigError, naming the key and what was expected."""
        try:
            scenario = cls.model_validate(dict(values))
        except ValidationError as error:
            known = [*cls.model_fields, *(name for name, _, _ in parameters())]
            sentence = validation_sentence(cls, error.errors()[0], known)
            raise ConfigError(f"scenario: {sentence}") from error
        Config.parse(scenario.config, source="scenario: config")
        FaultPlan.parse(scenario.faults, source="scenario: faults")
        return scenario

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a scenario from a YAML file. Raises: ConfigError."""
        file = expanded(path).absolute()
        values = read_values(file)
        if not isinstance(values, Mapping | None):
            raise ConfigError(f"{file}: expected keys such as 'consumers: 3'.")
        return cls.parse(values or {})

    def over(self, config: Config) -> Self:
        """The same, with its own config laid over another."""
        values = self.model_dump()
        sections = config.model_dump(mode="json")
        for name, section in values["config"].items():
            sections[name] |= section
        return self.parse({**values, "config": sections})

    def varied(self, changes: Mapping[str, Any]) -> Self:
        """The same with some parameters changed: a name above, or a dotted one of the config.

        Raises:
            ConfigError: there is no such parameter, or a value is out of range.
        """
        values = self.model_dump()
        for key, value in changes.items():
            section, dot, name = key.partition(".")
            if dot:
                values["config"].setdefault(section, {})[name] = value
            else:
                values[key] = value
        return self.parse(values)

    @property
    def parameters(self) -> Config:
        """The config. Raises: ConfigError."""
        return Config.parse(self.config, source="scenario: config")

    @property
    def plan(self) -> FaultPlan:
        """The fault plan. Raises: ConfigError."""
        return FaultPlan.parse(self.faults, source="scenario: faults")

    def processes(self) -> Iterator[tuple[Role, str]]:
        """Each process: its role and its name."""
        for role in Role:
            for n in range(getattr(self, f"{role}s")):
                yield role, f"{role}-{n + 1}"


def parse_changes(texts: Iterable[str]) -> dict[str, Any]:
    """Texts such as ``consumers=3`` as a mapping. Raises: ConfigError."""
    return dict(read_change(text) for text in texts)
