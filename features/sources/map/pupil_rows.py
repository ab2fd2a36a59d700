"""Columns of pupils' rows, and what is said of rows that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.sources.issue import Message
from features.sources.issues import MOST, Issues
from features.sources.map.apply_mapping import column_in, column_of
from features.sources.map.mapping_spec import ColumnSpec
from features.sources.read.sheet import Sheet, Texts, letter

Array = NDArray[np.float64]
NOTHING: Final = ("", "NA", "NaN", ".")  # what statistics programs write where there is no score


def ids_in(sheet: Sheet, header: str, findings: Issues) -> Texts | None:
    """(P,) ids; None, with a problem told, where there is no such column."""
    return column_of(sheet, ColumnSpec((header,)), findings, ids=True)


def numbers_in(sheet: Sheet, header: str, missing: Sequence[float], findings: Issues) -> Array | None:
    """(P,) scores, NaN where there is none; what is no number is a problem at the first row that has it."""
    place = column_in(sheet, header, findings)
    if place is None:
        return None
    distinct = sheet.columns[place].dictionary_encode()
    words = [word.strip() for word in distinct.dictionary.to_pylist()]
    index = distinct.indices.to_numpy(zero_copy_only=False)
    values = np.array(pd.to_numeric(pd.Series(words, dtype=object), errors="coerce"), np.float64)
    for i in np.flatnonzero(~np.isfinite(values)):
        for at in np.flatnonzero(index == i)[:MOST] if words[i] not in NOTHING else ():
            findings.add(
                sheet.file, Message("请填数字", "a number", "512.3"),
                sheet=sheet.name, row=int(sheet.rows[at]), letter=letter(place), header=sheet.header[place],
                value=words[i],
            )  # fmt: skip
    values[np.isin(values, np.asarray(missing, np.float64)) | ~np.isfinite(values)] = np.nan
    return np.asarray(values[index])


def tell_twice(sheet: Sheet, header: str, frame: pd.DataFrame, said: Message, findings: Issues) -> None:
    """A problem for each of the first rows of `frame`, which has the columns `row` and `pupil`."""
    place = sheet.column(header) or 0
    for row, pupil in frame[["row", "pupil"]].head(MOST).itertuples(index=False):
        findings.add(
            sheet.file, said, sheet=sheet.name, row=int(row), letter=letter(place), header=sheet.header[place],
            value=str(pupil),
        )  # fmt: skip


def note_rows(sheet: Sheet, rows: NDArray[np.bool_], said: Message, findings: Issues) -> None:
    """One note at the first of these rows."""
    places = np.flatnonzero(rows)
    if len(places):
        more = Message(f"{said.zh}(共 {len(places)} 行)", f"{said.en} ({len(places)} rows)")
        findings.add(sheet.file, more, sheet=sheet.name, row=int(sheet.rows[places[0]]), severity="note")


def told(values: Array) -> list[str]:
    """Numbers as cells, empty where there is none."""
    return ["" if not np.isfinite(value) else repr(float(value)) for value in values]
