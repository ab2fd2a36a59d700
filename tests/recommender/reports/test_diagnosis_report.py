"""The report on a diagnosis: page and JSON have the same content, name nobody, and name each fault."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.errors import UsageError
from features.needs import diagnose
from features.needs.checks import CheckResults, check
from features.tables import Tables
from recommender.cli.main import run
from recommender.diagnosis import run_diagnose, run_diagnosis_report
from recommender.reports.diagnosis_report import diagnosis_content, diagnosis_page

ORIGIN = {"made_up": True, "notice": "模拟数据 / made up", "tables": "0123456789abcdef"}
EVIDENCE = (
    "observations",
    "surveys",
    "results",
    "assessments",
    "assessment_dimensions",
    "result_covariances",
)
DAY = date(2026, 9, 1)


@pytest.fixture(scope="module")
def written(city, tmp_path_factory) -> tuple[str, dict[str, Any]]:
    page, twin = run_diagnosis_report(city.workspace, path=tmp_path_factory.mktemp("report"))
    assert (page.name, twin.name) == ("diagnosis.html", "diagnosis.json")
    assert json.loads((page.parent / "origin.json").read_text("utf-8"))["made_up"] is True
    return page.read_text("utf-8"), json.loads(twin.read_text("utf-8"))


@pytest.fixture(scope="module")
def results(city) -> CheckResults:
    tables, day = city.workspace.tables, city.workspace.tables.latest_evidence()
    return check(tables, day, diagnose(tables, day))


def _content(results: CheckResults, tables: Tables, origin: dict[str, Any] = ORIGIN) -> dict[str, Any]:
    return diagnosis_content(results, tables["competencies"], origin, "code", DAY)


def _text(page: str) -> str:
    return re.sub(r"\s+", " ", page.replace("&#39;", "'").replace("&amp;", "&"))


@pytest.mark.slow
def test_the_twin_holds_what_was_checked(written, results):
    _, twin = written
    assert {
        "components",
        "reliability",
        "forecasts",
        "neutrality",
        "second",
        "reach",
        "age",
        "instruments",
    } < set(twin)
    assert twin["teachers"] == 200 and twin["as_of"] == results.as_of.isoformat()
    for row, (_, component) in zip(twin["components"], results.components.iterrows(), strict=True):
        assert (row["name"], row["source"], row["from"]) == (
            component["name"],
            component["source"],
            component["from"],
        )
        assert row["value"] == pytest.approx(component["value"], abs=0.0006)
        assert row["se"] == (
            pytest.approx(component["se"], abs=0.0006) if component["se"] == component["se"] else None
        )
    whole = results.reliability[results.reliability["competency_id"] == "all"].set_index("source")
    for row in twin["reliability"]["by_source"]:
        assert row["drop"] == pytest.approx(whole.loc[row["source"], "drop"], abs=0.0006)
    assert [row["specification"] for row in twin["second"]][-1] == "all_together"


def test_every_warning_stands_on_the_page_in_both_languages(written):
    page, twin = written
    text = _text(page)
    assert twin["verdict"] and twin["headline"]["zh"] in text and twin["headline"]["en"] in text
    for finding in twin["verdict"]:
        for key in ("zh", "en", "todo_zh", "todo_en"):
            assert _text(finding[key]) in text, finding["code"]


def test_the_page_is_made_from_its_twin_alone(written):
    page, twin = written
    assert diagnosis_page(twin) == page


def test_the_page_asks_for_nothing_and_runs_nothing(written):
    page, _ = written
    assert not re.search(r"https?:|<script|<link|<img|<iframe|@import|url\(|\son\w+=", page)


def test_nobody_and_no_school_is_named(written, city):
    page, twin = written
    tables, both = city.workspace.tables, page + json.dumps(twin, ensure_ascii=False)
    schools = tables["organizations"].query("kind == 'school'")
    for names in (tables["teachers"]["teacher_id"], schools["org_id"], schools["name"].dropna()):
        assert not [n for n in names.astype(str) if n in both]
    raters = tables["observations"]["rater_id"].dropna().unique()
    assert not [n for n in raters if re.search(rf"\b{re.escape(str(n))}\b", both)]


def _people(value: Any) -> list[int]:
    if isinstance(value, dict):
        mine = [v for key, v in value.items() if key in ("people", "observed", "seen_twice", "raters")]
        return [n for n in mine if n is not None] + [n for v in value.values() for n in _people(v)]
    return [n for v in value for n in _people(v)] if isinstance(value, list) else []


def test_no_number_is_about_fewer_than_ten(written):
    _, twin = written
    counts = _people(twin)
    assert counts and not [n for n in counts if 0 < n < 10]


@pytest.mark.parametrize(
    ("observed", "twice", "raters"), [(8, 8, 3), (200, 195, 12), (200, 4, 12), (200, 0, 4)]
)
def test_small_counts_of_raters_and_of_those_they_saw_are_hidden(results, city, observed, twice, raters):
    gaps = replace(results.gaps, observed=observed, doubly_rated=twice, raters=raters, linked=1 / 3)
    content = _content(replace(results, gaps=gaps), city.workspace.tables)
    counts = content["leftovers"]
    assert counts["observed"] == (None if observed < 10 else observed)
    assert counts["seen_twice"] == (0 if twice == 0 else None)
    assert counts["raters"] == (None if raters < 10 else raters)
    assert (counts["linked"] is None) == (raters < 10)
    assert raters >= 10 or "33%" not in json.dumps(content["verdict"])
    assert "None" not in diagnosis_page(content)


def test_real_data_is_not_marked_and_simulated_is(results, city):
    tables = city.workspace.tables
    assert "模拟数据，非真实" in diagnosis_page(_content(results, tables))
    real = diagnosis_page(_content(results, tables, {"made_up": False, "tables": "0123"}))
    assert "模拟数据" not in real.replace("(模拟)", "")


@pytest.mark.slow
def test_a_handful_of_teachers_gets_a_verdict_and_no_number(city):
    tables = city.workspace.tables
    few = tables["teachers"].head(8)
    ids = set(few["teacher_id"])
    kept = {
        name: frame[frame["teacher_id"].isin(ids)].reset_index(drop=True)
        if "teacher_id" in frame and name != "teachers"
        else frame
        for name, frame in tables.frames.items()
    }
    small = Tables(kept | {"teachers": few}, True)
    day = small.latest_evidence()
    content = _content(check(small, day, diagnose(small, day)), small)
    assert [finding["code"] for finding in content["verdict"]] == ["few_people"]
    assert "teachers" not in content and "components" not in content
    page = diagnosis_page(content)
    assert "人数太少" in page and "<table" not in page and "<svg" not in page


def test_without_evidence_the_page_says_so_and_compares_nothing(city):
    tables = city.workspace.tables
    bare = Tables({n: f for n, f in tables.frames.items() if n not in EVIDENCE}, True)
    content = _content(check(bare, DAY, diagnose(bare, DAY)), bare)
    page = diagnosis_page(content)
    assert "没有任何关于教师的证据" in page and "There is no evidence on teachers" in page
    assert content["second"] == [] and content["neutrality"] == {"rows": [], "dots": []}
    assert "nan" not in page.lower() and "None" not in page


@pytest.mark.slow
def test_what_is_not_comparable_is_listed(city):
    tables = city.workspace.tables
    lessons = tables["observations"]
    late = lessons["date"].dt.year == lessons["date"].dt.year.max()
    changed = lessons.assign(scale_max=lessons["scale_max"].where(~late, lessons["scale_max"] + 1))
    other = Tables({**tables.frames, "observations": changed}, True)
    day = other.latest_evidence()
    page = diagnosis_page(_content(check(other, day, diagnose(other, day)), other))
    assert "前后不可比" in page and "Not comparable over time" in page and "不得画趋势" in page


def test_numbers_are_plain_json(results, city):
    odd = results.components.assign(value=np.float32(0.5), se=np.nan)
    content = _content(replace(results, components=odd), city.workspace.tables)
    assert json.loads(json.dumps(content, allow_nan=False))["components"][0]["se"] is None


@pytest.mark.slow
def test_the_command_writes_both_beside_the_needs(city, tmp_path: Path, capfd):
    place = ["--workspace", str(city.workspace.root)]
    assert run(["diagnose", "--report", str(tmp_path / "city.html"), *place]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {"city.html", "city.json", "origin.json"}
    assert "city.html" in capfd.readouterr().out.replace("\n", "")
    assert run(["diagnose", str(tmp_path / "city.html"), *place]) == 2
    assert run(["diagnose", "--report", str(tmp_path / "city.pdf"), *place]) == 2
    errors = capfd.readouterr().err.splitlines()
    assert len(errors) >= 2 and not [line for line in errors if "Traceback" in line]


def test_files_of_another_making_are_spared(city, tmp_path: Path):
    (tmp_path / "origin.json").write_text('{"made_up": false}', "utf-8")
    with pytest.raises(UsageError, match="another origin"):
        run_diagnosis_report(city.workspace, path=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["origin.json"]


@pytest.mark.slow
def test_a_report_twice_is_the_same(city, tmp_path: Path, written):
    run_diagnose(city.workspace)
    page, twin = run_diagnosis_report(city.workspace, path=tmp_path)
    assert (page.read_text("utf-8"), json.loads(twin.read_text("utf-8"))) == written
