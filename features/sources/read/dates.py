"""Dates as offices write them become days.

2026-09-01, 2026.9.1, 2026/9/1, 20260901 and 2026年9月1日; with a time of day and a zone, which are left out: the
day is the one that is written; 1 Sep 2026; a month alone, 2026.9 or 2026年9月, which is its first day; and the day
number of a spreadsheet, 46266. Day and month first, 3/15/2026, only in an order that is given.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final, Literal

DateOrder = Literal["ymd", "mdy", "dmy"]

_TIME: Final = (
    r"(?:[T,]?\s*(?:[上下]午)?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?"
    r"\s*(?:Z|z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?(?:\[[\w/+-]+\])?)?"
)
_DAY: Final = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*[日号]?\s*" + _TIME)
_COMPACT_DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T\d{4,6}(?:Z|[+-]\d{2}:?\d{2})?)?")
_MONTH: Final = re.compile(r"(\d{4})\s*(?:[-./]\s*(\d{1,2})|年\s*(\d{1,2})\s*月(?:份)?)")
_COMPACT_MONTH: Final = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])")
_LOST_ZERO: Final = re.compile(r"\d{4}\.1")
_NAMED: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]*([A-Za-z]{3,9})\.?[\s,.-]*(\d{4})\s*" + _TIME)
_NAMED_FIRST: Final = re.compile(r"([A-Za-z]{3,9})\.?\s*(\d{1,2})(?:st|nd|rd|th)?[\s,.]+(\d{4})\s*" + _TIME)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(\d{4}|\d{2})\.?\s*" + _TIME)
_SERIAL: Final = re.compile(r"([2-7]\d{4})(?:\.\d+)?")  # a spreadsheet's day number, 1954 to 2119
_EPOCH: Final = date(1899, 12, 30)
_NAMES: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                 "november", "december")  # fmt: skip
_PIVOT: Final = 69  # two digits: 1969 to 2068


def day_of(text: str) -> date | None:
    """The day that a text in half-width characters writes; None where it writes none, or one no calendar has."""
    try:
        if match := _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text):
            year, month, day = match.groups()
            return date(int(year), int(month), int(day))
        if month_match := _month(text):
            return date(*month_match, 1)
        if match := _NAMED.fullmatch(text):
            return _named(match.group(3), match.group(2), match.group(1))
        if match := _NAMED_FIRST.fullmatch(text):
            return _named(match.group(3), match.group(1), match.group(2))
        if match := _SERIAL.fullmatch(text):
            return _EPOCH + timedelta(days=int(match.group(1)))
    except ValueError:
        return None
    return None


def in_order(text: str, order: DateOrder) -> str:
    """The ISO date of a text such as 3/15/2026 in the order given; any other text stays as it is."""
    match = _YEAR_LAST.fullmatch(text.strip())
    if match is None or order == "ymd":
        return text
    first, second, year = int(match.group(1)), int(match.group(3)), int(match.group(4))
    if len(match.group(4)) == 2:
        year += 1900 if year >= _PIVOT else 2000
    month, day = (first, second) if order == "mdy" else (second, first)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text


def has_year_last(text: str) -> bool:
    """Whether a text is a date whose day and month may stand in either order."""
    return _YEAR_LAST.fullmatch(text.strip()) is not None


def is_month(text: str) -> bool:
    """Whether a text names a month without a day."""
    return _month(text.strip()) is not None


def may_have_lost_zero(text: str) -> bool:
    """Whether a text such as 2003.1 may be 2003.10 that a spreadsheet read as a number."""
    return _LOST_ZERO.fullmatch(text.strip()) is not None


def _month(text: str) -> tuple[int, int] | None:
    match = _MONTH.fullmatch(text) or _COMPACT_MONTH.fullmatch(text)
    if match is None:
        return None
    year, *months = [int(group) for group in match.groups() if group is not None]
    return year, months[0]


def _named(year: str, name: str, day: str) -> date | None:
    months = [i for i, month in enumerate(_NAMES, start=1) if month.startswith(name.casefold())]
    if name.casefold() == "sept":
        months = [9]
    return date(int(year), months[0], int(day)) if len(months) == 1 else None
