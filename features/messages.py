"""Sentences as codes and values: lower layers say what happened, `recommender.text` says it in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


def _plain(message: Message) -> str:
    values = ", ".join(f"{key}={value!s}" for key, value in message.values.items())
    return f"{message.code} ({values})" if values else message.code


_renderer: Callable[[Message], str] = _plain


@dataclass(frozen=True)
class Message:
    """`code` is "area.name", the entry `name` of the catalogue `recommender/text/area.toml`; `values` fill its gaps.

    Values are numbers, texts, sequences of them, or further messages.
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return _renderer(self)


def message(code: str, **values: Any) -> Message:
    """A message, its values by name."""
    return Message(code, values)


def set_renderer(render: Callable[[Message], str]) -> None:
    """How `str(message)` reads: set once by `recommender.text`; before that it is the code and the values."""
    global _renderer
    _renderer = render
