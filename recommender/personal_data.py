"""All that is recorded of one teacher: rows of the tables, estimates, seats in plans, and records; with sources and dates."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from features.errors import RecommenderError
from features.messages import BilingualText, message
from features.personal_rows import personal_rows
from features.row_identity import Cell, as_cells
from features.schema import TABLES
from features.tables import Tables
from recommender.plans.run_plan import PLANS
from recommender.text.catalogues import in_both
from recommender.workspace.import_history import history

Kind = Literal["tables", "estimates", "plans", "records"]


@dataclass(frozen=True)
class ImportSource:
    """One import that changed a table: its number, when, and the names of its files."""

    number: int
    at: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class PersonalTable:
    """Rows about her. columns: name and label. sources: the imports that changed the table; as_of: of estimates."""

    name: str
    kind: Kind
    label: BilingualText
    columns: tuple[tuple[str, BilingualText], ...]
    rows: tuple[Mapping[str, Cell], ...]
    sources: tuple[ImportSource, ...] = ()
    as_of: date | None = None


def imported_tables(root: Path, tables: Tables, teacher_id: str) -> list[PersonalTable]:
    """Her rows of the tables, with the imports that each table comes from."""
    sources = _sources(root)
    return [
        PersonalTable(
            name, "tables", TABLES[name].label, tuple((c.name, c.label) for c in TABLES[name].columns),
            _rows(frame), sources.get(name, ()),
        )
        for name, frame in personal_rows(tables, teacher_id).items()
    ]  # fmt: skip


def estimated_table(report: pd.DataFrame, teacher_id: str, as_of: date) -> PersonalTable:
    """Her rows of `needs`."""
    rows = report[(report["unit_kind"] == "teacher") & (report["unit_id"] == teacher_id)]
    return _plain("needs", "estimates", _rows(rows.reset_index(drop=True)), as_of)


def planned_table(root: Path, teacher_id: str) -> PersonalTable:
    """Seats that plans assign to her, adopted or not."""
    rows: list[dict[str, Cell]] = []
    for path in sorted((root / PLANS).glob("P*/assignments.csv")):
        with open(path, encoding="utf-8-sig", newline="") as lines:
            rows += [{"plan_id": path.parent.name, **row} for row in csv.DictReader(lines) if row["teacher_id"] == teacher_id]
    return _plain("assignments", "plans", tuple(rows))


def plans_with(tables: Iterable[PersonalTable]) -> frozenset[str]:
    """The plans in which she has a seat: whoever reads the names of one reads of her."""
    return frozenset(str(row["plan_id"]) for table in tables if table.kind == "plans" for row in table.rows)


def recorded_tables(records: Mapping[str, list[dict[str, Any]]]) -> list[PersonalTable]:
    """Rows of the records."""
    return [_plain(name, "records", tuple(as_cells(row) for row in rows)) for name, rows in records.items()]


def _plain(name: str, kind: Kind, rows: tuple[Mapping[str, Cell], ...], as_of: date | None = None) -> PersonalTable:
    columns = tuple((column, BilingualText(column, column)) for column in (rows[0] if rows else ()))
    return PersonalTable(name, kind, in_both(message(f"records.table_{name}")), columns, rows, as_of=as_of)


def _sources(root: Path) -> dict[str, tuple[ImportSource, ...]]:
    """Table -> imports that changed it; none where the history cannot be read."""
    try:
        entries = history(root)
    except RecommenderError:
        return {}
    result: dict[str, tuple[ImportSource, ...]] = {}
    for entry in entries:
        files = tuple(str(file["name"]) for file in entry["files"])
        for name, change in entry["tables"].items():
            if change["new"] or change["changed"] or change["gone"]:
                result[name] = (*result.get(name, ()), ImportSource(int(entry["n"]), str(entry["at"]), files))
    return result


def _rows(frame: pd.DataFrame) -> tuple[Mapping[str, Cell], ...]:
    return tuple(as_cells(row) for row in frame.to_dict("records"))
