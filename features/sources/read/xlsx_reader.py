"""Workbooks, read by calamine after the checks of `archive`; cells become the text that a person sees."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineWorkbook

from features.errors import FileReadError
from features.sources.read.archive import inspect
from features.sources.read.isolated.limits import check_cells
from features.sources.read.sheet import Sheet, cut, texts

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

    def sheet(self, name: str, header_row: int | None = None) -> Sheet:
        """One sheet by its name."""
        try:
            area = self._book.get_sheet_by_name(name)
            check_cells(self.path, area.total_height, area.total_width)
            rows = area.to_python(skip_empty_area=False)
        except FileReadError:
            raise
        except BaseException as error:
            raise _unreadable(self.path, error) from error
        width = max(map(len, rows), default=0)
        for cell in self._errors.get(name, []):
            if cell.row < len(rows) and cell.column < len(rows[cell.row]):
                rows[cell.row][cell.column] = "#N/A"
        grid = [texts([_text(row[i]) for row in rows]) for i in range(width)]
        return cut(self.path.name, name, grid, header_row)


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
