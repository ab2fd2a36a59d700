"""`recommender recommend`: JSON alone, or a table with five reasons a course."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd


def test_recommend_json_is_json_alone(run, city) -> None:
    teacher = str(city.workspace.tables["teachers"]["teacher_id"].iloc[0])
    code, out, _ = run("recommend", "--teacher", teacher, "--top", "3", "--json")
    content = json.loads(out)
    assert code == 0 and content["unit_id"] == teacher and len(content["recommendations"]) <= 3
    assert [place["rank"] for place in content["recommendations"]] == [1, 2, 3][: len(content["recommendations"])]


def test_recommend_for_people_tells_five_reasons(run, city) -> None:
    school = str(city.workspace.tables["teachers"]["school_id"].iloc[0])
    code, out, _ = run("recommend", "--school", school, "--top", "1")
    assert code == 0 and school in out and "not measured" in out


def test_recommend_all_json(run, city, tmp_path: Path) -> None:
    code, out, _err = run("recommend", "--all", "--top", "2", "--json", "--out", str(tmp_path / "l.csv"))
    content = json.loads(out)
    assert code == 0 and content["made_up"] is True and Path(content["recommendations"]).exists()
    assert content["rows"] == len(pd.read_csv(tmp_path / "l.csv"))
