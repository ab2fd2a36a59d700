"""One cell of text becomes one value of its column's kind, or an error with what is expected.

Dates may have any of the layouts of `dates`, lists are written with `;`, `,` or `、`, and full-width digits,
letters and signs count as those of ASCII.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date
from typing import Final

from features.messages import BilingualText, Message, message
from features.schema import Column
from features.schema.coded_values import code_of, zh_name
from features.sources.issue import with_example
from features.sources.read.dates import day_of, has_year_last
from features.sources.read.sheet import half_width

PLAIN_TEXTS: Final = ("term", "grade")  # compared between tables
Value = str | float | int | date | tuple[str, ...] | None

LOST_DIGITS: Final = r"\d(\.\d+)?[eE]\+\d+|\d\.\d+[eE]\d+"  # 4.40301E+17; 10E2 and 0001E3 are ids
LOST_CHARACTER: Final = "\ufffd"  # bytes that are not of the file's encoding
_LOST_DIGITS: Final = re.compile(LOST_DIGITS)
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_WITH_UNIT: Final = re.compile(
    r"第?([+-]?[\d.,]+)\s*(节课|节|课时|学时|小时|h|人|名|位|元|分钟|分|学分|年|天|日|次|项|门|个|期|轮|阶段)?", re.IGNORECASE
)


class CellError(ValueError):
    """A cell that cannot be read: `expected` says what is, its value `example` is a text that would be read."""

    def __init__(self, expected: Message) -> None:
        super().__init__(expected)
        self.expected = expected

    def __str__(self) -> str:
        return str(self.expected)


def read_cell(text: str, column: Column) -> Value:
    """The value of a cell in its column; None when it is empty. Raises CellError."""
    cell = unicodedata.normalize("NFC", text).strip()
    if not cell:
        if column.required:
            raise CellError(with_example(message("sources.empty_cell"), _example(column)))
        return None
    if LOST_CHARACTER in cell:
        raise CellError(with_example(message("sources.lost_character"), _example(column)))
    if is_plain(column):
        cell = half_width(cell).strip()
    if column.kind in ("number", "integer"):
        return _number(cell, column)
    if column.kind == "date":
        return _date(cell)
    if column.kind == "list":
        items = tuple(item for item in (text.strip() for text in re.split("[;,、；，]", cell)) if item)
        return tuple(_choice(item, column) for item in items) or None
    if column.kind == "id" and _LOST_DIGITS.fullmatch(cell):
        raise CellError(with_example(message("sources.id_lost_digits"), "440301200801019999"))
    return _choice(cell, column)


def _number(cell: str, column: Column) -> float | int:
    plain = without_unit(unicodedata.normalize("NFKC", cell))
    value = float(plain) if _NUMBER.fullmatch(plain) else math.nan
    if not math.isfinite(value):
        raise CellError(with_example(message("sources.a_number"), _example(column)))
    if column.kind == "integer" and value != int(value):
        raise CellError(with_example(message("sources.an_integer"), _example(column)))
    low, high = column.low, column.high
    too_low = low is not None and (value <= low if column.above else value < low)
    if too_low or (high is not None and value > high):
        raise CellError(_in_range(column))
    return int(value) if column.kind == "integer" else value


def without_unit(cell: str) -> str:
    """`12节`, `第3期` and `1,200元` as 12, 3 and 1200; a cell that is not a number with a unit as it is."""
    match = _WITH_UNIT.fullmatch(cell)
    if match is None:
        return cell
    number = match.group(1)
    return number.replace(",", "") if _THOUSANDS.fullmatch(number) else number


def _in_range(column: Column) -> Message:
    example = _example(column)
    low = "" if column.low is None else f"{column.low:g}"
    high = "" if column.high is None else f"{column.high:g}"
    if low and high:
        if column.above:
            return with_example(message("sources.number_above_at_most", low=low, high=high), example)
        return with_example(message("sources.number_between", low=low, high=high), example)
    if high:
        return with_example(message("sources.number_at_most", high=high), example)
    if column.above:
        return with_example(message("sources.number_above", low=low), example)
    return with_example(message("sources.number_at_least", low=low), example)


def _date(cell: str) -> date:
    day = day_of(cell)
    if day is None:
        code = "sources.a_date_of_known_order" if has_year_last(cell) else "sources.a_date"
        raise CellError(with_example(message(code), "2026-09-01"))
    return day


def is_plain(column: Column) -> bool:
    """Whether full-width characters of a column's cells count as those of ASCII: not in free text."""
    return not column.subject and (
        column.kind != "text" or bool(column.choices) or column.name in PLAIN_TEXTS
    )


def _choice(cell: str, column: Column) -> str:
    if not column.choices:
        return cell
    code = code_of(cell, column.choices)
    if code is not None:
        return code
    choices = [BilingualText(zh_name(choice), choice) for choice in column.choices]
    raise CellError(with_example(message("sources.one_of_choices", choices=choices), column.choices[0]))


def _example(column: Column) -> str:
    if column.choices:
        return column.choices[0]
    if column.kind == "date":
        return "2026-09-01"
    if column.kind not in ("number", "integer"):
        return {"id": "A001"}.get(column.kind, column.zh)
    step = 1.0 if column.kind == "integer" or column.high is None else 0.5
    base = column.low if column.low is not None else 50.0
    example = base + step
    return f"{example if column.high is None else min(example, column.high):g}"
