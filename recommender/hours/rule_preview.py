"""A change of the rules before it is applied: who would gain, who would lose, and by how much."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pandas as pd

from features.errors import DataError, UsageError
from features.ledger.hours_ledger import hours_ledger
from features.sources.read.isolated.file_reader import check_regular, read_sheet
from features.sources.read_tables import read_tables
from features.tables import Tables
from recommender.text.issue_rows import issue_sentence
from recommender.workspace.importing import stored_frames
from recommender.workspace.workspace import Workspace

COLUMNS: Final = (
    "teacher_id", "school_id", "category", "required_before", "required_after", "counted_before", "counted_after", "short_before",
    "short_after", "change",
)  # fmt: skip
LEAST: Final = 1e-6  # hours


def tables_with_rules(workspace: Workspace, tables: Tables, path: Path, replace: bool) -> Tables:
    """The tables with the rules of a file: rows that are new or changed, or in place of all with `replace`.

    The file is hour_rules or credit_rules, which its columns tell. Raises FileReadError, UsageError for another table and
    DataError, which names the first problem.
    """
    check_regular(path)
    name = _table_of(path)
    with TemporaryDirectory() as folder:
        copied = Path(folder) / f"{name}{''.join(path.suffixes)}"
        shutil.copyfile(path, copied)
        result = read_tables([copied], None, stored_frames(workspace.root), add=not replace)
    problems = [issue for issue in result.issues if issue.severity == "problem"]
    if problems:
        raise DataError("hours.preview_problem", n=len(problems), first=issue_sentence(problems[0]))
    return Tables({**tables.frames, name: result.tables[name]}, tables.made_up)


def rule_changes(before: Tables, after: Tables, as_of: date) -> pd.DataFrame:
    """A row a teacher and category whose requirement, counted hours or missing hours change; see `COLUMNS`.

    change: hours missing after less before; below 0 she gains. A rule that is there on one side alone counts as 0 on the other.
    """
    names = ["teacher_id", "school_id", "category", "required", "counted", "short"]
    old, new = (hours_ledger(tables, as_of).standing[names] for tables in (before, after))
    both = old.merge(new, on=names[:3], how="outer", suffixes=("_before", "_after"), sort=True)
    numbers = [name for name in both.columns if name not in names[:3]]
    both[numbers] = both[numbers].fillna(0.0)
    both["change"] = both["short_after"] - both["short_before"]
    differs = np.any([(both[f"{n}_after"] - both[f"{n}_before"]).abs() > LEAST for n in names[3:]], axis=0)
    return both[differs].reset_index(drop=True)[list(COLUMNS)]


def change_totals(changes: pd.DataFrame) -> pd.DataFrame:
    """A row a category: people who gain and lose, hours missing less and more, people whose hours alone change."""
    gain, lose = changes["change"] < -LEAST, changes["change"] > LEAST
    marked = changes.assign(
        gain=gain.astype(int), lose=lose.astype(int), same=(~gain & ~lose).astype(int),
        less=-changes["change"].where(gain, 0.0), more=changes["change"].where(lose, 0.0),
    )  # fmt: skip
    return marked.groupby("category", as_index=False, sort=True)[["gain", "less", "lose", "more", "same"]].sum()


def _table_of(path: Path) -> str:
    from features.schema import TABLES

    sheet = read_sheet(path)
    headers = {column.name for column in map(TABLES["credit_rules"].column_for, sheet.header) if column is not None}
    if "hours_per_credit" in headers:
        return "credit_rules"
    headers = {column.name for column in map(TABLES["hour_rules"].column_for, sheet.header) if column is not None}
    if {"cycle_start", "min_hours"} <= headers:
        return "hour_rules"
    raise UsageError("hours.preview_no_rules", path=path)
