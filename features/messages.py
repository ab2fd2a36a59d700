"""Sentences as codes and values: lower layers return what happened, `recommender.text` puts it into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

Lang = Literal["zh", "en"]
LANGS: Final[tuple[Lang, Lang]] = ("zh", "en")


class BilingualText(NamedTuple):
    """One text in each language: a name as the tables hold it, or a rendered sentence."""

    zh: str
    en: str


@dataclass(frozen=True)
class Message:
    """`code` is "area.name", the entry `name` of the catalogue `recommender/text/area.toml`; `values` fill its gaps.

    Values are numbers, dates, texts, bilingual texts, further messages, or sequences of them.
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return _renderer(self)


def message(code: str, **values: Any) -> Message:
    """A message, its values by name."""
    return Message(code, values)


def set_renderer(render: Callable[[Message], str]) -> None:
    """Sets how `str(message)` reads. `recommender.text` calls it once; before that it is the code and the values."""
    global _renderer
    _renderer = render


def _code_and_values(message: Message) -> str:
    values = ", ".join(f"{key}={value!s}" for key, value in message.values.items())
    return f"{message.code} ({values})" if values else message.code


_renderer: Callable[[Message], str] = _code_and_values
