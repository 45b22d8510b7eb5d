"""All parameters as one immutable object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rinq.config.messages import validation_sentence
from rinq.config.sections import (
    CleanerConfig,
    ConsumerConfig,
    FaultsConfig,
    General,
    ManagerConfig,
    ProducerConfig,
)
from rinq.config.values import Section, expanded
from rinq.config.yaml_text import read_values
from rinq.distributions import Times
from rinq.errors import ConfigError


class Config(Section):
    """All parameters; immutable. ``file`` is where they were read, None for defaults alone.

    >>> config = Config.parse({"consumer": {"n_tries": 5}})
    >>> config.consumer.n_tries, config.manager.timeout
    (5, 60.0)
    """

    general: General = General()
    producer: ProducerConfig = ProducerConfig()
    consumer: ConsumerConfig = ConsumerConfig()
    cleaner: CleanerConfig = CleanerConfig()
    manager: ManagerConfig = ManagerConfig()
    faults: FaultsConfig = FaultsConfig()
    _file: Path | None = None

    @property
    def file(self) -> Path | None:
        return self._file

    @property
    def folder(self) -> Path:
        """The config file's folder, from which relative paths count; else the current one."""
        return self._file.parent if self._file else Path.cwd()

    @property
    def primary_path(self) -> Path:
        """Where the files are made (absolute)."""
        path = self.general.primary_path
        return Path.cwd() if path is None else self.folder / expanded(path)

    @property
    def database(self) -> Path:
        """The queue's SQLite file (absolute)."""
        path = self.general.database
        default = self.primary_path / "rinq.db"
        return default if path is None else self.folder / expanded(path)

    @property
    def warnings(self) -> list[str]:
        """What is allowed but probably not meant, a sentence each."""
        n_time, lease = self.consumer.n_time, self.manager.timeout
        if n_time > lease and not self.consumer.heartbeat:
            sentence = (
                f"consumer.n_time ({n_time:g} s) exceeds manager.timeout ({lease:g} s) and "
                "consumer.heartbeat is off: a job that takes longer than the lease is taken "
                "back and done again."
            )
            return [sentence]
        return []

    @classmethod
    def load(cls, path: Path | str | None = None) -> Config:
        """Read a file; without a path, ``config.yaml`` of the current directory, if it is there.

        Raises:
            ConfigError: one line that names the file, the key, and what was expected.

        >>> from pathlib import Path
        >>> import rinq
        >>> written = Path("fast.yaml").write_text("general: {speed: 20}")
        >>> config = rinq.Config.load("fast.yaml")
        >>> config.general.speed, config.manager.timeout
        (20.0, 60.0)
        """
        if path is None:
            file = Path.cwd() / "config.yaml"
            if not file.exists():
                return cls()
        else:
            file = expanded(path).absolute()
        values = read_values(file)
        return cls.parse({} if values is None else values, source=str(file)).read_from(file)

    @classmethod
    def parse(cls, values: object, *, source: str = "config") -> Config:
        """Check a mapping of sections. Raises: ConfigError, naming ``source``.

        >>> import rinq
        >>> str(rinq.Config.parse({"consumer": {"interval": [7, 15]}}).consumer.interval)
        'uniform(7, 15)'
        >>> rinq.Config.parse({"consumer": {"n_try": 5}})
        Traceback (most recent call last):
        ...
        rinq.errors.ConfigError: config: consumer.n_try: unknown key. Did you mean consumer.n_tries?
        """
        if not isinstance(values, Mapping):
            raise ConfigError(f"{source}: expected sections such as 'consumer:', with keys below.")
        present = {str(key): _text_keys(section) for key, section in values.items()}
        try:
            return cls.model_validate(present)
        except ValidationError as error:
            known = [*cls.model_fields, *(name for name, _, _ in parameters())]
            sentence = validation_sentence(cls, error.errors()[0], known)
            more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
            raise ConfigError(f"{source}: {sentence}{more}") from error

    def overridden(self, settings: Mapping[str, object]) -> Config:
        """This config with live settings (dotted names) in place. Raises: ConfigError."""
        if not settings:
            return self
        values: dict[str, dict[str, object]] = self.model_dump()
        for key, value in settings.items():
            section, _, name = key.partition(".")
            values.setdefault(section, {})[name] = value
        return Config.parse(values, source="settings").read_from(self._file)

    def overridden_where_possible(
        self, settings: Mapping[str, object]
    ) -> tuple[Config, list[ConfigError]]:
        """This config with those live settings in place that can be, and why the others cannot."""
        try:
            return self.overridden(settings), []
        except ConfigError:  # one was written by hand: take them one by one
            config, errors = self, []
        for key, value in settings.items():
            try:
                config = config.overridden({key: value})
            except ConfigError as error:
                errors.append(error)
        return config, errors

    def read_from(self, file: Path | None) -> Config:
        """Note where the parameters come from. Returns the config itself."""
        self._file = file
        return self


def parameters() -> Iterator[tuple[str, Any, str]]:
    """Each parameter as (dotted name, default, meaning), in the order of the file."""
    for section, field in Config.model_fields.items():
        for name, parameter in type(field.default).model_fields.items():
            default = parameter.default
            plain = default.plain if isinstance(default, Times) else default
            yield f"{section}.{name}", plain, parameter.description or ""


def _text_keys(section: object) -> object:
    """The section with keys as text, an empty one as a mapping; anything else as it is."""
    if isinstance(section, Mapping):
        return {str(key): value for key, value in section.items()}
    return {} if section is None else section
