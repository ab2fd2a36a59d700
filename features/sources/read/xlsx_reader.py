"""Workbooks, read by calamine after `archive` let them pass; cells become the text that a person sees."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineWorkbook

from features.errors import FileReadError
from features.sources.read.archive import inspect
from features.sources.read.sheet import Sheet, cut, texts

EXACT: Final = 1e15  # a spreadsheet keeps 15 digits; of longer ids the last ones are lost


class Workbook:
    """An open workbook. Raises UnreadableFile where it cannot be one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._errors = inspect(path)
        try:
            self._book = CalamineWorkbook.from_path(str(path))
            self.sheets: tuple[str, ...] = tuple(self._book.sheet_names)
        except BaseException as wrong:  # a panic of the parser is no Exception
            raise _unreadable(path, wrong) from wrong

    def sheet(self, name: str, header_row: int | None = None) -> Sheet:
        """One sheet by its name."""
        try:
            rows = self._book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except BaseException as wrong:
            raise _unreadable(self.path, wrong) from wrong
        width = max(map(len, rows), default=0)
        for place in self._errors.get(name, []):
            if place.row < len(rows) and place.column < len(rows[place.row]):
                rows[place.row][place.column] = "#N/A"
        grid = [texts([_text(row[i]) for row in rows]) for i in range(width)]
        return cut(self.path.name, name, grid, header_row)


def _unreadable(path: Path, wrong: BaseException) -> FileReadError:
    if isinstance(wrong, KeyboardInterrupt | SystemExit | MemoryError):
        raise wrong
    return FileReadError(f"{path.name}: cannot be read ({wrong}); save it again as .xlsx and retry")


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
