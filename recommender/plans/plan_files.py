"""A plan's folder: seen whole or not at all, marked where it is made up, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from features.errors import UsageError
from recommender.planning.plan_report import PlanReport
from recommender.plans.plan_tables import frames, summary
from recommender.plans.plan_workbook import write_workbook
from recommender.workspace.atomic import filling
from recommender.workspace.exports import harmless

SUMMARY: Final = "summary.json"
WORKBOOK: Final = "workbook.xlsx"


def write_plan(folder: Path, report: PlanReport, origin: Mapping[str, Any]) -> None:
    """Fill `folder`; an earlier plan of ours there is replaced. Raises WrongUse where it holds other files."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / SUMMARY).exists():
            raise UsageError(f"{folder} holds other files: give --out a new or empty directory")
        shutil.rmtree(folder)
    tables, told = frames(report), summary(report)
    with filling(folder) as fresh:
        for name, frame in tables.items():
            _csv(fresh / f"{name}.csv", frame)
        _json(fresh / SUMMARY, told)
        _json(fresh / "origin.json", origin)
        write_workbook(fresh / WORKBOOK, report, tables)


def _csv(path: Path, frame: pd.DataFrame) -> None:
    """UTF-8 with a mark, so that spreadsheets read Chinese; empty cells for what is not known."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(frame.columns)
        for row in frame.itertuples(index=False):
            rows.writerow(["" if _empty(cell) else harmless(cell) for cell in row])


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and cell != cell)


def _json(path: Path, content: Any) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, default=str, allow_nan=False)
    path.write_text(text + "\n", "utf-8")
