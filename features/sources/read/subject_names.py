"""School subjects under one name each; the words are in `subjects.toml` and in a mapped file's [subjects]."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class SubjectNames(NamedTuple):
    """`names` that are known, and `synonyms` (folded) -> name."""

    names: frozenset[str]
    synonyms: Mapping[str, str]

    def name(self, word: str) -> str:
        """The name that a word stands for, the word itself where nobody knows it."""
        return word if word in self.names else self.synonyms.get(_fold(word), word)


def subject_words(more: Mapping[str, str] | None = None) -> SubjectNames:
    """The word list; `more`: synonym -> name."""
    listed = _listed()
    if not more:
        return listed
    added = {_fold(word): name for word, name in more.items()}
    return SubjectNames(listed.names | set(more.values()), {**listed.synonyms, **added})


@cache
def _listed() -> SubjectNames:
    text = files("features.sources.read").joinpath("subjects.toml").read_text("utf-8")
    words: dict[str, list[str]] = tomllib.loads(text)["subjects"]
    return SubjectNames(
        frozenset(words), {_fold(word): name for name, others in words.items() for word in (name, *others)}
    )


def _fold(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()
