"""One row of a table as plain cells: its key, and a digest of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from features.schema import TABLES

Cell = str | float | int | bool | None


def as_cells(row: Mapping[Any, Any]) -> dict[str, Cell]:
    """A row as it is shown: days as YYYY-MM-DD, moments as ISO 8601, empty cells as None."""
    return {str(name): _cell(value) for name, value in row.items()}


def key_columns(table: str) -> tuple[str, ...]:
    """The columns that tell one row of a table from the others; all of a table without such columns."""
    return TABLES[table].identity or tuple(column.name for column in TABLES[table].columns)


def key_of(table: str, row: Mapping[str, Cell]) -> dict[str, str]:
    """The key of a row, its cells as text; empty cells are left out."""
    return {name: cell_text(row[name]) for name in key_columns(table) if row.get(name) is not None}


def row_digest(row: Mapping[str, Cell]) -> str:
    """SHA-256 of all cells that are not empty: a corrected row is another one, a column that is added later changes nothing."""
    cells = {name: cell_text(cell) for name, cell in row.items() if cell is not None}
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def cell_text(cell: Cell) -> str:
    """A cell in a key: 2.5, true, the text itself."""
    return json.dumps(cell) if isinstance(cell, (bool, int, float)) else str(cell)


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return None
    if isinstance(value, datetime):  # a Timestamp is one, too
        return value.date().isoformat() if value.tzinfo is None else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    return int(value) if float(value).is_integer() else float(value)
