"""Workbooks, read by calamine after the checks of `archive`; cells become the text that a person sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineWorkbook

from features.errors import FileReadError
from features.messages import message
from features.sources.read.archive import inspect
from features.sources.read.cut_sheet import cut
from features.sources.read.isolated.read_limits import check_cells
from features.sources.read.sheet import HeaderRows, Sheet, texts

EXACT: Final = 1e15  # a spreadsheet keeps 15 digits; longer ids lose the last ones


class Workbook:
    """An open workbook. Raises FileReadError where it cannot be one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._errors = inspect(path)
        try:
            self._book = CalamineWorkbook.from_path(str(path))
            self.sheets: tuple[str, ...] = tuple(self._book.sheet_names)
        except BaseException as error:  # a panic of the parser is no Exception
            raise _unreadable(path, error) from error

    def sheet(self, name: str, header_rows: HeaderRows = None) -> Sheet:
        """One sheet by its name; the value of merged cells stands in each of their rows and columns."""
        try:
            sheet = self._book.get_sheet_by_name(name)
            check_cells(self.path, sheet.total_height, sheet.total_width)
            rows = sheet.to_python(skip_empty_area=False)
            merged = sheet.merged_cell_ranges or []
        except FileReadError:
            raise
        except BaseException as error:
            raise _unreadable(self.path, error) from error
        width = max(map(len, rows), default=0)
        for cell in self._errors.get(name, []):
            if cell.row < len(rows) and cell.column < len(rows[cell.row]):
                rows[cell.row][cell.column] = "#N/A"
        filled = _fill_merged(rows, merged)
        grid = [texts([_text(row[i]) for row in rows]) for i in range(width)]
        in_header = any(first[0] + 1 in (header_rows or ()) for first, _ in merged)
        result = cut(self.path.name, name, grid, header_rows, groups_filled=in_header)
        count = sum(i + 1 > result.header_row for i in filled)
        notes = (message("sources.merged_cells", count=count),) if count else ()
        return replace(result, notes=notes)


def _fill_merged(
    rows: Sequence[list[Any]], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]
) -> set[int]:
    """Writes the value of merged cells into each cell they cover; the indices of rows that got one.

    A row that has nothing else stays empty: cells are often merged beyond the last row that is filled.
    """
    filled = [any(cell not in ("", None) for cell in row) for row in rows]
    got: set[int] = set()
    for (top, left), (bottom, right) in merged:
        value = rows[top][left] if top < len(rows) and left < len(rows[top]) else ""
        if value in ("", None):
            continue
        for i in range(top, min(bottom + 1, len(rows))):
            if not filled[i]:
                continue
            for j in range(left, min(right + 1, len(rows[i]))):
                if rows[i][j] in ("", None):
                    rows[i][j] = value
                    got.add(i)
    return got


def _unreadable(path: Path, error: BaseException) -> FileReadError:
    if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
        raise error
    return FileReadError("sources.unreadable_xlsx", file=path.name, error=str(error))


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return ""
        if abs(cell) >= EXACT:
            return f"{cell:.14e}"
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, int | timedelta) else ""
