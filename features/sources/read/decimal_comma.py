"""Decimal commas, as in 1,5: read as points where the cells of the file are divided by semicolons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from features.messages import message
from features.sources.issues import Issues
from features.sources.read.encoded_texts import encoded
from features.sources.read.sheet import Sheet, Texts, half_width, letter, texts

_COMMA: Final = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")


def with_decimal_points(sheet: Sheet, index: int, issues: Issues) -> Texts:
    """A column of numbers with decimal points, and a note where it had commas.

    In a column with commas the points between groups of three digits are thousands.
    """
    cells = sheet.columns[index]
    if not sheet.decimal_comma:
        return cells
    distinct = encoded(cells)
    words = [half_width(word).strip() for word in distinct.dictionary.to_pylist()]
    first = next((word for word in words if _COMMA.fullmatch(word) or _with_both(word)), None)
    if first is None:
        return cells
    issues.add(
        sheet.file, message("sources.decimal_comma", value=_with_point(first)), sheet=sheet.name,
        row=sheet.header_row, letter=letter(index), header=sheet.header[index], value=first, severity="note",
    )  # fmt: skip
    return texts([_with_point(word) for word in words]).take(distinct.indices)


def with_decimal_points_in(sheet: Sheet, headers: Sequence[str], issues: Issues) -> Sheet:
    """The sheet with decimal points in the columns with these headers."""
    columns = list(sheet.columns)
    for index in {index for header in headers for index in sheet.columns_named(header)}:
        columns[index] = with_decimal_points(sheet, index, issues)
    return replace(sheet, columns=tuple(columns))


def _with_both(word: str) -> bool:
    return "," in word and _THOUSANDS.fullmatch(word) is not None


def _with_point(word: str) -> str:
    if _THOUSANDS.fullmatch(word):
        word = word.replace(".", "")
    return word.replace(",", ".") if _COMMA.fullmatch(word) else word
