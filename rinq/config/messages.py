"""What is said of a wrong key or value: one sentence, with what was expected."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from rinq.config.values import Expect
from rinq.display import cut, shortened


def validation_sentence(
    model: type[BaseModel], detail: ErrorDetails, known: Iterable[str] = ()
) -> str:
    """One of pydantic's errors as a sentence that begins with the key.

    Args:
        model: what was validated; a field whose default is a model is a section, and its
            keys are dotted. What a value must be is the ``Expect`` in its field's metadata.
        known: keys that an unknown one may have been meant for; the model's own if not given.

    >>> from pydantic import ValidationError
    >>> from rinq.config import FaultsConfig
    >>> try:
    ...     FaultsConfig(error_rate=2)
    ... except ValidationError as error:
    ...     validation_sentence(FaultsConfig, error.errors()[0])
    'error_rate: expected a share of attempts from 0 to 1, got 2.'
    """
    path, fields, field = [], model.model_fields, None
    for part in map(str, detail["loc"]):
        path.append(part)
        field = fields.get(part)
        section = field.default if field else None
        if not isinstance(section, BaseModel):
            break
        fields = type(section).model_fields
    key = ".".join(path)
    if field is None:
        return f"{cut(key)}: unknown key.{nearest(key, list(known) or list(fields))}"
    expected = next((item for item in field.metadata if isinstance(item, Expect)), None)
    if expected is None and detail["type"] == "value_error":  # of a section as a whole
        return f"{key}: {detail['ctx']['error']}."
    got = "nothing" if detail["type"] == "missing" else shortened(detail["input"])
    return f"{key}: expected {expected or 'a section with keys below it'}, got {got}."


def nearest(key: str, known: list[str] | tuple[str, ...]) -> str:
    """Which known key was probably meant: of the same last part, else of similar spelling.

    >>> nearest("n_time", ["consumer.n_time", "consumer.n_tries"])
    ' Did you mean consumer.n_time?'
    >>> nearest("zzz", ["speed", "paused"])
    ' Known are speed, paused.'
    """
    last = key.rpartition(".")[2]
    near = [name for name in known if name.rpartition(".")[2] == last]
    near = near or difflib.get_close_matches(key, known, 1, 0.5)
    return f" Did you mean {near[0]}?" if near else f" Known are {', '.join(known)}."
