"""New rules before they count: who gains, who loses; nothing is imported."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from features.errors import DataError, UsageError
from recommender.hours.rule_preview import change_totals, rule_changes, tables_with_rules
from recommender.workspace.workspace import Workspace

AS_OF = date(2026, 12, 31)
HEADER = "jurisdiction,category,cycle_start,cycle_years,min_hours,max_hours\n"


def _changes(workspace: Workspace, folder: Path, text: str, replace: bool = False):
    (folder / "new.csv").write_text(text, "utf-8")
    return rule_changes(workspace.tables, tables_with_rules(workspace, workspace.tables, folder / "new.csv", replace), AS_OF)


def test_who_gains_and_who_loses(copy: Workspace, tmp_path: Path) -> None:
    city = copy.tables["organizations"].query("kind == 'city'")["org_id"].iloc[0]
    fingerprint = copy.fingerprint
    changes = _changes(copy, tmp_path, f"{HEADER}{city},public,2026-01-01,1,20,\n{city},elective,2026-01-01,1,25,36\n")
    assert set(changes["category"]) == {"public", "elective"} and (changes["required_after"].isin([20.0, 25.0])).all()
    totals = change_totals(changes).set_index("category")
    assert totals.loc["public", "lose"] == totals.loc["elective", "gain"] == 0 < totals.loc["public", "gain"]
    public = changes[changes["category"] == "public"]
    assert totals.loc["public", "less"] == pytest.approx((public["short_before"] - public["short_after"]).sum())
    assert Workspace(copy.root).fingerprint == fingerprint


def test_in_place_of_all(copy: Workspace, tmp_path: Path) -> None:
    city = copy.tables["organizations"].query("kind == 'city'")["org_id"].iloc[0]
    changes = _changes(copy, tmp_path, f"{HEADER}{city},public,2026-01-01,1,30,\n", replace=True)
    assert "any" in set(changes["category"]) and (changes.loc[changes["category"] == "any", "required_after"] == 0).all()


def test_what_is_no_file_of_rules(copy: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        _changes(copy, tmp_path, "teacher_id,name\nT1,x\n")
    with pytest.raises(DataError):
        _changes(copy, tmp_path, f"{HEADER}nowhere,public,2026-01-01,1,20,\n")
