"""How well a header names a column of a table: by the schema's words, by those that offices write, or by likeness."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from rapidfuzz import fuzz, process

from features.schema import Table
from features.sources.read.sheet import fold

Reason = Literal["name", "synonym", "similar", "content", "remembered", "chosen"]
SIMILAR: Final = 80  # least likeness, as `fuzz.ratio` measures it
BRACKETS: Final = re.compile(r"[(（\[【].*?[)）\]】]")
MARKS: Final = re.compile(r"[*＊:：、/_\-\s]+")


@dataclass(frozen=True)
class NameScore:
    """score 0 to 1; near: the name that the header is like, for `similar`."""

    score: float
    reason: Reason
    near: str = ""


def name_score(header: str, table: Table, column: str) -> NameScore | None:
    """How well the header names this column; None where nothing speaks for it.

    Of a header in two rows, such as `任教情况 学科`, the last word counts as well as the whole.
    """
    names = _names(table)[column]
    parts = [header, header.split(" ")[-1]] if " " in header.strip() else [header]
    scores = [score for score in (_score(_bare(part), names) for part in parts) if score is not None]
    return max(scores, key=lambda score: score.score, default=None)


def table_hint(text: str) -> frozenset[str]:
    """The tables that the name of a file or sheet speaks of."""
    return frozenset(table for table, words in _words()["files"].items() if any(word in text for word in words))


def _score(header: str, names: Mapping[str, float]) -> NameScore | None:
    if not header:
        return None
    if header in names:
        return NameScore(names[header], "name" if names[header] == 1.0 else "synonym")
    near = process.extractOne(header, names.keys(), scorer=fuzz.ratio, score_cutoff=SIMILAR)
    if near is not None:
        return NameScore(0.85 * near[1] / 100, "similar", near[0])
    containing = [name for name in names if len(name) > 1 and name in header]
    if containing:
        longest = max(containing, key=len)
        return NameScore(0.5 + 0.25 * len(longest) / len(header), "similar", longest)
    return None


def _bare(header: str) -> str:
    """Without brackets, units in them, marks of required fields and spaces."""
    return fold(MARKS.sub("", BRACKETS.sub("", header)))


@cache
def _tables() -> dict[str, dict[str, dict[str, float]]]:
    return {}


def _names(table: Table) -> Mapping[str, Mapping[str, float]]:
    """Column -> folded name -> score: 1 for the schema's own, .95 for what offices write."""
    cached = _tables()
    if table.name not in cached:
        more = _words().get(table.name, {})
        cached[table.name] = {
            column.name: {
                **{_bare(word): 0.95 for word in more.get(column.name, ())},
                **{_bare(word): 1.0 for word in (column.name, column.zh, *column.synonyms)},
            }
            for column in table.columns
        }
    return cached[table.name]


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("features.sources.guess").joinpath("names.toml").read_text("utf-8"))
