"""Columns of a mapped file: rows read as the mapping says, source columns made into columns of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import FileReadError
from features.messages import message
from features.schema import Column
from features.sources.issue import with_example
from features.sources.issues import Issues
from features.sources.map.mapping_spec import SEPARATOR, ColumnSpec, FileSpec
from features.sources.map.row_filter import rows_where
from features.sources.read.dates import DateOrder
from features.sources.read.decimal_comma import with_decimal_points_in
from features.sources.read.example_rows import without_examples
from features.sources.read.footer import without_footer
from features.sources.read.header import looks_like_id_cards, note_reading, ordered
from features.sources.read.isolated.file_reader import read_sheet, sheet_names
from features.sources.read.locate import suffix_of
from features.sources.read.sheet import Sheet, Texts, half_width, join_cells, letter, plain_texts, texts
from features.sources.staging import Field

WHOLE_NUMBER: Final = re.compile(r"\d+\.0")


def read_source(file: Path, source: FileSpec, issues: Issues) -> Sheet:
    """The rows of one file that a source selects. Raises FileReadError, and UsageError for its filter."""
    suffix = suffix_of(file)
    if suffix == ".xlsx":
        sheets = sheet_names(file)
        name = source.sheet if source.sheet is not None else next(iter(sheets), "")
        if name not in sheets:
            raise FileReadError("sources.no_such_sheet", file=file.name, sheet=name, sheets=sheets)
        sheet = read_sheet(file, name, header_rows=source.header)
    elif suffix == ".parquet":
        sheet = read_sheet(file)
    else:
        sheet = read_sheet(
            file, header_rows=source.header, encoding=source.encoding, separator=source.separator
        )
    sheet = without_examples(without_footer(sheet) if source.footer else sheet)
    note_reading(sheet, issues)
    return sheet if source.where is None else sheet.take(np.flatnonzero(rows_where(sheet, source.where)))


def column_of(sheet: Sheet, spec: ColumnSpec, issues: Issues, ids: bool = False) -> Texts | None:
    """The cells of a column made of source columns; None, with a problem, where one is missing.

    ids: `5001.0`, as statistics programs write whole numbers, becomes `5001`.
    """
    indices = [column_index(sheet, source, issues) for source in spec.sources]
    columns = [sheet.columns[index] for index in indices if index is not None]
    columns = [_without_point(plain_texts(cells)) for cells in columns] if ids else columns
    if len(columns) < len(indices):
        return None
    if not columns:
        return constant(spec.value, len(sheet.rows))
    if len(columns) == 1:
        return _converted(columns[0], spec)
    trimmed = [pc.utf8_trim_whitespace(cells) for cells in columns]
    joined = join_cells([pc.if_else(pc.equal(c, ""), None, c) for c in trimmed], SEPARATOR)
    return _converted(pc.fill_null(joined, ""), spec)


def column_index(sheet: Sheet, header: str, issues: Issues) -> int | None:
    """The index of a source column; where there is none, a problem that lists the headers of the sheet, and
    where there are several, one that says how to name each."""
    indices = sheet.columns_named(header)
    if len(indices) == 1:
        return indices[0]
    if indices:
        letters = "、".join(map(letter, indices))
        expected = with_example(
            message("sources.ambiguous_source_column", header=header, letters=letters), f"{header}#2"
        )
    else:
        headers = "、".join(text for text in sheet.header if text)
        expected = message("sources.missing_source_column", header=header, headers=headers)
    issues.add(sheet.file, expected, sheet=sheet.name, row=sheet.header_row, header=header)
    return None


def field_of(
    sheet: Sheet, spec: ColumnSpec, column: Column, order: DateOrder, issues: Issues
) -> Field | None:
    """A column of a table; None, with an issue, where it is missing or holds ID-card numbers."""
    if column.kind in ("number", "integer"):
        sheet = with_decimal_points_in(sheet, spec.sources, issues)
    cells = column_of(sheet, spec, issues, column.kind == "id")
    if cells is not None and column.kind == "date":
        cells = ordered(cells, order)
    if cells is None or not spec.sources:
        return None if cells is None else Field(cells, "", column.zh)
    indices = [sheet.column(source) or 0 for source in spec.sources]
    headers = [sheet.header[index] for index in indices]
    letters = [letter(index) for index in indices]
    if any(looks_like_id_cards(sheet.header[index], sheet.columns[index]) for index in indices):
        expected = message("sources.id_card_column")
        issues.add(
            sheet.file, expected, sheet=sheet.name, row=sheet.header_row, letter="+".join(letters),
            header="+".join(headers), severity="note",
        )  # fmt: skip
        return None
    return Field(cells, "+".join(letters), "+".join(headers))


def _without_point(cells: Texts) -> Texts:
    """Without the `.0` where every cell ends so."""
    distinct = cells.dictionary_encode()
    words = [word.strip() for word in distinct.dictionary.to_pylist()]
    if not all(WHOLE_NUMBER.fullmatch(word) for word in words if word):
        return cells
    return texts([word.removesuffix(".0") for word in words]).take(distinct.indices)


def _converted(cells: Texts, spec: ColumnSpec) -> Texts:
    distinct = cells.dictionary_encode()
    words = [word.strip() for word in distinct.dictionary.to_pylist()]
    mapped = [_mapped(word, spec.map) for word in words]
    if spec.years_before is not None:
        mapped = [_years_before(spec.years_before, word) for word in mapped]
    converted = [f"{spec.prefix}{word}{spec.suffix}" if word else "" for word in mapped]
    return texts(converted).take(distinct.indices)


def _mapped(word: str, names: Mapping[str, str]) -> str:
    plain = half_width(word)
    return next((names[w] for w in (word, word.removesuffix(".0"), plain) if w in names), word)


def _years_before(day: date, years: str) -> str:
    """The day so many years earlier; text that is not a number of years stays and is no date either."""
    try:
        months = round(float(years) * 12)
        year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
        return date(year, month + 1, min(day.day, 28)).isoformat()
    except (ValueError, OverflowError):
        return years


def constant(value: str, rows: int) -> Texts:
    """The same cell in each row."""
    return texts([value]).take(pa.array(np.zeros(rows, np.int64)))
