"""The example for TIMSS on files of the same layout with made-up people: no row of them is real."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.needs import diagnose
from features.sources.read_tables import ReadResult, read_tables

MAPPING = Path(__file__).parents[4] / "examples" / "timss" / "timss.toml"
DOMAINS = ["MNUM", "MGEO", "MDAT", "MKNO", "MAPP", "MREA", "SLIF", "SPHY", "SEAR", "SKNO", "SAPP", "SREA"]
SCHOOLS, PUPILS = 8, 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight schools of one class, each with a teacher of mathematics and one of science; numbers end in `.0`."""
    rng = np.random.default_rng(5)
    place = tmp_path_factory.mktemp("timss")
    school = np.arange(SCHOOLS) + 5001.0
    pd.DataFrame({"IDSCHOOL": school, "ACBG05B": 1 + np.arange(SCHOOLS) % 5.0, "ACBG03A": 2.0}).to_csv(
        place / "acgxxxm7.csv.gz", index=False
    )
    teacher = np.concatenate([school * 100 + 1, school * 100 + 2])
    maths = np.repeat([True, False], SCHOOLS)
    said = {}
    for name, mine in (("ATBM09B", maths), ("ATBS08B", ~maths)):
        for letter in "ABCDEFG":
            said[name + letter] = np.where(mine, 1.0 + rng.integers(0, 2, 2 * SCHOOLS), np.nan)
    pd.DataFrame(
        {
            "IDSCHOOL": np.tile(school, 2), "IDTEACH": teacher, "ITCOURSE": np.where(maths, 1.0, 6.0),
            "ATBG01": np.where(maths, 14.0, np.nan), "ATBG04": 5.0, **said,
        }
    ).to_csv(place / "atgxxxm7.csv.gz", index=False)  # fmt: skip
    pupil = np.repeat(school, PUPILS) * 10000 + np.tile(np.arange(PUPILS), SCHOOLS)
    home = np.repeat(school, PUPILS)
    answers = {
        f"{name}{letter}": 1.0 + rng.integers(0, 4, len(pupil))
        for name in ("ASBM03", "ASBS08")
        for letter in "ABCDEF"
    }
    answers["ASBM03A"][:3] = [1.0, 9.0, 4.0]
    pd.DataFrame({"IDSCHOOL": home, "IDCLASS": home * 100 + 12, "IDSTUD": pupil, **answers}).to_csv(
        place / "asgxxxm7.csv.gz", index=False
    )
    values = {f"AS{d}0{m}": rng.normal(500, 100, len(pupil)) for d in DOMAINS for m in range(1, 6)}
    links = [
        pd.DataFrame(
            {
                "IDSCHOOL": home, "IDCLASS": home * 100 + 12, "IDSTUD": pupil, "IDTEACH": home * 100 + who,
                "MATSUBJ": float(who == 1), "SCISUBJ": float(who == 2), "MATWGT": 50.0 * (who == 1),
                "SCIWGT": 50.0 * (who == 2), **values,
            }
        )
        for who in (1, 2)
    ]  # fmt: skip
    pd.concat(links).to_csv(place / "astxxxm7.csv.gz", index=False)
    return place


@pytest.fixture(scope="module")
def reading(folder: Path) -> ReadResult:
    """What the example makes of them."""
    return read_tables([folder], MAPPING)


def test_the_files_are_accepted_as_they_are(reading: ReadResult) -> None:
    assert reading.accepted, [str(issue.expected) for issue in reading.issues]
    teachers = reading.tables["teachers"].set_index("teacher_id")
    assert teachers.loc["500101", ["school_id", "subject"]].tolist() == ["5001", "数学"]
    assert teachers.loc["500101", "start_date"] == pd.Timestamp("2005-05-15")
    assert pd.isna(teachers.loc["500102", "start_date"])
    schools = reading.tables["organizations"].set_index("org_id")
    assert schools.loc[["5001", "5003", "5005"], "location"].tolist() == ["urban", "town", "rural"]
    assert schools.loc["5001", "disadvantage"] == 0.18


def test_results_are_by_subject_with_variances_of_plausible_values(reading: ReadResult) -> None:
    results = reading.tables["results"]
    assert len(results) == SCHOOLS * len(DOMAINS) and (results["pv_variance"] > 0).all()
    classes = reading.tables["classes"].set_index(["class_id", "subject"])["teacher_id"]
    assert classes["500112", "数学"] == "500101" and classes["500112", "科学"] == "500102"
    assert len(reading.tables["result_covariances"]) == 30


def test_clear_instruction_is_higher_where_pupils_agree(reading: ReadResult) -> None:
    surveys = reading.tables["surveys"].set_index(["survey_id", "item"])
    row = surveys.loc[("CLEAR-M-500112-500101", "ASBM03A")]
    assert row["n"] == PUPILS - 1 and row["kind"] == "student_feedback"
    assert surveys.loc[("CLEAR-S-500112-500102", "ASBS08A"), "teacher_id"] == "500102"
    needs = surveys[surveys["kind"] == "self_report"]
    assert set(needs["mean"]) == {1.0, 2.0} and len(needs) == 2 * SCHOOLS * 5


def test_needs_come_of_all_three_sources(reading: ReadResult) -> None:
    result = diagnose(reading.tables, date(2019, 6, 30)).report
    rows = result[result["unit_kind"] == "teacher"].groupby("competency_id")["sources"].first()
    assert rows["M-NUM"] == "class_results;self_report"
    assert rows["CLEAR"] == "student_feedback" and rows["TECH"] == "self_report"
    assert len(reading.tables["enrolments"]) == 0
    assert reading.tables["courses"]["title"].str.contains("示例").all()
