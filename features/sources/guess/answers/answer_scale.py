"""What answers of a question are: words of a scale, numbers with or without words, or a text of the respondent's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from features.sources.read.sheet import fold, half_width

FAMILIES: Final = ("agreement", "conformity", "satisfaction", "frequency", "quality", "helpfulness", "clarity", "extent",
                   "likelihood", "importance", "confidence", "confirmation")  # fmt: skip
OPTION: Final = re.compile(r"^[A-Ga-g][.、．:：)）\s]\s*|^[①②③④⑤⑥⑦]\s*")
NUMBER: Final = re.compile(r"[([（]?\s*(\d{1,2})(?:\.0)?\s*[)\]）]?\s*(?:分|星|颗星|stars?|points?)?", re.IGNORECASE)
NUMBER_FIRST: Final = re.compile(r"(\d{1,2})\s*(?:分|星)?\s*[-–—=:：.、()（]\s*(\D+?)[)）]?")
NUMBER_LAST: Final = re.compile(r"(\D+?)\s*[-–—=:：(（]?\s*(\d{1,2})\s*(?:分|星)?\s*[)）]?")
LEAST: Final = 0.6  # of the different answers that are words of the scale
USUAL: Final = (5, 4, 7, 10, 6, 3)  # highest answers of scales of numbers, the usual one first


@dataclass(frozen=True)
class AnswerScale:
    """low, high: of the numbers. numbers: the answer as it is written -> its number; empty where all are plain numbers.
    others: the other scales that the answers fit. certain: whether it is this one. unknown: words that fit none."""

    family: str
    low: float
    high: float
    numbers: Mapping[str, int]
    others: tuple[AnswerScale, ...] = ()
    certain: bool = True
    unknown: tuple[str, ...] = ()


def is_no_answer(text: str) -> bool:
    """Whether a cell says that there is no answer."""
    return fold(text) in _no_answers()


def scale_of_words(values: Collection[str]) -> AnswerScale | None:
    """The scale of words that most of these different answers are words of; None where it is not clearly one.

    At least two of them, and six of ten, have to be words of the scale.
    """
    plain = {value: fold(OPTION.sub("", value)) for value in values if value and not is_no_answer(value)}
    best: tuple[int, AnswerScale] | None = None
    for family in FAMILIES:
        fitting = [(_fit(scale, plain.values()), scale) for scale in _scales()[family]]
        most = max(fit.words for fit, _ in fitting)
        fits = [scale for fit, scale in sorted(fitting, key=lambda pair: pair[0], reverse=True) if fit.words == most]
        if most < 2 or most < LEAST * len(plain) or (best is not None and most <= best[0]):
            continue
        usual, *more = [_fitted(family, scale, plain) for scale in fits]
        if usual.high % 2 and len({usual.numbers[word] for word in plain if word in usual.numbers}) == usual.high:
            more = []  # all its steps occur, the middle one among them
        others = tuple(other for other in more if any(other.numbers[w] != usual.numbers[w] for w in plain if w in usual.numbers))
        best = most, replace(usual, others=others, certain=not others)
    return None if best is None else best[1]


def scale_of_numbers(values: Collection[str]) -> AnswerScale | None:
    """The scale of answers such as 4, 5分, `5 - Strongly agree` or 非常同意（5分）; None where they are not of this kind.

    The highest number that occurs need not be the highest of the scale: the next usual one stands, and is uncertain.
    """
    numbers: dict[str, int] = {}
    for value in values:
        if not value or is_no_answer(value):
            continue
        text = half_width(value).strip()
        patterns = ((NUMBER, 1), (NUMBER_FIRST, 1), (NUMBER_LAST, 2))
        place = next((match[group] for pattern, group in patterns if (match := pattern.fullmatch(text))), None)
        if place is None or int(place) > 10:
            return None
        numbers[value] = int(place)
    texts = {_without_number(value) for value in numbers}
    if len(numbers) < 2 or (len(texts) == 1 and len(texts.pop()) > 2):  # class1, class2 are no answers
        return None
    highest, lowest = max(numbers.values()), min(numbers.values())
    high = min((usual for usual in USUAL if usual >= highest), default=10)
    high = 5 if highest <= 5 else high
    low = 0 if lowest == 0 else 1
    plain = all(re.fullmatch(r"\d{1,2}(\.0)?", half_width(value).strip()) for value in numbers)
    sure = highest == high and lowest == low and high in USUAL[:4]
    return AnswerScale("numbers", low, high, {} if plain else _with_unseen(numbers, low, high), certain=sure)


def looks_reversed(question: str) -> bool:
    """Whether a question is probably one whose highest answer is not the best: it has a word that says so."""
    folded = question.casefold()
    return any(word in folded for words in _words()["lowest_is_best"].values() for word in words)


def _without_number(text: str) -> str:
    return re.sub(r"\d+", "", half_width(text)).strip(" ()[]-:=.")


class _Fit(NamedTuple):
    """words: how many answers the scale has; distinct: how many steps they are; whole: whether these are all its steps."""

    words: int
    distinct: int
    whole: bool


def _fit(scale: _WordScale, words: Collection[str]) -> _Fit:
    places = [scale.places[word] for word in words if word in scale.places]
    return _Fit(len(places), len(set(places)), len(set(places)) == len(scale.words))


def _fitted(family: str, scale: _WordScale, plain: Mapping[str, str]) -> AnswerScale:
    """The scale with the answers as they are written, and its first word for a step that nobody chose.

    plain: the answer as it is written -> its folded word.
    """
    numbers = {value: scale.places[word] for value, word in plain.items() if word in scale.places}
    lettered = any(plain[value] != fold(value) for value in numbers)
    seen = set(numbers.values())
    unseen = {} if lettered else {word: n for n, word in enumerate(scale.words, start=1) if n not in seen}
    unknown = tuple(value for value, word in plain.items() if word not in scale.places)
    return AnswerScale(family, 1, len(scale.words), numbers | unseen, unknown=unknown)


def _with_unseen(numbers: Mapping[str, int], low: int, high: int) -> dict[str, int]:
    """The same, with the numbers that nobody chose, where all are written in one way such as 5分."""
    ways = {value.replace(str(number), "{}", 1) for value, number in numbers.items()}
    if len(ways) > 1:
        return dict(numbers)
    (way,) = ways
    return {way.replace("{}", str(number)): number for number in range(low, high + 1)}


@dataclass(frozen=True)
class _WordScale:
    """words: the first of each step, from the lowest; places: every folded word -> the number of its step, from 1."""

    words: tuple[str, ...]
    places: Mapping[str, int]


@cache
def _scales() -> dict[str, list[_WordScale]]:
    return {family: [_word_scale(steps) for steps in _words()[family].values()] for family in FAMILIES}


def _word_scale(steps: Sequence[str]) -> _WordScale:
    places = {fold(word): place for place, words in enumerate(steps, start=1) for word in words.split("|")}
    return _WordScale(tuple(words.split("|")[0] for words in steps), places)


@cache
def _no_answers() -> frozenset[str]:
    return frozenset(fold(word) for word in _words()["no_answer"]["words"])


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(files("features.sources.guess.answers").joinpath("word_scales.toml").read_text("utf-8"))
