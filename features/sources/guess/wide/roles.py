"""What a column of a score sheet or questionnaire is, by its header."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, cast

from features.sources.read.sheet import fold
from features.sources.read.subject_names import subject_names

Role = Literal["class", "grade", "school", "pupil", "person", "teacher", "count", "number", "respondent"]
BRACKETS: Final = re.compile(r"[(（\[【].*?[)）\]】]")
NUMBERED: Final = re.compile(r"^\s*(?:[QqＱ]\s*)?(\d{1,3})\s*(?:[、.．:：)）_\-—]|\s(?=\D))+\s*")
"""`1、`, `Q1.`, `3)`: how a question begins."""
ITEM: Final = re.compile(
    r"第?\s*\d{1,3}\s*[题小]题?|[qt题]?\d{1,3}(?:[.(_（-]\d{1,2}[)）]?)?|(?:item|question)\s*\d+", re.IGNORECASE
)
"""A header that names one item of a test: `第3题`, `Q3`, `17(2)`."""


def role_of(header: str) -> Role | None:
    """The role of a column by its whole header, its last word in a header of two rows, and without a question's number."""
    names = _role_names()
    for text in (header, header.split(" ")[-1], NUMBERED.sub("", header)):
        for plain in (fold(text), bare(text)):
            role = names.get(plain.strip("*:：?？."))
            if role is not None:
                return role
    return None


def is_left_out(header: str, by_parts: bool = True) -> bool:
    """Whether a column of a score sheet is a total, a rank, a level or a remark; without by_parts, by its whole header."""
    words, plain = _words()["left_out"], bare(header)
    whole = {fold(name) for name in words["names"]}
    if plain in whole or fold(header) in whole or not by_parts:
        return plain in whole or fold(header) in whole
    full = header.strip().casefold()
    ended = any(plain.endswith(fold(end)) and (len(end) > 1 or len(plain) > len(end)) for end in words["endings"])
    return ended or any(part in full for part in words["parts"])


def dimension_of(header: str) -> tuple[str, str, bool]:
    """(what was tested, its school subject or "", whether the score was converted) of a column of scores.

    `语文 得分` is 语文; `英语听力` is 英语听力 of 英语; `选择题` is of no subject; `成绩` does not say what was tested.
    """
    words = _words()["scores"]
    plain = BRACKETS.sub("", header).strip()
    converted = any(fold(plain).endswith(fold(word)) for word in words["converted"])
    for ending in sorted((*words["endings"], *words["converted"]), key=len, reverse=True):
        shorter = re.sub(rf"[\s_\-—]*{re.escape(ending)}$", "", plain, flags=re.IGNORECASE)
        if shorter and shorter != plain:
            plain = shorter.strip()
            break
    says_nothing = bare(plain) in {fold(word) for word in words["endings"]}
    return "" if says_nothing else plain, subject_in(plain), converted


def subject_in(text: str) -> str:
    """The school subject that a text names or contains; "" where it is none, or more than one."""
    subjects = subject_names()
    whole = subjects.name(text.strip())
    if whole in subjects.names:
        return "" if whole == "generalist" else whole
    folded = fold(text)
    contained = {word for word in subjects.synonyms if len(word) > 1 and _contains(folded, fold(word), text)}
    longest = {word for word in contained if not any(word != other and word in other for other in contained)}
    named = {subjects.synonyms[word] for word in longest} - {"generalist"}
    return named.pop() if len(named) == 1 else ""


def names_wide_columns(cells: Sequence[str]) -> int:
    """How many of these different cells name columns of a wide sheet."""
    return sum(
        role_of(cell) is not None or is_left_out(cell) or (bool(dimension_of(cell)[1]) and len(cell) <= 20)
        or (NUMBERED.match(cell) is not None and len(NUMBERED.sub("", cell)) > 3)
        for cell in cells
    )  # fmt: skip


def has_ending(header: str, kind: Literal["mean", "sd", "count"]) -> bool:
    """Whether a header of a table with a row a class ends with a word for a mean, a spread or a count."""
    plain = bare(header)
    return any(plain.endswith(fold(word)) if len(word) > 2 else plain == fold(word) for word in _words()["means"][kind])


def without_ending(header: str, kind: Literal["mean", "sd", "count"]) -> str:
    """The header without that word."""
    for word in sorted(_words()["means"][kind], key=len, reverse=True):
        shorter = re.sub(rf"[\s_\-—]*{re.escape(word)}$", "", BRACKETS.sub("", header).strip(), flags=re.IGNORECASE)
        if shorter != BRACKETS.sub("", header).strip():
            return shorter.strip()
    return header


def bare(header: str) -> str:
    """Without brackets, spaces and case."""
    return fold(BRACKETS.sub("", header))


def _contains(folded: str, word: str, text: str) -> bool:
    if word.isascii():  # `art` is not in `part`
        return re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text.casefold()) is not None
    return word in folded


@cache
def _role_names() -> Mapping[str, Role]:
    return {fold(name): cast(Role, role) for role, names in _words()["names"].items() for name in names}


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(files("features.sources.guess.wide").joinpath("roles.toml").read_text("utf-8"))
