"""The row that an objection is about: its key, its content, and what of it those who answer may see."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from features.personal_rows import naming_columns
from features.schema import TABLES
from recommender.personal_data import Cell, PersonalTable

Row = Mapping[str, Cell]
OPEN_NUMBERS: Final = frozenset({
    ("teachers", "weekly_lessons"), ("classes", "share"), ("classes", "students"), ("enrolments", "hours"),
})  # fmt: skip
"""Numbers that schools and districts know anyway. All others may be results of a person and are left out."""


def key_columns(table: str) -> tuple[str, ...]:
    """The columns that tell one row of a table from the others; all of a table without such columns."""
    return TABLES[table].identity or tuple(column.name for column in TABLES[table].columns)


def key_of(table: str, row: Row) -> dict[str, str]:
    """The key of a row, its cells as text; empty cells are left out."""
    return {name: _text(row[name]) for name in key_columns(table) if row.get(name) is not None}


def row_digest(row: Row) -> str:
    """SHA-256 of all cells that are not empty: a corrected row is another one, a column that is added later changes nothing."""
    cells = {name: _text(cell) for name, cell in row.items() if cell is not None}
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def find_row(tables: Sequence[PersonalTable], table: str, key: Mapping[str, str]) -> Row | None:
    """The row with this key among a person's imported tables; None where none of hers has it."""
    rows = next((t.rows for t in tables if t.kind == "tables" and t.name == table), ())
    return next((row for row in rows if key_of(table, row) == dict(key)), None)


def named_in(table: str, row: Row) -> frozenset[str]:
    """The people whose ids stand in a row."""
    return frozenset(str(row[name]) for name in naming_columns(TABLES[table]) if row.get(name) is not None)


def desk_cells(table: str, row: Row) -> dict[str, Cell]:
    """What those who answer see: who, what, when, but no measured number."""
    kinds = {column.name: column.kind for column in TABLES[table].columns}
    return {
        name: cell
        for name, cell in row.items()
        if cell is not None and (kinds.get(name) not in ("number", "integer") or (table, name) in OPEN_NUMBERS)
    }


def _text(cell: Cell) -> str:
    return json.dumps(cell) if isinstance(cell, (bool, int, float)) else str(cell)
