"""Where the header of a sheet is: titles and notes above it are passed over, two rows of headers are read as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from features.schema import TABLES
from features.sources.guess.name_scores import name_score
from features.sources.guess.wide.roles import names_wide_columns, subject_in
from features.sources.read.sheet import Sheet

DEEPEST: Final = 15  # rows from the top in which a header is looked for
CLEAR: Final = 0.8  # a cell that names a column
NUMBER: Final = re.compile(r"[-+\d.,%]+")  # names no column
REMARK: Final = re.compile(r"[:：]|\d{4}")


def header_rows(sheet: Sheet) -> tuple[int, ...]:
    """The row numbers of the header of a sheet that was read from its first row on; one or two, one below the other.

    The header is the row with most cells that name columns of one table, or of a sheet with a row a pupil, a respondent or a
    class; at least two have to.
    """
    rows = _first_rows(sheet)
    counts = [_most_names(cells) for _, cells in rows]
    best = max(range(len(rows)), key=lambda i: (counts[i], -i), default=None)
    if best is None or counts[best] < 2:
        return (sheet.header_row,)
    number, cells = rows[best]
    above = rows[best - 1] if best else None
    if above is not None and above[0] == number - 1 and _is_group_row(above[1], cells):
        return above[0], number
    return (number,)


def _first_rows(sheet: Sheet) -> list[tuple[int, list[str]]]:
    """(row number, cells), without blank rows."""
    rows = [(sheet.header_row, list(sheet.header))]
    for i, number in enumerate(sheet.rows[: DEEPEST - 1]):
        rows.append((int(number), [str(column[i].as_py()).strip() for column in sheet.columns]))
    return rows


def _most_names(cells: Sequence[str]) -> int:
    distinct = [cell for cell in dict.fromkeys(cells) if cell and not NUMBER.fullmatch(cell)]
    if len(distinct) < 2:
        return 0
    of_tables = max(sum(any(_names(cell, name, column.name) for column in table.columns) for cell in distinct)
                    for name, table in TABLES.items())  # fmt: skip
    return max(of_tables, names_wide_columns(distinct))


def _names(cell: str, table: str, column: str) -> bool:
    score = name_score(cell, TABLES[table], column)
    return score is not None and score.score >= CLEAR


def _is_group_row(above: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a row names groups of columns: it has several names and no remarks, and the row below needs them, or they are
    school subjects."""
    groups = set(filter(None, above))
    filled = [cell for cell in cells if cell]
    unclear = len(set(filled)) < len(filled) or any(a and not c for a, c in zip(above, cells, strict=False))
    unclear = unclear or sum(bool(subject_in(group)) for group in groups) > 1  # whose columns are scores, ranks and levels
    return len(groups) > 1 and unclear and not any(REMARK.search(group) for group in groups)
