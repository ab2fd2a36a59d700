"""Which columns of a questionnaire are questions with a scale, and which scale each has."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from features.sources.guess.answers.answer_scale import (
    AnswerScale,
    is_no_answer,
    scale_of_numbers,
    scale_of_words,
)
from features.sources.guess.wide.roles import NUMBERED
from features.sources.read.sheet import Sheet, fold, letter

MOST_WORDS: Final = 16  # different answers of a question with a scale
LEAST_QUESTIONS: Final = 3  # with numbers as answers, where numbers might be anything
LONG: Final = 5  # characters of a question without a number
CODE: Final = re.compile(r"(?:\b|_)id$|Id$|code$|编号$|代码$|年龄|\bage\b|year", re.IGNORECASE)
"""Headers of numbers that are no answers."""


def question_scales(sheet: Sheet, values: Mapping[int, Sequence[str]]) -> list[tuple[AnswerScale, list[int]]]:
    """The scales of the sheet's questions, each with the indices of its columns; the answers of all questions of a family
    together say which scale of the family it is."""
    families: dict[str, list[int]] = defaultdict(list)
    single: list[int] = []
    for i, words in values.items():
        answers = [word for word in words if not is_no_answer(word) and word != sheet.header[i]]
        if not 1 <= len(answers) <= MOST_WORDS:
            continue
        scale = scale_of_words(answers)
        if scale is None and _is_question(sheet.header[i]) and not CODE.search(sheet.header[i]):
            scale = scale_of_numbers(answers)
        if scale is not None:
            families[scale.family].append(i)
        elif len(answers) == 1:
            single.append(i)
    scales: list[tuple[AnswerScale, list[int]]] = []
    for family, indices in families.items():
        words = list(dict.fromkeys(word for i in indices for word in values[i] if word != sheet.header[i]))
        scale = scale_of_numbers(words) if family == "numbers" else scale_of_words(words)
        if scale is None or scale.family != family or not (scale.numbers or len(indices) >= LEAST_QUESTIONS):
            continue
        same = {fold(word) for word in words}
        answers_of = {i: {fold(word) for word in values[i] if not is_no_answer(word)} for i in single}
        more = [i for i in single if answers_of[i] <= same and _is_question(sheet.header[i])]
        single = [i for i in single if i not in more]
        scales.append((scale, sorted([*indices, *more])))
    return scales


def no_answers(sheet: Sheet, values: Mapping[int, Sequence[str]], items: Sequence[int]) -> tuple[str, ...]:
    """The cells of these columns that say that there is no answer, or repeat the header."""
    return tuple(dict.fromkeys(w for i in items for w in values[i] if is_no_answer(w) or w == sheet.header[i]))


def item_name(header: str) -> str:
    """The name of an item: the question without its number; of a matrix, the row's."""
    plain = NUMBERED.sub("", header).strip() or header
    for first, last in ("[]", "【】"):
        if plain.endswith(last) and first in plain:
            plain = plain[plain.rindex(first) + 1 : -1].strip() or plain
    return plain


def distinct_items(names: Mapping[int, str]) -> dict[int, str]:
    """Index of a column -> name of its item; several of one name are told apart by their column."""
    counts = list(names.values())
    return {i: name if counts.count(name) == 1 else f"{name} {letter(i)}" for i, name in names.items()}


def _is_question(header: str) -> bool:
    """Whether a header may be a question: it begins with a number, or is longer than a name of a column."""
    return NUMBERED.match(header) is not None or len(header) > LONG or (header[:1] in "Qq" and header[1:2].isdecimal())
