"""Catalogues of messages, and how one becomes a sentence.

    [unknown_column]                      # recommender/text/sources.toml: the code is "sources.unknown_column"
    zh = "没有“{column}”这一列"
    en = "there is no column {column!r}"

Gaps are those of `str.format`, and besides its specifications there are those of `recommender.text.formats`
({budget:money}) and {n:plural=day,days}: one of two words, by number, without the number. A value that is a message
or a bilingual text is put into the same language, a sequence is joined.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final

from features.messages import LANGS, BilingualText, Lang, Message, set_renderer
from recommender.text.formats import SPECIFICATIONS

SEPARATORS: Final[Mapping[Lang, str]] = {"zh": "、", "en": ", "}
PLURAL: Final = "plural="
CONVERSIONS: Final[Mapping[str, Callable[[Any], str]]] = {"r": repr, "s": str, "a": ascii}
Text = Message | BilingualText | str
Part = str | tuple[str, Callable[[Any, Lang], str]]  # a piece of text, or a gap and how its value is written


@cache
def areas() -> tuple[str, ...]:
    """All subjects, by name."""
    folder = files("recommender.text")
    return tuple(sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".toml")))


@cache
def catalogue(area: str) -> Mapping[str, Mapping[Lang, str]]:
    """The entries of one subject: name -> language -> template. Raises LookupError for an unknown area."""
    if area not in areas():
        raise LookupError(f"There is no catalogue recommender/text/{area}.toml")
    return tomllib.loads(files("recommender.text").joinpath(f"{area}.toml").read_text("utf-8"))


def template(code: str, lang: Lang) -> str:
    """The words of a code. Raises LookupError for an unknown one."""
    area, _, name = code.partition(".")
    try:
        return catalogue(area)[name][lang]
    except KeyError:
        raise LookupError(f"recommender/text/{area}.toml has no entry {name!r} in {lang!r}") from None


def has(code: str) -> bool:
    """Whether there are words for a code."""
    area, _, name = code.partition(".")
    return area in areas() and name in catalogue(area)


def word(group: str, value: str) -> Message | str:
    """The word for a coded value of the tables, such as ("mode", "online"); a value without one is its own word."""
    code = f"words.{group}_{value}"
    return Message(code) if has(code) else value


def render(text: Text, lang: Lang = "zh") -> str:
    """The sentence of a message in one language. Raises LookupError for an unknown code or a missing value."""
    if isinstance(text, BilingualText):
        return text.zh if lang == "zh" else text.en
    if isinstance(text, str):
        return text
    values = text.values
    try:
        return "".join(
            part if isinstance(part, str) else part[1](values[part[0]], lang) for part in _parts(text.code, lang)
        )
    except KeyError as missing:
        raise LookupError(f"{text.code} needs a value for {missing}") from None


def in_both(text: Text) -> BilingualText:
    """The sentence in both languages."""
    return BilingualText(*(render(text, lang) for lang in LANGS))


def join(items: Iterable[Any], lang: Lang) -> str:
    """A list in a sentence."""
    return SEPARATORS[lang].join(str(_value(item, lang)) for item in items)


def gaps(code: str, lang: Lang) -> frozenset[str]:
    """The names of the values that a code needs."""
    return frozenset(part[0] for part in _parts(code, lang) if not isinstance(part, str))


@cache
def _parts(code: str, lang: Lang) -> tuple[Part, ...]:
    """A template taken apart, once. Raises ValueError for one that `str.format` would not take."""
    parts: list[Part] = []
    for text, name, specification, conversion in Formatter().parse(template(code, lang)):
        if text:
            parts.append(text)
        if name is not None:
            parts.append((name, _writer(specification or "", conversion)))
    return tuple(parts)


def _writer(specification: str, conversion: str | None) -> Callable[[Any, Lang], str]:
    if specification.startswith(PLURAL):
        one, many = specification.removeprefix(PLURAL).split(",")
        return lambda value, lang: one if value == 1 else many
    if specification in SPECIFICATIONS:
        write = SPECIFICATIONS[specification]
        return lambda value, lang: write(_value(value, lang), lang)
    if conversion:
        convert = CONVERSIONS[conversion]
        return lambda value, lang: format(convert(_value(value, lang)), specification)
    if not specification:
        return _plain
    return lambda value, lang: format(_value(value, lang), specification)


def _plain(value: Any, lang: Lang) -> str:
    return value if value.__class__ is str else format(_value(value, lang), "")


def _value(value: Any, lang: Lang) -> Any:
    if isinstance(value, (Message, BilingualText)):
        return render(value, lang)
    if isinstance(value, (list, tuple, set, frozenset)):
        return join(value, lang)
    return value


set_renderer(lambda message: render(message, "en"))
