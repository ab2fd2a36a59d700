"""[[table]] of a mapped file at work: sheets of any shape become parts of the house's tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import FileReadError
from features.schema import TABLES, Column, Table
from features.sources.issue import Message
from features.sources.issues import Issues
from features.sources.map.mapping_spec import JOINT, ColumnSpec, FileSpec, TableSpec
from features.sources.map.row_filter import rows_where
from features.sources.read.csv_reader import read_csv
from features.sources.read.header import CARDS, looks_like_cards, match
from features.sources.read.locate import suffix_of
from features.sources.read.parquet_reader import read_parquet
from features.sources.read.sheet import Sheet, Texts, letter, side_by_side, texts
from features.sources.read.xlsx_reader import Workbook
from features.sources.staging import Chunk, Field

WHOLE: Final = re.compile(r"\d+\.0")
ALIKE: Final = 0.6  # how near a header has to be to be suggested


def read_place(file: Path, place: FileSpec) -> Sheet:
    """The rows of one file that a place picks. Raises UnreadableFile, and WrongUse for its filter."""
    suffix = suffix_of(file)
    if suffix == ".xlsx":
        book = Workbook(file)
        name = place.sheet if place.sheet is not None else next(iter(book.sheets), "")
        if name not in book.sheets:
            raise FileReadError(f"{file.name}: no sheet {name!r}; there are {', '.join(book.sheets)}")
        sheet = book.sheet(name, place.header)
    elif suffix == ".parquet":
        sheet = read_parquet(file)
    else:
        sheet = read_csv(file, place.header)
    return sheet if place.where is None else picked(sheet, rows_where(sheet, place.where))


def picked(sheet: Sheet, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Sheet:
    """The rows of a sheet where `rows` is true."""
    long = np.zeros(len(sheet.rows), dtype=bool)
    long[sheet.overlong] = True
    columns = tuple(column.filter(pa.array(rows)) for column in sheet.columns)
    return Sheet(
        sheet.file, sheet.name, sheet.header, columns, sheet.rows[rows], sheet.header_row,
        np.flatnonzero(long[rows]).astype(np.int64),
    )  # fmt: skip


def parts_of(plan: TableSpec, files: Sequence[Path], findings: Issues) -> list[Chunk]:
    """The parts that one [[table]] makes of its files; a source column that is missing is a problem."""
    table = TABLES[plan.name]
    found: list[Chunk] = []
    for file in files:
        sheet = read_place(file, plan.place)
        if not plan.columns and plan.wide is None:
            part = match(sheet, table, findings)
        else:
            fields = _fields(sheet, table, plan.columns, findings)
            part = Chunk(table.name, sheet, fields, sheet.rows, sheet.overlong)
        parts = [part] if plan.wide is None else _spread(part, plan, findings)
        found += [Chunk(p.table, p.sheet, p.fields, p.rows, p.overlong, plan.unique) for p in parts]
    return found


def column_of(sheet: Sheet, made: ColumnSpec, findings: Issues, ids: bool = False) -> Texts | None:
    """The cells of a column made of source columns; None, with a problem told, where one is missing.

    ids: `5001.0`, as statistics programs write whole numbers, becomes `5001`.
    """
    places = [column_in(sheet, source, findings) for source in made.sources]
    found = [sheet.columns[place] for place in places if place is not None]
    found = [without_point(cells) for cells in found] if ids else found
    if len(found) < len(places):
        return None
    if not found:
        return _repeated(made.value, len(sheet.rows))
    if len(found) == 1:
        return _made(found[0], made)
    trimmed = [pc.utf8_trim_whitespace(cells) for cells in found]
    whole = side_by_side([pc.if_else(pc.equal(c, ""), None, c) for c in trimmed], JOINT)
    return _made(pc.fill_null(whole, ""), made)


def without_point(cells: Texts) -> Texts:
    """Without the `.0` where every cell ends so."""
    distinct = cells.dictionary_encode()
    words = [word.strip() for word in distinct.dictionary.to_pylist()]
    if not all(WHOLE.fullmatch(word) for word in words if word):
        return cells
    return texts([word.removesuffix(".0") for word in words]).take(distinct.indices)


def _field(sheet: Sheet, made: ColumnSpec, column: Column, findings: Issues) -> Field | None:
    """A column of a table; None, with the reason told, where it cannot or need not be had."""
    cells = column_of(sheet, made, findings, column.kind == "id")
    if cells is None or not made.sources:
        return None if cells is None else Field(cells, "", column.zh)
    places = [sheet.column(source) or 0 for source in made.sources]
    headers = [sheet.header[place] for place in places]
    letters = [letter(place) for place in places]
    if any(looks_like_cards(sheet.header[place], sheet.columns[place]) for place in places):
        findings.add(
            sheet.file, CARDS, sheet=sheet.name, row=sheet.header_row, letter="+".join(letters),
            header="+".join(headers), severity="note",
        )  # fmt: skip
        return None
    return Field(cells, "+".join(letters), "+".join(headers))


def column_in(sheet: Sheet, header: str, findings: Issues) -> int | None:
    """The place of a source column; where there is none, a problem that names those there are."""
    place = sheet.column(header)
    if place is None:
        there = "、".join(text for text in sheet.header if text)
        findings.add(
            sheet.file,
            Message(f"没有映射文件所说的列「{header}」(现有:{there})", f"a column {header!r} as mapped; there are {there}"),
            sheet=sheet.name, row=sheet.header_row, header=header,
        )  # fmt: skip
    return place


def _fields(sheet: Sheet, table: Table, columns: Mapping[str, ColumnSpec], findings: Issues) -> dict[str, Field]:
    made = {name: _field(sheet, column, table.column(name), findings) for name, column in columns.items()}
    return {name: found for name, found in made.items() if found is not None}


def _made(cells: Texts, made: ColumnSpec) -> Texts:
    distinct = cells.dictionary_encode()
    words = [word.strip() for word in distinct.dictionary.to_pylist()]
    mapped = [made.map.get(word, made.map.get(word.removesuffix(".0"), word)) for word in words]
    if made.years_before is not None:
        mapped = [_before(made.years_before, word) for word in mapped]
    whole = [f"{made.prefix}{word}{made.suffix}" if word else "" for word in mapped]
    return texts(whole).take(distinct.indices)


def _before(day: date, years: str) -> str:
    """The day so many years earlier; what is no number of years stays, to be told as no date."""
    try:
        months = round(float(years) * 12)
        year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
        return date(year, month + 1, min(day.day, 28)).isoformat()
    except (ValueError, OverflowError):
        return years


def _spread(part: Chunk, plan: TableSpec, findings: Issues) -> list[Chunk]:
    """One part for each column that becomes rows; empty cells make no row."""
    assert plan.wide is not None
    found: list[Chunk] = []
    for source in plan.wide.sources:
        place = column_in(part.sheet, source, findings)
        if place is None:
            continue
        cells = part.sheet.columns[place]
        filled = pc.not_equal(pc.utf8_trim_whitespace(cells), "")
        where, header = letter(place), part.sheet.header[place]
        fields = {**part.fields, plan.wide.score: Field(cells, where, header)}
        fields[plan.wide.item] = Field(_repeated(source, len(cells)), where, header)
        fields = {n: Field(f.texts.filter(filled), f.letter, f.header) for n, f in fields.items()}
        rows = filled.to_numpy(zero_copy_only=False)
        sheet = picked(part.sheet, rows)
        found.append(Chunk(part.table, sheet, fields, sheet.rows, sheet.overlong))
    return found


def _repeated(value: str, rows: int) -> Texts:
    return texts([value]).take(pa.array(np.zeros(rows, np.int64)))
