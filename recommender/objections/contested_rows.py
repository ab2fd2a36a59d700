"""The row that an objection is about: its key, its content, and what of it those who answer may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from features.personal_rows import naming_columns
from features.row_identity import Cell, key_of
from features.schema import TABLES
from recommender.personal_data import PersonalTable

Row = Mapping[str, Cell]
OPEN_NUMBERS: Final = frozenset({
    ("teachers", "weekly_lessons"), ("classes", "share"), ("classes", "students"), ("enrolments", "hours"),
})  # fmt: skip
"""Numbers that schools and districts know anyway. All others may be results of a person and are left out."""


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
