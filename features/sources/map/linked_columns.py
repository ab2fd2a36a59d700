"""Columns of a table that stand in another file: rows of the two files that hold the same id belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from features.messages import message
from features.schema import TABLES
from features.sources.issues import Issues
from features.sources.map.mapping_spec import ColumnSpec, FileSpec, LinkedColumnSpec, TableSpec
from features.sources.map.source_columns import column_of, field_of, read_source
from features.sources.read.sheet import Sheet, Texts, texts
from features.sources.staging import Field


def joined_columns(
    sheet: Sheet,
    spec: TableSpec,
    linked_files: Callable[[FileSpec], Sequence[Path]],
    issues: Issues,
) -> tuple[Sheet, dict[str, Field]]:
    """The rows of a sheet, each once for each row of the other files that belongs to it, and the columns that
    stand there; cells are empty where no row belongs to it. A missing column is a problem.

    Columns of one link are read from the same row of the other file.
    """
    links: dict[tuple[object, ...], dict[str, LinkedColumnSpec]] = {}
    for name, column in spec.linked.items():
        links.setdefault(column.link, {})[name] = column
    fields: dict[str, Field] = {}
    for columns in links.values():
        first = next(iter(columns.values()))
        key = column_of(sheet, _key(sheet, spec, first), issues, ids=True)
        linked = [_linked(file, spec, columns, issues) for file in linked_files(first)]
        tables = [table for table in linked if table is not None]
        if key is None or not tables:
            continue
        rows = pd.DataFrame({"key": key.to_pylist(), "row": np.arange(len(sheet.rows))})
        other = pd.concat([frame for frame, _ in tables]).drop_duplicates()
        joined = rows.merge(other[other["key"] != ""], on="key", how="left").fillna("")
        _note_unmatched(sheet, first, int(joined["key"].isin(set(other["key"])).eq(False).sum()), issues)
        indices = joined["row"].to_numpy(dtype=np.int64)
        sheet = sheet.take(indices)
        fields = {name: Field(f.texts.take(indices), f.letter, f.header) for name, f in fields.items()}
        headers = tables[0][1]
        fields |= {name: Field(texts(joined[name].tolist()), "", headers[name]) for name in columns}
    return sheet, fields


def _key(sheet: Sheet, spec: TableSpec, link: LinkedColumnSpec) -> ColumnSpec:
    """Where the rows hold the id: in `key`, else in columns named as in the other file, else in their own id."""
    if link.key is not None:
        return ColumnSpec.of(*link.key)
    own = next((spec.columns[name] for name in TABLES[spec.name].key if name in spec.columns), None)
    if (
        all(sheet.columns_named(header) for header in link.on)
        or own is None
        or isinstance(own, LinkedColumnSpec)
    ):
        return ColumnSpec.of(*link.on)
    return ColumnSpec.of(*own.sources)


def _linked(
    file: Path, spec: TableSpec, columns: dict[str, LinkedColumnSpec], issues: Issues
) -> tuple[pd.DataFrame, dict[str, str]] | None:
    """key and columns of the other file's rows, and the headers of these; None where a column is missing."""
    first = next(iter(columns.values()))
    sheet = read_source(file, first, issues)
    cells: dict[str, Texts | None] = {"key": column_of(sheet, ColumnSpec.of(*first.on), issues, ids=True)}
    headers: dict[str, str] = {}
    for name, column in columns.items():
        field = field_of(sheet, column, TABLES[spec.name].column(name), column.dates, issues)
        cells[name] = None if field is None else field.texts
        headers[name] = "" if field is None else field.header
    if any(column is None for column in cells.values()):
        return None
    return pd.DataFrame(
        {name: column.to_pylist() for name, column in cells.items() if column is not None}
    ), headers


def _note_unmatched(sheet: Sheet, link: LinkedColumnSpec, count: int, issues: Issues) -> None:
    if count:
        issues.add(
            sheet.file, message("sources.rows_without_link", file=link.file, count=count), sheet=sheet.name,
            severity="note",
        )  # fmt: skip
