"""A plan's folder: complete or not there, marked where it is simulated, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd
from pydantic import ValidationError

from features import documents
from features.errors import ReadError, UsageError
from features.messages import LANGS
from recommender.plans.plan_record import (
    COLUMNS,
    WITH_NAMES,
    LotterySeat,
    PlanRecord,
    PlanSummary,
    PlanTables,
    SchoolSeats,
)
from recommender.plans.plan_tables import frames
from recommender.plans.workbook.workbook import write_workbook
from recommender.workspace.atomic import filling
from recommender.workspace.exports import harmless

RECORD: Final = "plan.json"
MAX_RECORD: Final = 1_000_000_000  # bytes
SPARE: Final = 1_000_000  # bytes by which a file may have grown since it was looked at
SUMMARY: Final = "summary.json"
ORIGIN: Final = "origin.json"
WORKBOOK: Final = "workbook.xlsx"
WITHOUT_NAMES: Final = "workbook-without-names.xlsx"
LOTTERY: Final = "lottery.csv"
KNOWN: Final = frozenset({RECORD, SUMMARY, ORIGIN, WORKBOOK, WITHOUT_NAMES, *(f"{name}.csv" for name in COLUMNS)})
NUMBERS: Final = ("expected_gain", "weaker_gain_each", "other_gain_each", "open_share", "requested", "enough")  # may be empty
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
        write_workbook(temporary / WORKBOOK, record)
        write_workbook(temporary / WITHOUT_NAMES, record, names=False)
        digests = {file.name: _digest(file) for file in sorted(temporary.iterdir())}
        _write_json(temporary / ORIGIN, {**origin, "files": digests})


def check_files(folder: Path) -> Mapping[str, str]:
    """Name -> SHA-256 of the files of a finished plan; other files in its folder are passed over.

    Raises ReadError where one is gone or is not as it was written. Plans of earlier versions have no digests: of them only
    the summary has to be there."""
    try:
        entries = [(file.name, (status := file.stat()).st_mtime_ns, status.st_size) for file in os.scandir(folder)]
    except OSError as error:
        raise ReadError("plans.unreadable", path=str(folder)) from error
    return _check_digests(folder, tuple(sorted(entry for entry in entries if entry[0] in KNOWN)))


@lru_cache(maxsize=2048)
def _check_digests(folder: Path, entries: tuple[tuple[str, int, int], ...]) -> Mapping[str, str]:
    """entries: name, time and size of the files; the same ones are read once."""
    recorded = (read_json(folder / ORIGIN) or {}).get("files", {})
    digests = {name: _digest(folder / name) for name, _, _ in entries}
    for name in {SUMMARY, *recorded} if isinstance(recorded, dict) else {""}:
        if name not in digests or digests[name] != recorded.get(name, digests[name]):
            raise ReadError("plans.unreadable", path=str(folder / name))
    return digests


def _digest(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ReadError("plans.unreadable", path=str(path)) from error


def read_summary(folder: Path) -> PlanSummary | None:
    """None where there is no finished plan. Raises ReadError for a damaged one."""
    content = read_json(folder / SUMMARY)
    if content is None:
        return None
    summary = _validated(PlanSummary, content, folder)
    if not all(set(LANGS) <= set(sentence) for sentence in summary.sentences):
        raise ReadError("plans.unreadable", path=str(folder / SUMMARY))
    return summary


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


def read_seats(folder: Path) -> tuple[SchoolSeats, ...]:
    """The seats of each school by course, without the rest of the plan. Raises ReadError for a damaged plan."""
    return _validated(PlanTables, {"seats": _read_csv(folder / "seats.csv")}, folder).seats


def read_lottery(folder: Path) -> tuple[LotterySeat, ...]:
    """Who took part in the drawings of a plan; empty without any. Raises ReadError for a damaged plan."""
    return _validated(PlanTables, {"lottery": _read_csv(folder / LOTTERY)}, folder).lottery


def read_json(path: Path) -> dict[str, Any] | None:
    """None where there is no such file. Raises ReadError for one that holds no object."""
    try:
        most = min(MAX_RECORD, 2 * os.stat(path).st_size + SPARE)  # as much memory is taken before it is read
    except OSError:
        most = SPARE
    try:
        return documents.read_json(path, most)
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
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, restkey=""))
    except (OSError, ValueError, csv.Error) as error:
        raise ReadError("plans.unreadable", path=str(path)) from error
    return [{key: cell or (None if key in NUMBERS else "") for key, cell in row.items()} for row in rows]


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
