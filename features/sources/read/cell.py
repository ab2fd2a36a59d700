"""One cell of text becomes one value of its column's kind, or says what was expected.

Chinese offices write dates as 2026.9.1, 2026/9/1 or 20260901, and lists with `;`, `,` or `、`; spreadsheets add
a time of day, which is left out, or leave a day number such as 46266.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, timedelta
from typing import Final

from features.schema import Column
from features.schema.coded_values import WORDS, zh_name

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
    """A cell that cannot be read: `expected` in zh and en, and an `example` that would do."""

    def __init__(self, expected_zh: str, expected_en: str, example: str) -> None:
        super().__init__(expected_en)
        self.expected = {"zh": expected_zh, "en": expected_en}
        self.example = example


def read_cell(text: str, column: Column) -> Value:
    """The value of a cell in its column; None when it is empty. Raises CellError."""
    cell = unicodedata.normalize("NFC", text).strip()
    if not cell:
        if column.required:
            raise CellError("不能为空", "a value; the cell is empty", _example(column))
        return None
    if column.kind in ("number", "integer"):
        return _number(cell, column)
    if column.kind == "date":
        return _date(cell)
    if column.kind == "list":
        items = tuple(part for part in (p.strip() for p in re.split("[;,、；，]", cell)) if part)
        return tuple(_choice(item, column) for item in items) or None
    if column.kind == "id" and _LOST_DIGITS.fullmatch(cell):
        raise CellError(
            "编号被表格软件变成科学计数法,末几位已丢失;请把该列设为“文本”后重新粘贴",
            "an id; the spreadsheet turned it into scientific notation and lost digits: "
            "set the column to Text and paste again",
            "440301200801019999",
        )
    return _choice(cell, column)


def _number(cell: str, column: Column) -> float | int:
    plain = unicodedata.normalize("NFKC", cell)
    value = float(plain) if _NUMBER.fullmatch(plain) else math.nan
    if not math.isfinite(value):
        raise CellError("请填数字", "a number", _example(column))
    if column.kind == "integer" and value != int(value):
        raise CellError("请填整数", "a whole number", _example(column))
    low, high = column.low, column.high
    too_low = low is not None and (value <= low if column.above else value < low)
    if too_low or (high is not None and value > high):
        raise CellError(*_range_words(column), _example(column))
    return int(value) if column.kind == "integer" else value


def _range_words(column: Column) -> tuple[str, str]:
    zh, en = [], []
    if column.low is not None:
        zh.append(f"{'大于' if column.above else '不小于'} {column.low:g}")
        en.append(f"{'above' if column.above else 'at least'} {column.low:g}")
    if column.high is not None:
        zh.append(f"不大于 {column.high:g}")
        en.append(f"at most {column.high:g}")
    return "请填" + "且".join(zh) + "的数", "a number " + " and ".join(en)


def _date(cell: str) -> date:
    match = _DATE.fullmatch(cell) or _COMPACT_DATE.fullmatch(cell)
    try:
        if match:
            return date(*map(int, match.groups()))
        if serial := _SERIAL.fullmatch(cell):
            return _EPOCH + timedelta(days=int(serial.group(1)))
    except ValueError:
        pass  # a day that no calendar has, such as 2026-02-30: the error below names what is expected
    raise CellError("请填日期", "a date", "2026-09-01")


def _choice(cell: str, column: Column) -> str:
    if not column.choices or cell in column.choices:
        return cell
    if WORDS.get(cell) in column.choices:
        return WORDS[cell]
    words = "、".join(map(zh_name, column.choices))
    raise CellError(f"请填其中之一:{words}", f"one of {', '.join(column.choices)}", column.choices[0])


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
