"""What the limits of a question may hold: plain values within bounds, so that a question that is queued can be stored,
read back, solved and displayed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from features.errors import UsageError

MAX_DEPTH: Final = 6
MAX_VALUES: Final = 10_000
MAX_TEXT: Final = 200  # characters
MAX_NUMBER: Final = 1_000_000_000_000
_UNWRITABLE: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def check_plain(content: Any) -> None:
    """Raises UsageError for a value that is not a text, a number, a switch, a list or a table, and for too many, too
    deep, too long or too large ones."""
    level: list[Any] = [content]
    values = 0
    for _ in range(MAX_DEPTH):
        values += len(level)
        if values > MAX_VALUES:
            raise UsageError("plans.too_many_values", most=MAX_VALUES)
        below: list[Any] = []
        for value in level:
            below += _parts(value)
        if not below:
            return
        level = below
    raise UsageError("plans.too_deep", most=MAX_DEPTH)


def _parts(value: Any) -> Iterable[Any]:
    """The values inside of one; checks it where there are none."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, str):
        if len(value) > MAX_TEXT or _UNWRITABLE.search(value):
            raise UsageError("plans.text_not_usable", most=MAX_TEXT, text=ascii(value[:40]))
    elif isinstance(value, float | int):
        if not abs(value) <= MAX_NUMBER:  # also not a number
            raise UsageError("plans.number_not_usable", most=MAX_NUMBER)
    elif value is not None:
        raise UsageError("plans.value_not_usable", kind=type(value).__name__)
    return ()
