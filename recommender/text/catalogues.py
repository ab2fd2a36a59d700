"""Catalogues of messages, and how one becomes a sentence.

    [unknown_column]                      # recommender/text/sources.toml: the code is "sources.unknown_column"
    zh = "没有“{column}”这一列"
    en = "there is no column {column!r}"

Gaps are those of `str.format`. A value that is a message is rendered in the same language, a sequence is joined.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, get_args

from features.messages import Message, set_renderer

Lang = Literal["zh", "en"]
LANGS: Final[tuple[Lang, ...]] = get_args(Lang)
SEPARATORS: Final[Mapping[str, str]] = {"zh": "、", "en": ", "}


@cache
def catalogue(area: str) -> Mapping[str, Mapping[str, str]]:
    """The entries of one subject: name -> language -> template. Raises FileNotFoundError for an unknown area."""
    return tomllib.loads(files("recommender.text").joinpath(f"{area}.toml").read_text("utf-8"))


def template(code: str, lang: Lang) -> str:
    """The words of a code. Raises KeyError for an unknown one."""
    area, name = code.split(".", 1)
    return catalogue(area)[name][lang]


def render(message: Message | str, lang: Lang = "zh") -> str:
    """The sentence of a message; text stays as it is."""
    if isinstance(message, str):
        return message
    return template(message.code, lang).format(**{key: _value(v, lang) for key, v in message.values.items()})


def join(items: Iterable[Any], lang: Lang) -> str:
    """A list in a sentence."""
    return SEPARATORS[lang].join(str(_value(item, lang)) for item in items)


def _value(value: Any, lang: Lang) -> Any:
    if isinstance(value, Message):
        return render(value, lang)
    if isinstance(value, (list, tuple, set, frozenset)):
        return join(value, lang)
    return value


set_renderer(lambda message: render(message, "en"))
