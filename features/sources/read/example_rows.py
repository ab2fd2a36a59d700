"""Rows that show how a template is filled in: marked as examples, left out with a note."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.messages import message
from features.sources.read.sheet import Sheet

MARKS: Final = ("【示例】", "[example]")
"""What the first cell of an example begins with."""


def without_examples(sheet: Sheet) -> Sheet:
    """The sheet without rows whose first cell begins with a mark, and a note that names them."""
    if not sheet.columns or not len(sheet.rows):
        return sheet
    cells = pc.utf8_ltrim_whitespace(sheet.columns[0].cast(pa.large_string()))
    marked = np.zeros(len(sheet.rows), dtype=bool)
    for mark in MARKS:
        marked |= pc.starts_with(cells, mark, ignore_case=True).to_numpy(zero_copy_only=False)
    if not marked.any():
        return sheet
    rows = [int(number) for number in sheet.rows[marked][:5]]
    note = message("templates.example_rows", count=int(marked.sum()), rows=rows, mark=MARKS[0])
    return replace(sheet.take(np.flatnonzero(~marked)), notes=(*sheet.notes, note))
