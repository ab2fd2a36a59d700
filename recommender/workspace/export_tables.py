"""All tables of a workspace as files that an import reads back: one workbook, or a folder of CSV files."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from features.errors import DataError, UsageError
from features.schema import TABLES
from features.tables import Tables
from recommender.workspace.atomic import replacing, write_json
from recommender.workspace.exports import EXCEL_ROWS, harmless, refuse_mixed_provenance
from recommender.workspace.workspace import Workspace


def export_tables(workspace: Workspace, out: Path) -> dict[str, int]:
    """Writes every table that has rows, and origin.json beside them. Table -> its rows.

    out: a workbook OUT.xlsx, a sheet for each table, or a folder, a CSV file for each. Text that a spreadsheet would
    run as a formula gets an apostrophe in front, which an import does not take away. Raises UsageError (another
    suffix, `out` exists, or its folder holds files of another origin) and DataError (more rows than a sheet can have).
    """
    check_place(out)
    book = out.suffix.casefold() == ".xlsx"
    folder = out.parent if book else out
    origin = workspace.origin()
    refuse_mixed_provenance(folder, origin)
    frames = {name: _cells(workspace.tables, name) for name in TABLES if len(workspace.tables[name])}
    if book:
        _write_book(out, frames)
    else:
        for name, frame in frames.items():
            with replacing(folder / f"{name}.csv") as temporary:
                frame.to_csv(temporary, index=False, encoding="utf-8-sig", date_format="%Y-%m-%d")
    write_json(folder / "origin.json", origin)
    return {name: len(frame) for name, frame in frames.items()}


def check_place(out: Path) -> None:
    """Raises UsageError where `out` exists, or is neither a folder nor a workbook by its name."""
    if out.suffix.casefold() not in ("", ".xlsx"):
        raise UsageError("interop.not_a_place", path=out)
    if os.path.lexists(out):
        raise UsageError("interop.out_exists", path=out)


def _cells(tables: Tables, name: str) -> pd.DataFrame:
    """The table with whole numbers as such and text that no spreadsheet runs."""
    frame = tables[name].copy()
    for column in TABLES[name].columns:
        if column.kind == "integer":
            frame[column.name] = frame[column.name].astype("Int64")
        elif column.kind in ("id", "text", "list"):
            frame[column.name] = frame[column.name].map(harmless)
    return frame


def _write_book(out: Path, frames: dict[str, pd.DataFrame]) -> None:
    if max(map(len, frames.values()), default=0) > EXCEL_ROWS:
        raise DataError("workspace.too_many_rows", rows=EXCEL_ROWS)
    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    with (
        replacing(out) as temporary,
        pd.ExcelWriter(temporary, "xlsxwriter", datetime_format="yyyy-mm-dd", engine_kwargs=options) as book,
    ):
        for name, frame in frames.items():
            frame.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
