"""Applies the [[table]] sections of a mapping file: sheets of any shape become chunks of our tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from features.schema import TABLES
from features.sources.issues import Issues
from features.sources.map.linked_columns import joined_columns
from features.sources.map.mapping_spec import FileSpec, TableSpec, WideSpec
from features.sources.map.source_columns import column_index, constant, field_of, read_source
from features.sources.read.decimal_comma import with_decimal_points
from features.sources.read.header import match
from features.sources.read.sheet import letter
from features.sources.staging import Chunk, Field


def table_chunks(
    spec: TableSpec,
    files: Sequence[Path],
    issues: Issues,
    linked_files: Callable[[FileSpec], Sequence[Path]] = lambda spec: (),
) -> list[Chunk]:
    """The chunks that one [[table]] makes of its files; a source column that is missing is a problem.

    linked_files: the files of columns that stand in other files.
    """
    table = TABLES[spec.name]
    chunks: list[Chunk] = []
    for file in files:
        sheet = read_source(file, spec, issues)
        if not spec.columns and spec.wide is None:
            chunk = match(sheet, table, issues, spec.dates)
        else:
            sheet, linked = joined_columns(sheet, spec, linked_files, issues)
            fields = {
                name: linked.get(name)
                if name in spec.linked
                else field_of(sheet, column, table.column(name), spec.dates, issues)
                for name, column in spec.columns.items()
            }
            known = {name: field for name, field in fields.items() if field is not None}
            chunk = Chunk(table.name, sheet, known, sheet.rows, sheet.overlong)
        chunks += [chunk] if spec.wide is None else _melted(chunk, spec.wide, issues)
    return [replace(chunk, unique=spec.unique) for chunk in chunks]


def _melted(chunk: Chunk, wide: WideSpec, issues: Issues) -> list[Chunk]:
    """One chunk for each column that becomes rows; empty cells make no row."""
    chunks: list[Chunk] = []
    for source in wide.sources:
        index = column_index(chunk.sheet, source, issues)
        if index is None:
            continue
        number = TABLES[chunk.table].column(wide.score).kind == "number"
        cells = with_decimal_points(chunk.sheet, index, issues) if number else chunk.sheet.columns[index]
        filled = pc.not_equal(pc.utf8_trim_whitespace(cells), "")
        column, header = letter(index), chunk.sheet.header[index]
        fields = {**chunk.fields, wide.score: Field(cells, column, header)}
        fields[wide.item] = Field(constant(source, len(cells)), column, header)
        fields = {n: Field(f.texts.filter(filled), f.letter, f.header) for n, f in fields.items()}
        sheet = chunk.sheet.take(np.flatnonzero(filled.to_numpy(zero_copy_only=False)))
        chunks.append(Chunk(chunk.table, sheet, fields, sheet.rows, sheet.overlong))
    return chunks
