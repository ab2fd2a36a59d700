"""When and what: the day, term, programme, stage and subject that titles and names of files speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from features.sources.guess.wide.roles import subject_in

DAY: Final = re.compile(
    r"(?<!\d)(20\d{2})\s*[-./年_]\s*(\d{1,2})\s*[-./月_]\s*(\d{1,2})(?!\d)|(?<!\d)(20\d{2})([01]\d)([0-3]\d)(?!\d)"
)
MONTH: Final = re.compile(r"(?<!\d)(20\d{2})\s*[-./年_]\s*(1[0-2]|0?[1-9])(?!\d)(?:\s*月)?")
TERM: Final = re.compile(r"(20\d{2})\s*[-—–~～至/]\s*(20)?\d{2}\s*学?年?度?\s*(?:第\s*)?([一二12上下])\s*学?期")
HALVES: Final = {"一": "1", "1": "1", "上": "1", "二": "2", "2": "2", "下": "2"}
GRADES: Final = re.compile(
    r"([一二三四五六七八九])年级|[初高][一二三123]|(?:grade|year|g)\s*(\d{1,2})(?!\d)|(?<!\d)(\d{1,2})\s*年级", re.IGNORECASE
)
CLASS: Final = re.compile(r"(?:[一二三四五六七八九]年级|[初高][一二三123])?[一二三四五六七八九]?[(（]?\d{1,4}[)）]?班")
NUMERALS: Final = "零一二三四五六七八九"
PROGRAMMES: Final = (
    ("national_monitoring", ("国家监测", "质量监测")), ("sunshine", ("阳光评价",)),
    ("district_exam", ("统测", "统考", "联考", "抽测", "区统", "全区", "全市", "district")),
    ("school_exam", ("期中", "期末", "月考", "单元", "周测", "midterm", "mid-term", "final exam", "quiz")),
)  # fmt: skip
STAGE_WORDS: Final = (
    ("小学", "primary"), ("初中", "junior"), ("高中", "senior"), ("幼儿园", "kindergarten"), ("初级中学", "junior"),
    ("高级中学", "senior"), ("primary school", "primary"), ("elementary", "primary"),
)  # fmt: skip


@dataclass(frozen=True)
class Occasion:
    """What was read off; empty texts where nothing was. day: ISO, or `2026年6月` where the day of the month is not said."""

    day: str = ""
    term: str = ""
    programme: str = ""
    stage: str = ""
    grade: str = ""
    subject: str = ""
    class_name: str = ""


def occasion_of(words: Iterable[str]) -> Occasion:
    """What titles and names say, the first that says something counting."""
    sayings = list(words)
    grade = _first(_grade(text) for text in sayings)
    return Occasion(
        _first(map(_day, sayings)) or _first(map(_month, sayings)), _first(map(_term, sayings)),
        _first(map(_programme, sayings)), stage_of_grade(grade) or _first(map(_stage, sayings)), grade,
        _first(map(subject_in, sayings)), _first(map(_class, sayings)),
    )  # fmt: skip


def grade_of(text: str) -> str:
    """The number of the grade, `7` for 初一 and `10` for 高一; "" where none is named."""
    return _grade(text)


def is_class_name(text: str) -> bool:
    """Whether the whole text is the name of a class, such as 六(1)班 or 3班."""
    return CLASS.fullmatch(text.strip()) is not None


def without_class(text: str) -> str:
    """The text without names of classes in it; as it is where nothing else is left."""
    return CLASS.sub("", text).strip(" -_") or text


def stage_of_grade(grade: str) -> str:
    """primary for 1 to 6, junior to 9, senior to 12: the usual 6-3-3; "" for another grade."""
    number = int(grade) if grade.isdecimal() else 0
    return "primary" if 1 <= number <= 6 else "junior" if 7 <= number <= 9 else "senior" if 10 <= number <= 12 else ""


def _first(values: Iterable[str]) -> str:
    return next(filter(None, values), "")


def _day(text: str) -> str:
    for match in DAY.finditer(text):
        numbers = [int(group) for group in match.groups() if group]
        try:
            return date(numbers[0], numbers[1], numbers[2]).isoformat()
        except ValueError:
            continue
    return ""


def _month(text: str) -> str:
    match = MONTH.search(TERM.sub("", text))
    return f"{match[1]}年{int(match[2])}月" if match else ""


def _term(text: str) -> str:
    match = TERM.search(text)
    return f"{match[1]}-{HALVES[match[3]]}" if match else ""


def _class(text: str) -> str:
    match = CLASS.search(text)
    return match[0] if match else ""


def _programme(text: str) -> str:
    return next((name for name, words in PROGRAMMES if any(word in text.casefold() for word in words)), "")


def _stage(text: str) -> str:
    named = {stage for word, stage in STAGE_WORDS if word in text.casefold()}
    return named.pop() if len(named) == 1 else ""


def _grade(text: str) -> str:
    match = GRADES.search(text)
    if match is None:
        return ""
    if match[1]:
        return str(NUMERALS.index(match[1]))
    if match[2] or match[3]:
        return str(int(match[2] or match[3]))
    number = int(match[0][1]) if match[0][1].isdecimal() else NUMERALS.index(match[0][1])
    return str(number + (6 if match[0][0] == "初" else 9))
