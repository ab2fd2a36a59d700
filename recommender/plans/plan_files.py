"""A plan's folder: complete or not there, marked where it is simulated, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd
from pydantic import ValidationError

from features import documents
from features.errors import ReadError, UsageError
from recommender.plans.plan_record import COLUMNS, WITH_NAMES, PlanRecord, PlanSummary, PlanTables
from recommender.plans.plan_tables import frames
from recommender.plans.workbook.workbook import write_workbook
from recommender.workspace.atomic import filling
from recommender.workspace.exports import harmless

RECORD: Final = "plan.json"
MAX_RECORD: Final = 1_000_000_000  # bytes
SUMMARY: Final = "summary.json"
WORKBOOK: Final = "workbook.xlsx"
NUMBERS: Final = ("expected_gain", "weaker_gain_each", "other_gain_each", "open_share", "asked", "enough")  # may be empty
Model = TypeVar("Model", PlanSummary, PlanTables)


def write_plan(folder: Path, record: PlanRecord, origin: Mapping[str, Any]) -> None:
    """Fill `folder`; an earlier plan there is replaced. Raises UsageError where it holds other files."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / SUMMARY).exists():
            raise UsageError("plans.folder_in_use", folder=str(folder))
        shutil.rmtree(folder)
    tables = frames(record)
    with filling(folder) as temporary:
        (temporary / RECORD).write_text(record.model_dump_json(indent=1) + "\n", "utf-8")
        for name, frame in tables.items():
            _write_csv(temporary / f"{name}.csv", frame)
        _write_json(temporary / SUMMARY, record.summary.content())
        _write_json(temporary / "origin.json", origin)
        write_workbook(temporary / WORKBOOK, record)


def read_summary(folder: Path) -> PlanSummary | None:
    """None where there is no finished plan. Raises ReadError for a damaged one."""
    content = read_json(folder / SUMMARY)
    return None if content is None else _validated(PlanSummary, content, folder)


def read_tables(folder: Path) -> PlanTables:
    """Tables without the names of people. Plans without `plan.json`, of earlier versions, are read from CSV files.

    Raises ReadError for a damaged plan.
    """
    record = read_json(folder / RECORD)
    if record is None:
        rows = {name: _read_csv(folder / f"{name}.csv") for name in COLUMNS if name not in WITH_NAMES}
    else:
        if not isinstance(tables := record.get("tables", {}), dict):
            raise ReadError("plans.unreadable", path=str(folder / RECORD))
        rows = {name: rows for name, rows in tables.items() if name not in WITH_NAMES}
    return _validated(PlanTables, rows, folder)


def read_json(path: Path) -> dict[str, Any] | None:
    """None where there is no such file. Raises ReadError for one that holds no object."""
    try:
        return documents.read_json(path, MAX_RECORD)
    except documents.MissingDocumentError:
        return None
    except documents.DocumentError as error:
        raise ReadError("plans.unreadable", path=str(path)) from error


def _validated(model: type[Model], content: Any, folder: Path) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ReadError("plans.unreadable", path=str(folder)) from error


def _read_csv(path: Path) -> list[dict[str, str | None]]:
    if not path.exists():
        return []
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [{key: cell or (None if key in NUMBERS else "") for key, cell in row.items()} for row in csv.DictReader(file)]


def _write_csv(path: Path, frame: pd.DataFrame) -> None:
    """UTF-8 with a byte order mark, so that spreadsheets read Chinese; empty cells for unknown values."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(frame.columns)
        for row in frame.itertuples(index=False):
            rows.writerow(["" if _empty(cell) else harmless(cell) for cell in row])


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and cell != cell)


def _write_json(path: Path, content: Any) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, default=str, allow_nan=False)
    path.write_text(text + "\n", "utf-8")
