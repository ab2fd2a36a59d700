"""School subjects under one name each, from `subjects.toml` and the [subjects] of a mapping file."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class SubjectNames(NamedTuple):
    """`names`: the standard names; `synonyms`: word (folded) -> name."""

    names: frozenset[str]
    synonyms: Mapping[str, str]

    def name(self, word: str) -> str:
        """The standard name of a word, the word itself where it is unknown."""
        return word if word in self.names else self.synonyms.get(_fold(word), word)


def subject_names(more: Mapping[str, str] | None = None) -> SubjectNames:
    """The built-in names and those of `more`: synonym -> name."""
    builtin = _builtin_names()
    if not more:
        return builtin
    added = {_fold(word): name for word, name in more.items()}
    return SubjectNames(builtin.names | set(more.values()), {**builtin.synonyms, **added})


@cache
def _builtin_names() -> SubjectNames:
    text = files("features.sources.read").joinpath("subjects.toml").read_text("utf-8")
    words: dict[str, list[str]] = tomllib.loads(text)["subjects"]
    return SubjectNames(
        frozenset(words), {_fold(word): name for name, others in words.items() for word in (name, *others)}
    )


def _fold(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()
