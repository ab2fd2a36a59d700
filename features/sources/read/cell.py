"""One cell of text becomes one value of its column's kind, or an error with what is expected.

Chinese offices write dates as 2026.9.1, 2026/9/1 or 20260901, and lists with `;`, `,` or `、`; spreadsheets add
a time of day, which is left out, or leave a day number such as 46266.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, timedelta
from typing import Final

from features.messages import BilingualText, Message, message
from features.schema import Column
from features.schema.coded_values import CODES, zh_name
from features.sources.issue import with_example

Value = str | float | int | date | tuple[str, ...] | None

_DATE: Final = re.compile(
    r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_SERIAL: Final = re.compile(r"([2-7]\d{4})(?:\.\d+)?")  # a spreadsheet's day number, 1954 to 2119
_EPOCH: Final = date(1899, 12, 30)
_COMPACT_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_LOST_DIGITS: Final = re.compile(r"\d+(\.\d+)?[eE]\+?\d+")
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


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
    plain = unicodedata.normalize("NFKC", cell)
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
    match = _DATE.fullmatch(cell) or _COMPACT_DATE.fullmatch(cell)
    try:
        if match:
            return date(*map(int, match.groups()))
        if serial := _SERIAL.fullmatch(cell):
            return _EPOCH + timedelta(days=int(serial.group(1)))
    except ValueError:
        pass  # a day that no calendar has, such as 2026-02-30: the error below names what is expected
    raise CellError(with_example(message("sources.a_date"), "2026-09-01"))


def _choice(cell: str, column: Column) -> str:
    if not column.choices or cell in column.choices:
        return cell
    if CODES.get(cell) in column.choices:
        return CODES[cell]
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
