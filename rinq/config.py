"""``config.yaml`` → ``Config``: every parameter, its range, its default and its meaning."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from rinq.distributions import LAWS, Times
from rinq.errors import ConfigError

DEFAULT_HANDLER = "rinq.roles.handlers:alternate_case"
_HANDLER = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class Expect(str):
    """What a value must be, in the words of an error message; metadata of a type."""

    __slots__ = ()


def as_range(value: object) -> tuple[float, float]:
    """A number n means the range from n to n."""
    pair: list[Any] = list(value) if isinstance(value, list | tuple) else [value, value]
    if not all(type(number) in (int, float) for number in pair):
        raise ValueError("not numbers")
    least, most = (float(number) for number in pair)
    if least > most:
        raise ValueError("the first is above the second")
    return least, most


def _handler(name: str) -> str:
    if not _HANDLER.fullmatch(name) or name.startswith("__main__:"):
        raise ValueError("not importable by another process")
    return name


_NUMBER = Field(ge=0, le=1e9, allow_inf_nan=False)
Seconds = Annotated[float, _NUMBER, Expect("a number of seconds from 0 up")]
SomeSeconds = Annotated[
    float, Field(gt=0, le=1e9, allow_inf_nan=False), Expect("a number of seconds above 0")
]
DrawnTimes = Annotated[
    Times,
    Expect(
        "a number of seconds from 0 up, a pair [least, most], or a law such as exponential(5); "
        f"laws: {', '.join(LAWS)}"
    ),
    BeforeValidator(Times.parse),
    PlainSerializer(lambda times: times.plain),
]
Range = Annotated[
    tuple[Annotated[float, _NUMBER], Annotated[float, _NUMBER]],
    Expect("a number of seconds from 0 up, or a pair [least, most]"),
    BeforeValidator(as_range),
]
Count = Annotated[int, Field(ge=1, le=10**9), Expect("a whole number from 1 up")]
Rate = Annotated[
    float, Field(ge=0, le=1, allow_inf_nan=False), Expect("a share of attempts from 0 to 1")
]
Speed = Annotated[
    float, Field(gt=0, le=1000, allow_inf_nan=False), Expect("a number above 0, at most 1000")
]
Seed = Annotated[int | None, Expect("a whole number, or null")]
PathText = Annotated[Annotated[str, Field(pattern=r"^[^\x00]+$")] | None, Expect("a path")]
Durability = Annotated[Literal["full", "normal"], Expect("full or normal")]
Switch = Annotated[bool, Expect("on or off")]
HandlerName = Annotated[
    str,
    AfterValidator(_handler),
    Expect(
        "module:function, in a module that a process can import "
        "(not a notebook cell: write it to a file with %%writefile)"
    ),
]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


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
    handler: HandlerName = Field(DEFAULT_HANDLER, description="the work: text or bytes to text")
    heartbeat: Switch = Field(False, description="renew the lease while the work goes on")


class CleanerConfig(Section):
    interval: SomeSeconds = Field(30.0, description="wait between two looks for failed jobs")


class ManagerConfig(Section):
    interval: SomeSeconds = Field(10.0, description="wait between two looks for lapsed leases")
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


class Config(Section):
    """All parameters; immutable. ``file`` is where they were read, None for defaults alone."""

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
        return Path.cwd() if path is None else self.folder / Path(path).expanduser()

    @property
    def database(self) -> Path:
        """The queue's SQLite file (absolute)."""
        path = self.general.database
        default = self.primary_path / "rinq.db"
        return default if path is None else self.folder / Path(path).expanduser()

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
            file = Path(path).expanduser().absolute()
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
            lines = [_sentence(cls, detail) for detail in error.errors()]
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            line = " ".join(lines[0].split())
            raise ConfigError(f"{source}: {line}{more}") from error

    def overridden(self, settings: Mapping[str, object]) -> Config:
        """This config with live settings (dotted names) in place. Raises: ConfigError."""
        if not settings:
            return self
        values: dict[str, dict[str, object]] = self.model_dump()
        for key, value in settings.items():
            section, _, name = key.partition(".")
            values.setdefault(section, {})[name] = value
        return Config.parse(values, source="settings").read_from(self._file)

    def read_from(self, file: Path | None) -> Config:
        """Note where the parameters come from. Returns the config itself."""
        self._file = file
        return self


def read_values(file: Path) -> object:
    """What a YAML file says. Raises: ConfigError, one line that names the file."""
    try:
        return _read_yaml(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: no such file.{_nearest_file(file)}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}.") from error
    except _NotYAML as error:
        raise ConfigError(f"{file}: this is not YAML{error}.") from error


def read_change(text: str) -> tuple[str, Any]:
    """``consumers=3`` → its key and value, read as YAML. Raises: ConfigError."""
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals:
        raise ConfigError(f"{text!r}: expected KEY=VALUE, such as speed=20.")
    try:
        return key, _read_yaml(value)
    except _NotYAML as error:
        raise ConfigError(f"{key}: {value!r} is no value.") from error


def parse_change(text: str) -> tuple[str, object | None]:
    """``faults.error_rate=0.3`` → its key and value; nothing after ``=`` means None (remove).

    Raises:
        ConfigError: the key cannot be changed while processes run, or there is no ``=``.
    """
    key, parsed = read_change(text)
    if key not in CHANGEABLE:
        if key != "general.speed" and key in (name for name, _, _ in parameters()):
            raise ConfigError(
                f"{key}: this is read when a process starts.",
                advice="Change it in the config file, and start the processes anew.",
            )
        raise ConfigError(f"{key}: unknown setting.{_nearest(key, CHANGEABLE)}")
    if key == "paused" and not isinstance(parsed, bool | None):
        raise ConfigError(f"paused: expected true or false, got {parsed!r}.")
    if key == "speed" and parsed is not None:
        Config.parse({"general": {"speed": parsed}}, source="settings")
    return key, parsed


def parameters() -> Iterator[tuple[str, Any, str]]:
    """Each parameter as (dotted name, default, meaning), in the order of the file."""
    for section, field in Config.model_fields.items():
        for name, parameter in type(field.default).model_fields.items():
            default = parameter.default
            plain = default.plain if isinstance(default, Times) else default
            yield f"{section}.{name}", plain, parameter.description or ""


class _NotYAML(ValueError):
    """The text is no YAML; says where, if that is known."""


def _read_yaml(text: str) -> object:
    """The text's value. Raises: _NotYAML."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # such as the date 2024-99-99
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise _NotYAML("" if line is None else f" (line {line + 1})") from error


def _text_keys(section: object) -> object:
    """The section with keys as text, an empty one as a mapping; anything else as it is."""
    if isinstance(section, Mapping):
        return {str(key): value for key, value in section.items()}
    return {} if section is None else section


def _sentence(model: type[BaseModel], detail: ErrorDetails) -> str:
    """One of pydantic's errors in this project's words."""
    path = [str(part) for part in detail["loc"] if isinstance(part, str)]
    key = ".".join(path[:2])
    if detail["type"] == "extra_forbidden":
        known = [name for name, _, _ in parameters()]
        return f"{key}: unknown key.{_nearest(key, [*model.model_fields, *known])}"
    section = model.model_fields[path[0]].default
    if len(path) == 1:
        expected = "a section with keys below it" if detail["type"] == "model_type" else ""
        return f"{key}: {'expected ' + expected if expected else detail['ctx']['error']}."
    metadata = type(section).model_fields[path[1]].metadata
    expected = next((str(item) for item in metadata if isinstance(item, Expect)), "another value")
    return f"{key}: expected {expected}, got {detail['input']!r:.60}."


def _nearest(key: str, known: list[str] | tuple[str, ...]) -> str:
    last = key.rpartition(".")[2]
    near = [name for name in known if name.rpartition(".")[2] == last]
    near = near or difflib.get_close_matches(key, known, 1, 0.5)
    return f" Did you mean {near[0]}?" if near else f" Known are {', '.join(known)}."


def _nearest_file(file: Path) -> str:
    try:
        there = [p.name for p in file.parent.iterdir() if re.search(r"\.ya?ml$", p.name)]
    except OSError:
        return f" There is no folder {file.parent}." if not file.parent.exists() else ""
    near = difflib.get_close_matches(file.name, there, 1, 0.3) or there[:1]
    return f" Did you mean {file.parent / near[0]}?" if near else ""
