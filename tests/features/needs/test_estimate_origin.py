"""The nearest level with evidence, on a district of six teachers written by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from features.needs import diagnose
from features.needs.estimate_origin import ORIGINS
from features.tables import Tables, typed_frame

DAY = date(2026, 3, 1)


def _tables(observed: list[tuple[str, str, float]], results: list[tuple[str, str, float]] = ()) -> Tables:
    """Districts D1 (schools S1, S2) and D2 (S3); observed: teacher, item, score; results: school, dimension, mean."""
    orgs = [("D1", "district", None), ("D2", "district", None)]
    orgs += [("S1", "school", "D1"), ("S2", "school", "D1"), ("S3", "school", "D2")]
    people = [
        ("a", "S1", "数学"),
        ("b", "S1", "数学"),
        ("c", "S1", "语文"),
        ("d", "S2", "数学"),
        ("e", "S3", "数学"),
    ]
    frames = {
        "organizations": pd.DataFrame(orgs, columns=["org_id", "kind", "parent_id"]).assign(name="x"),
        "teachers": pd.DataFrame(people, columns=["teacher_id", "school_id", "subject"]).assign(
            role="teacher", stage="primary"
        ),
        "competencies": pd.DataFrame(
            {"competency_id": ["C1", "C2"], "name_zh": "能力", "name_en": "c", "framework": "f", "version": "1"}
        ),
        "observations": pd.DataFrame(observed, columns=["teacher_id", "item", "score"]).assign(
            observation_id=[f"o{i}" for i in range(len(observed))], rater_id="r",
            lesson_id=[f"l{i}" for i in range(len(observed))], date=pd.Timestamp(DAY), scale_min=1.0, scale_max=5.0,
        ),
        "assessments": pd.DataFrame(
            {
                "assessment_id": ["A"], "name": "a", "programme": "sunshine", "date": pd.Timestamp(DAY),
                "stage": "primary", "subject": "数学",
            }
        ),
        "assessment_dimensions": pd.DataFrame(
            {"assessment_id": ["A"], "dimension": "C1", "scale_mean": 500.0, "scale_sd": 100.0}
        ),
        "results": pd.DataFrame(results, columns=["unit_id", "dimension", "mean"]).assign(
            assessment_id="A", unit_kind="school", n=30
        ),
    }  # fmt: skip
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()})


def _origins(tables: Tables) -> pd.Series:
    report = diagnose(tables, DAY).report
    assert set(report["estimate_from"]) <= set(ORIGINS)
    return report.set_index(["unit_kind", "unit_id", "competency_id"])["estimate_from"]


def test_the_nearest_level_with_evidence_is_named():
    observed = [("a", "C1", 2.0), ("a", "C1", 3.0), ("d", "C1", 5.0)]
    origin = _origins(_tables(observed))
    expected = {
        ("teacher", "a", "C1"): "own", ("teacher", "a", "C2"): "own_other", ("teacher", "b", "C1"): "department",
        ("teacher", "c", "C2"): "school", ("teacher", "d", "C2"): "own_other", ("teacher", "e", "C1"): "none",
        ("department", "S1|数学", "C1"): "own", ("department", "S1|语文", "C1"): "school",
        ("school", "S1", "C2"): "own_other", ("school", "S3", "C1"): "none",
        ("district", "D1", "C1"): "own", ("district", "D2", "C1"): "none",
    }  # fmt: skip
    assert {key: origin[key] for key in expected} == expected


def test_results_of_a_school_are_the_schools_own_and_reach_its_district():
    origin = _origins(_tables([], [("S1", "C1", 480.0), ("S3", "C1", 520.0)]))
    expected = {
        ("teacher", "a", "C1"): "school", ("teacher", "d", "C1"): "district", ("school", "S1", "C1"): "own",
        ("school", "S2", "C1"): "district", ("district", "D2", "C1"): "own",
    }  # fmt: skip
    assert {key: origin[key] for key in expected} == expected


@pytest.mark.parametrize("observed", [[], [("a", "C1", 2.0)]])
def test_without_evidence_to_compare_nothing_is_a_source(observed):
    assert set(_origins(_tables(observed))) == {"none"}
