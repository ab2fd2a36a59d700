"""A workbook of only the rows with problems, as they stand in the file, the reason in the last column.

Mended, it is brought again like any other file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import xlsxwriter

from features.errors import FileReadError
from features.messages import message
from features.sources.issue import Issue
from features.sources.read.isolated.file_reader import read_sheet
from features.sources.read.sheet import Sheet
from recommender.text import Lang, render
from recommender.text.issue_rows import issue_sentence
from recommender.workspace.atomic import replacing

MOST_ROWS: Final = 50_000  # of a workbook; what is over is said in its last row
SHEET_NAME: Final = 31  # characters that Excel allows
REASON: Final = "uploads.reason"


def write_problem_rows(
    path: Path, folder: Path, issues: Sequence[Issue], headers: Mapping[tuple[str, str | None], tuple[int, ...]],
    lang: Lang = "zh",
) -> int:
    """Writes the workbook and returns its number of rows; nothing is written for none.

    folder: of the files. headers: (file, sheet) -> the row numbers of its header, where that is not the first row.
    """
    reasons: dict[tuple[str, str | None], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for issue in issues:
        if issue.severity == "problem" and issue.row is not None:
            reasons[issue.file, issue.sheet][issue.row].append(issue_sentence(issue, lang))
    sheets = [(place, sheet, rows) for place, rows in reasons.items() if (sheet := _read(folder, place, headers)) is not None]
    if not sheets:
        return 0
    total = 0
    with replacing(path) as temporary, xlsxwriter.Workbook(
        str(temporary), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        text = book.add_format({"num_format": "@", "quote_prefix": True})
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "quote_prefix": True})
        for number, ((file, name), sheet, rows) in enumerate(sheets, start=1):
            page = book.add_worksheet(_sheet_name(name or Path(file).stem, number))
            page.freeze_panes(1, 0)
            page.write_row(0, 0, [*sheet.header, render(message(REASON), lang)], bold)
            page.set_column(0, max(len(sheet.header) - 1, 0), 14, text)
            page.set_column(len(sheet.header), len(sheet.header), 60)
            places = [int(place) for place in np.flatnonzero(np.isin(sheet.rows, list(rows)))][: MOST_ROWS - total]
            for i, place in enumerate(places, start=1):
                for j, column in enumerate(sheet.columns):
                    page.write_string(i, j, column[place].as_py(), text)
                page.write_string(i, len(sheet.columns), "\n".join(rows[int(sheet.rows[place])]), wrap)
            total += len(places)
    return total


def _read(folder: Path, place: tuple[str, str | None], headers: Mapping[tuple[str, str | None], tuple[int, ...]]) -> Sheet | None:
    """The sheet as it stands in the file; None where it is a file inside another or cannot be read again."""
    file, name = place
    try:
        rows = headers.get(place)
        return read_sheet(folder / file, name) if rows is None else read_sheet(folder / file, name, header_rows=rows)
    except FileReadError:
        return None


def _sheet_name(name: str, number: int) -> str:
    """A name that Excel takes and that no other sheet has."""
    kept = "".join("_" if c in "[]:*?/\\'" else c for c in name)
    return f"{number}-{kept}"[:SHEET_NAME]

