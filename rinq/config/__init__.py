"""The configuration: ``config.yaml`` → ``Config``; each parameter's range, default and meaning."""

from rinq.config.changes import check_changes, parse_change
from rinq.config.config import Config, parameters
from rinq.config.messages import validation_sentence
from rinq.config.sections import CHANGEABLE, DEFAULT_HANDLER, LIVE, FaultsConfig
from rinq.config.values import (
    Expect,
    Range,
    Rate,
    Seconds,
    Section,
    SomeSeconds,
    as_range,
    expanded,
)
from rinq.config.yaml_text import dump_values, read_change, read_values

__all__ = [
    "CHANGEABLE",
    "DEFAULT_HANDLER",
    "LIVE",
    "Config",
    "Expect",
    "FaultsConfig",
    "Range",
    "Rate",
    "Seconds",
    "Section",
    "SomeSeconds",
    "as_range",
    "check_changes",
    "dump_values",
    "expanded",
    "parameters",
    "parse_change",
    "read_change",
    "read_values",
    "validation_sentence",
]
