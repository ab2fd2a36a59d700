"""The simulated city: the same bytes for the same seed, the schema's columns, and marks of what it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import UsageError
from features.schema import TABLES
from features.simulate import SCENARIOS, simulate
from features.simulate.truth import Truth


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One city of 200 for every scenario."""
    root = tmp_path_factory.mktemp("cities")
    for name in SCENARIOS:
        simulate(root / name, teachers=200, seed=3, scenario=name)
    return root


NOT_SIMULATED = {"hour_entries", "credit_rules"}


def _table(city: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(city / "tables" / f"{name}.csv", dtype=str)


def _bytes(city: Path) -> dict[str, str]:
    files = sorted(p for p in city.rglob("*") if p.is_file())
    return {str(p.relative_to(city)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(cities: Path, tmp_path: Path) -> None:
    again = simulate(tmp_path / "again", teachers=200, seed=3)
    other = simulate(tmp_path / "other", teachers=200, seed=4)
    assert _bytes(again) == _bytes(cities / "plain")
    assert _bytes(other)["tables/teachers.csv"] != _bytes(again)["tables/teachers.csv"]


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != "dirty"])
def test_every_table_keeps_the_schema(cities: Path, scenario: str) -> None:
    assert {path.stem for path in (cities / scenario / "tables").glob("*.csv")} == set(TABLES) - NOT_SIMULATED
    for name, schema in TABLES.items():
        if name in NOT_SIMULATED:
            continue
        frame = _table(cities / scenario, name)
        assert list(frame.columns) == [c.name for c in schema.columns]
        if schema.key:
            assert not frame.duplicated(list(schema.key)).any(), name
        for column in schema.columns:
            cells = frame[column.name].dropna()
            if column.required:
                assert len(cells) == len(frame), (name, column.name)
            if column.choices:
                assert set(cells.str.split(";").explode()) <= set(column.choices), (name, column.name)
            if column.kind in {"number", "integer"} and len(cells):
                values = pd.to_numeric(cells)
                assert column.low is None or values.min() >= column.low + (1e-12 if column.above else 0.0)
                assert column.high is None or values.max() <= column.high
            if column.kind == "date" and len(cells):
                pd.to_datetime(cells, format="%Y-%m-%d")


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_everything_says_that_it_is_made_up(cities: Path, scenario: str) -> None:
    city = cities / scenario
    for folder in ("tables", "truth"):
        origin = json.loads((city / folder / "origin.json").read_text("utf-8"))
        assert origin["made_up"] is True and origin["scenario"] == scenario and origin["seed"] == 3
        assert "模拟数据,非真实" in origin["zh"] and "Made up" in origin["en"]
    assert _table(city, "organizations")["name"].str.contains("模拟").all()
    assert _table(city, "teachers")["name"].str.contains("模拟").all()
    assert _table(city, "courses")["title"].str.contains("模拟").all()


def test_the_ids_in_every_table_are_known(cities: Path) -> None:
    city = cities / "plain"
    people = set(_table(city, "teachers")["teacher_id"])
    courses = set(_table(city, "courses")["course_id"])
    leaves = set(_table(city, "competencies")["competency_id"])
    tests, units = _table(city, "assessments"), _table(city, "organizations")["org_id"]
    for name in ("classes", "observations", "surveys", "enrolments"):
        assert set(_table(city, name)["teacher_id"]) <= people
    for name in ("targets", "indicators", "course_goals"):
        assert set(_table(city, name)["competency_id"]) <= leaves
    assert set(_table(city, "enrolments")["course_id"]) <= courses
    assert set(_table(city, "courses")["provider_id"]) <= set(units)
    results = _table(city, "results")
    assert set(results["assessment_id"]) <= set(tests["assessment_id"])
    assert set(results.loc[results["unit_kind"] != "class", "unit_id"]) <= set(units)
    class_ids = set(_table(city, "classes")["class_id"])
    tested = set(results.loc[results["unit_kind"] == "class", "unit_id"])
    assert len(tested & class_ids) > 0.3 * len(tested)


def test_scenarios_leave_out_what_they_say(cities: Path) -> None:
    assert len(_table(cities / "no_observation", "observations")) == 0
    assert len(_table(cities / "cold", "enrolments")) == 0
    for name in ("assessments", "results", "observations", "surveys"):
        assert len(_table(cities / "no_evidence", name)) == 0
    assert len(_table(cities / "no_evidence", "enrolments")) > 200
    for name in ("observations", "surveys", "classes"):
        assert len(_table(cities / "sparse", name)) < 0.65 * len(_table(cities / "plain", name))


def test_a_dirty_city_has_faults_of_every_kind(cities: Path) -> None:
    clean, dirty = cities / "plain", cities / "dirty"
    people = _table(dirty, "teachers")
    assert people["teacher_id"].duplicated().any()
    assert (people["school_id"] == "4403999999").any()
    assert not people["start_date"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    short = ~_table(dirty, "enrolments")["teacher_id"].isin(people["teacher_id"])
    assert 0.005 < short.mean() < 0.05
    wrong = _table(dirty, "classes")["teacher_id"] != _table(clean, "classes")["teacher_id"]
    assert 0.005 < wrong.mean() < 0.04
    assert set(_table(dirty, "classes")["subject"]) & {"思品", "信息技术", "体育"}
    assert (_table(dirty, "surveys")["mean"] == "缺考").any()


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    for wrong in ({"scenario": "sunny"}, {"teachers": 10}, {"seed": -1}):
        with pytest.raises(UsageError):
            simulate(tmp_path / "none", **wrong)  # type: ignore[arg-type]
    assert not (tmp_path / "none").exists()


def test_the_register_and_the_truth_speak_of_the_same_people(cities: Path) -> None:
    truth = Truth.read(cities / "plain")
    assert list(truth.teachers["teacher_id"]) == list(_table(cities / "plain", "teachers")["teacher_id"])
    assert len(truth.teachers) == 200
    counts = truth.abilities.groupby("teacher_id").size()
    assert counts.between(8, 12).all() and np.isfinite(truth.abilities["value"]).all()
