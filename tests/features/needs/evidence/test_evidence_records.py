"""Records by source and the newest date, counted again from the tables; nobody without a record has a finding."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.needs.diagnose import diagnose
from features.tables import Tables

AS_OF = date(2026, 6, 30)


def _without(tables: Tables, teacher: str) -> Tables:
    """The tables without any record of one teacher."""
    frames = dict(tables.frames)
    for name in ("observations", "surveys", "classes"):
        frames[name] = frames[name][frames[name]["teacher_id"] != teacher].reset_index(drop=True)
    return Tables(frames, True)


@pytest.fixture(scope="module")
def silent(district) -> str:
    return str(district["teachers"]["teacher_id"].iloc[7])


@pytest.fixture(scope="module")
def report(district, silent: str) -> pd.DataFrame:
    return diagnose(_without(district, silent), AS_OF).report


def test_records_and_dates_are_those_of_the_tables(district, report: pd.DataFrame, silent: str) -> None:
    tables = district.until(AS_OF)
    lessons = tables["observations"].groupby("teacher_id").agg({"lesson_id": "nunique", "date": "max"})
    surveys = tables["surveys"].groupby(["kind", "teacher_id"]).agg({"survey_id": "nunique", "date": "max"})
    rows = report[(report["unit_kind"] == "teacher") & (report["competency_id"] == "TL-DESIGN")].set_index(
        "unit_id"
    )
    checked = 0
    for teacher, row in rows.iterrows():
        if teacher == silent:
            continue
        counts = {name: int(n) for name, n in (part.split(":") for part in row["records"].split(";") if part)}
        assert counts.get("observation", 0) == lessons["lesson_id"].get(teacher, 0)
        dates = [lessons["date"].get(teacher)] if teacher in lessons.index else []
        for kind in ("student_feedback", "self_report"):
            assert counts.get(kind, 0) <= surveys["survey_id"].get((kind, teacher), 0)
            if counts.get(kind):
                dates.append(surveys["date"].loc[(kind, teacher)])
        if "class_results" not in counts and dates:
            assert row["latest_on"] == max(dates)
            checked += 1
        assert set(counts) == set(row["sources"].split(";")) - {"monitoring", ""}
    assert checked > 50


def test_without_a_record_everything_is_thin(report: pd.DataFrame, silent: str) -> None:
    rows = report[(report["unit_kind"] == "teacher") & (report["unit_id"] == silent)]
    assert len(rows) and set(rows["band"]) == {"thin"}
    assert (rows["records"] == "").all() and rows["latest_on"].isna().all()
    assert (rows["reliability"] >= 0.30).any()  # colleagues say much of her: still no finding


def test_a_city_without_a_record_has_no_finding(district) -> None:
    names = ("observations", "surveys", "results", "assessments", "assessment_dimensions")
    empty = {name: district[name].iloc[:0] for name in names}
    needs = diagnose(Tables({**district.frames, **empty}, True), AS_OF)
    assert set(needs.report["band"]) == {"thin"}
    assert not np.any(needs.measured) and not needs.needed.any()
