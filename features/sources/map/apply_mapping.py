"""Applies the [[table]] sections of a mapping file: sheets of any shape become chunks of our tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import FileReadError
from features.messages import message
from features.schema import TABLES, Column, Table
from features.sources.issues import Issues
from features.sources.map.mapping_spec import SEPARATOR, ColumnSpec, FileSpec, TableSpec, WideSpec
from features.sources.map.row_filter import rows_where
from features.sources.read.header import looks_like_id_cards, match
from features.sources.read.isolated.file_reader import read_sheet, sheet_names
from features.sources.read.locate import suffix_of
from features.sources.read.sheet import Sheet, Texts, join_cells, letter, texts
from features.sources.staging import Chunk, Field

WHOLE_NUMBER: Final = re.compile(r"\d+\.0")


def read_source(file: Path, source: FileSpec) -> Sheet:
    """The rows of one file that a source selects. Raises FileReadError, and UsageError for its filter."""
    if suffix_of(file) == ".xlsx":
        sheets = sheet_names(file)
        name = source.sheet if source.sheet is not None else next(iter(sheets), "")
        if name not in sheets:
            raise FileReadError("sources.no_such_sheet", file=file.name, sheet=name, sheets=sheets)
        sheet = read_sheet(file, name, header_row=source.header)
    else:
        sheet = read_sheet(file, header_row=source.header)
    return sheet if source.where is None else filtered(sheet, rows_where(sheet, source.where))


def filtered(sheet: Sheet, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Sheet:
    """The rows of a sheet where `rows` is true."""
    overlong = np.zeros(len(sheet.rows), dtype=bool)
    overlong[sheet.overlong] = True
    columns = tuple(column.filter(pa.array(rows)) for column in sheet.columns)
    return Sheet(
        sheet.file, sheet.name, sheet.header, columns, sheet.rows[rows], sheet.header_row,
        np.flatnonzero(overlong[rows]).astype(np.int64),
    )  # fmt: skip


def table_chunks(spec: TableSpec, files: Sequence[Path], issues: Issues) -> list[Chunk]:
    """The chunks that one [[table]] makes of its files; a source column that is missing is a problem."""
    table = TABLES[spec.name]
    chunks: list[Chunk] = []
    for file in files:
        sheet = read_source(file, spec)
        if not spec.columns and spec.wide is None:
            chunk = match(sheet, table, issues)
        else:
            fields = _fields(sheet, table, spec.columns, issues)
            chunk = Chunk(table.name, sheet, fields, sheet.rows, sheet.overlong)
        chunks += [chunk] if spec.wide is None else _melted(chunk, spec.wide, issues)
    return [replace(chunk, unique=spec.unique) for chunk in chunks]


def column_of(sheet: Sheet, spec: ColumnSpec, issues: Issues, ids: bool = False) -> Texts | None:
    """The cells of a column made of source columns; None, with a problem, where one is missing.

    ids: `5001.0`, as statistics programs write whole numbers, becomes `5001`.
    """
    indices = [column_index(sheet, source, issues) for source in spec.sources]
    columns = [sheet.columns[index] for index in indices if index is not None]
    columns = [_without_point(cells) for cells in columns] if ids else columns
    if len(columns) < len(indices):
        return None
    if not columns:
        return _constant(spec.value, len(sheet.rows))
    if len(columns) == 1:
        return _converted(columns[0], spec)
    trimmed = [pc.utf8_trim_whitespace(cells) for cells in columns]
    joined = join_cells([pc.if_else(pc.equal(c, ""), None, c) for c in trimmed], SEPARATOR)
    return _converted(pc.fill_null(joined, ""), spec)


def _without_point(cells: Texts) -> Texts:
    """Without the `.0` where every cell ends so."""
    distinct = cells.dictionary_encode()
    words = [word.strip() for word in distinct.dictionary.to_pylist()]
    if not all(WHOLE_NUMBER.fullmatch(word) for word in words if word):
        return cells
    return texts([word.removesuffix(".0") for word in words]).take(distinct.indices)


def _field(sheet: Sheet, spec: ColumnSpec, column: Column, issues: Issues) -> Field | None:
    """A column of a table; None, with an issue, where it is missing or holds ID-card numbers."""
    cells = column_of(sheet, spec, issues, column.kind == "id")
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


def column_index(sheet: Sheet, header: str, issues: Issues) -> int | None:
    """The index of a source column; where there is none, a problem that lists the headers of the sheet."""
    index = sheet.column(header)
    if index is None:
        headers = "、".join(text for text in sheet.header if text)
        expected = message("sources.missing_source_column", header=header, headers=headers)
        issues.add(sheet.file, expected, sheet=sheet.name, row=sheet.header_row, header=header)
    return index


def _fields(
    sheet: Sheet, table: Table, columns: Mapping[str, ColumnSpec], issues: Issues
) -> dict[str, Field]:
    fields = {name: _field(sheet, spec, table.column(name), issues) for name, spec in columns.items()}
    return {name: field for name, field in fields.items() if field is not None}


def _converted(cells: Texts, spec: ColumnSpec) -> Texts:
    distinct = cells.dictionary_encode()
    words = [word.strip() for word in distinct.dictionary.to_pylist()]
    mapped = [spec.map.get(word, spec.map.get(word.removesuffix(".0"), word)) for word in words]
    if spec.years_before is not None:
        mapped = [_years_before(spec.years_before, word) for word in mapped]
    converted = [f"{spec.prefix}{word}{spec.suffix}" if word else "" for word in mapped]
    return texts(converted).take(distinct.indices)


def _years_before(day: date, years: str) -> str:
    """The day so many years earlier; text that is not a number of years stays and is no date either."""
    try:
        months = round(float(years) * 12)
        year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
        return date(year, month + 1, min(day.day, 28)).isoformat()
    except (ValueError, OverflowError):
        return years


def _melted(chunk: Chunk, wide: WideSpec, issues: Issues) -> list[Chunk]:
    """One chunk for each column that becomes rows; empty cells make no row."""
    chunks: list[Chunk] = []
    for source in wide.sources:
        index = column_index(chunk.sheet, source, issues)
        if index is None:
            continue
        cells = chunk.sheet.columns[index]
        filled = pc.not_equal(pc.utf8_trim_whitespace(cells), "")
        column, header = letter(index), chunk.sheet.header[index]
        fields = {**chunk.fields, wide.score: Field(cells, column, header)}
        fields[wide.item] = Field(_constant(source, len(cells)), column, header)
        fields = {n: Field(f.texts.filter(filled), f.letter, f.header) for n, f in fields.items()}
        sheet = filtered(chunk.sheet, filled.to_numpy(zero_copy_only=False))
        chunks.append(Chunk(chunk.table, sheet, fields, sheet.rows, sheet.overlong))
    return chunks


def _constant(value: str, rows: int) -> Texts:
    return texts([value]).take(pa.array(np.zeros(rows, np.int64)))
