"""`recommender hours`: who is short on the screen, in JSON and in a file, with an audit line for each person who is named."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from recommender.records.audit_lines import audit_lines
from recommender.records.record_store import RecordStore
from recommender.workspace.workspace import Workspace

DAY = ("--as-of", "2026-06-30")


def _lines(workspace: Workspace, city) -> list[str]:
    store = RecordStore.of(workspace.root, city.settings).open()
    try:
        return [line.unit_id for line in audit_lines(store) if line.purpose == "hours"]
    finally:
        store.close()


def test_totals_on_the_screen_name_nobody(run, copy: Workspace, city) -> None:
    code, out, _ = run("hours", *DAY, workspace=copy.root)
    assert code == 0 and "有学时规定" in out and "short in a category or more" in out
    assert not [t for t in copy.tables["teachers"]["teacher_id"] if str(t) in out] and _lines(copy, city) == []


def test_json_of_one_school_adds_up(run, copy: Workspace, city) -> None:
    school = str(copy.tables["teachers"]["school_id"].value_counts().index[0])
    own = set(copy.tables["teachers"].query("school_id == @school")["teacher_id"])
    code, out, _ = run("hours", *DAY, "--org", school, "--short", "--json", workspace=copy.root)
    content = json.loads(out)
    people = pd.DataFrame(content["teachers"])
    assert code == 0 and content["people"] == len(own) and set(people["teacher_id"]) <= own and (people["short"] > 0).all()
    of_school = pd.DataFrame(content["totals"]).query("org_kind == 'school'")
    assert set(of_school["org_id"]) == {school} and of_school["short"].sum() == pytest.approx(people["short"].sum())
    assert sorted(_lines(copy, city)) == sorted(set(people["teacher_id"]))


def test_a_file_holds_everybody_or_those_who_are_short(run, copy: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "o" / "hours.csv"
    assert run("hours", *DAY, "--out", str(file), workspace=copy.root)[0] == 0
    every = pd.read_csv(file, dtype={"teacher_id": str})
    assert run("hours", *DAY, "--short", "--out", str(file), workspace=copy.root)[0] == 0
    short = pd.read_csv(file, dtype={"teacher_id": str})
    assert set(every["teacher_id"]) == set(copy.tables["teachers"]["teacher_id"])
    assert len(short) == (every["short"] > 0).sum() and json.loads((file.parent / "origin.json").read_text("utf-8"))["made_up"]


@pytest.mark.parametrize("words", [("--org", "nowhere"), ("--out", "x.txt"), ("--as-of", "yesterday")])
def test_wrong_use_exits_2(run, words: tuple[str, ...], one_line) -> None:
    code, out, err = run("hours", *words)
    assert code == 2 and out == "" and one_line(err)
