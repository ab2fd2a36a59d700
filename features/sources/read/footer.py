"""Totals and remarks below the data of a sheet: rows that are no data, left out with a note."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np

from features.messages import message
from features.sources.read.encoded_texts import is_blank
from features.sources.read.sheet import Sheet

DEEPEST: Final = 30  # rows from the end
WORDS: Final = re.compile(
    r"\s*(合计|总计|小计|共计|总数|平均|均值|备注|附注|注\s*[:：\d]|说明|填表|制表|填报|审核|复核|负责人|联系|单位[(（]?盖?章|total|sum|average|mean|notes?\b)",
    re.IGNORECASE,
)
FEW: Final = 2  # cells of a remark
USUAL: Final = 4  # cells that rows of data have at least, where a row with few is a remark


def without_footer(sheet: Sheet) -> Sheet:
    """The sheet without the totals and remarks at its end, and a note that names them.

    A row belongs to them when its first cell says so, or when it has at most two cells below rows of four or more.
    """
    count = len(sheet.rows)
    if not count:
        return sheet
    filled = np.zeros(count, np.int64)
    for column in sheet.columns:
        filled += ~is_blank(column)
    usual = float(np.median(filled))
    end = count
    while end > max(count - DEEPEST, 0) and _is_remark(sheet, end - 1, int(filled[end - 1]), usual):
        end -= 1
    if end == count:
        return sheet
    rows = tuple(int(number) for number in sheet.rows[end:])
    note = message("sources.footer", count=count - end, rows=rows[:5], first=_first(sheet, end))
    return replace(sheet.take(np.arange(end)), notes=(*sheet.notes, note))


def _is_remark(sheet: Sheet, row: int, filled: int, usual: float) -> bool:
    return bool(WORDS.match(_first(sheet, row))) or (filled <= FEW and usual >= USUAL)


def _first(sheet: Sheet, row: int) -> str:
    """The first cell of a row that is not empty."""
    cells = (str(column[row].as_py()).strip() for column in sheet.columns)
    return next(filter(None, cells), "")
