"""Columns of pupils' rows, and the issues of rows that are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.messages import Message, message
from features.sources.issue import with_example
from features.sources.issues import MAX_LISTED, Issues
from features.sources.map.mapping_spec import ColumnSpec
from features.sources.map.source_columns import column_index, column_of
from features.sources.read.decimal_comma import with_decimal_points
from features.sources.read.sheet import Sheet, Texts, fold, half_width, letter

Array = NDArray[np.float64]
MISSING: Final = ("", "NA", "NaN", ".")  # what statistics programs write where there is no score
ABSENT: Final = frozenset({"缺考", "缺席", "免考", "未考", "absent", "abs"})  # what schools write there


def ids_in(sheet: Sheet, header: str, issues: Issues) -> Texts | None:
    """(P,) ids; None, with a problem, where there is no such column."""
    return column_of(sheet, ColumnSpec.of(header), issues, ids=True)


def numbers_in(
    sheet: Sheet,
    header: str,
    missing: Sequence[float | str],
    issues: Issues,
    answers: Mapping[str, float] | None = None,
) -> Array | None:
    """(P,) scores, NaN where there is none; a cell that is not a number is a problem.

    missing: numbers and words that stand for no score. Words that say so everywhere need not be among them; they
    are a note. answers: words -> their numbers.
    """
    column = column_index(sheet, header, issues)
    if column is None:
        return None
    distinct = with_decimal_points(sheet, column, issues).dictionary_encode()
    words = [word.strip() for word in distinct.dictionary.to_pylist()]
    index = distinct.indices.to_numpy(zero_copy_only=False)
    plain = [half_width(word).strip() for word in words]
    values = np.array(pd.to_numeric(pd.Series(plain, dtype=object), errors="coerce"), np.float64)
    if answers:
        numbers = {fold(word): number for word, number in answers.items()}
        values = np.array([numbers.get(fold(word), value) for word, value in zip(words, values, strict=True)], np.float64)
    absent = {fold(code) for code in missing if isinstance(code, str)}
    codes = np.array([code for code in missing if not isinstance(code, str)], np.float64)
    values[np.isin(values, codes)] = np.nan
    for i in np.flatnonzero(~np.isfinite(values)):
        if words[i] in MISSING or fold(words[i]) in absent or np.isin(_number(plain[i]), codes):
            continue
        rows = index == i
        if fold(words[i]) in ABSENT:
            note_rows(sheet, rows, message("sources.read_as_absent", word=words[i]), issues)
            continue
        for row in np.flatnonzero(rows)[:MAX_LISTED]:
            issues.add(
                sheet.file, with_example(message("sources.a_number"), "512.3"),
                sheet=sheet.name, row=int(sheet.rows[row]), letter=letter(column),
                header=sheet.header[column], value=words[i],
            )  # fmt: skip
    values[~np.isfinite(values)] = np.nan
    return np.asarray(values[index])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def problem_rows(sheet: Sheet, header: str, frame: pd.DataFrame, expected: Message, issues: Issues) -> None:
    """Adds a problem for each of the first rows of `frame`, which has the columns `row` and `pupil`."""
    column = sheet.column(header) or 0
    for row, pupil in frame[["row", "pupil"]].head(MAX_LISTED).itertuples(index=False):
        issues.add(
            sheet.file, expected, sheet=sheet.name, row=int(row), letter=letter(column),
            header=sheet.header[column], value=str(pupil),
        )  # fmt: skip


def note_rows(sheet: Sheet, rows: NDArray[np.bool_], note: Message, issues: Issues) -> None:
    """Adds one note at the first of these rows, with their number."""
    indices = np.flatnonzero(rows)
    if len(indices):
        counted = message("sources.note_of_count", note=note, count=len(indices))
        issues.add(sheet.file, counted, sheet=sheet.name, row=int(sheet.rows[indices[0]]), severity="note")


def number_cells(values: Array) -> list[str]:
    """Numbers as texts of cells, empty for NaN."""
    return ["" if not np.isfinite(value) else repr(float(value)) for value in values]
