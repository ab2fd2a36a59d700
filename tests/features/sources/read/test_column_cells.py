"""Whole columns are read as `read_cell` reads each of their cells."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from features.schema import TABLES
from features.sources.read.cell import CellError, read_cell
from features.sources.read.column_cells import BAD, EMPTY, cell_error, read_column
from features.sources.read.sheet import texts
from features.sources.read.subject_names import subject_names

COLUMNS = [c for t in TABLES.values() for c in t.columns if not c.subject]
CELLS = st.lists(
    st.one_of(st.text(max_size=8), st.sampled_from(["1", "-3", "0.5", " 7 ", "2026.9.1", "线上", "小学;初中", "4.4E+17", ""])),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=400)
@given(column=st.sampled_from(COLUMNS), cells=CELLS)
def test_a_column_agrees_with_its_cells(column, cells: list[str]) -> None:
    read = read_column(texts(cells), column, subject_names())
    for row, text in enumerate(cells):
        try:
            value = read_cell(text, column)
        except CellError as error:
            assert read.codes[row] == BAD and cell_error(text, column).expected == error.expected
            continue
        if value is None:
            assert read.codes[row] == EMPTY
        elif isinstance(value, date):
            assert read.numbers()[row] == np.datetime64(value)
        elif isinstance(value, int | float):
            assert read.numbers()[row] == value
        else:
            assert read.strings()[row].as_py() == (";".join(value) if isinstance(value, tuple) else value)


def test_a_subject_is_read_by_its_standard_name() -> None:
    subject = TABLES["teachers"].column("subject")
    read = read_column(texts(["思品、数学", "数学"]), subject, subject_names())
    assert read.strings().to_pylist() == ["道德与法治;数学", "数学"] and read.renamed.tolist() == [
        True,
        False,
    ]


def test_renaming_replaces_values() -> None:
    read = read_column(texts(["a", "b", "a"]), TABLES["teachers"].column("teacher_id"), subject_names())
    renamed = read.renaming({"a": "c"})
    assert renamed.strings().to_pylist() == ["c", "b", "c"] and renamed.text(0) == "a"
    assert renamed.values.to_pylist() == ["b", "c"] and renamed.renamed.tolist() == [True, False]
