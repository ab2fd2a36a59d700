"""plan.json and its twins: CSV files, summary and workbook say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from features.errors import ReadError, UsageError
from recommender.planning.plan_report import PlanReport
from recommender.plans.plan_files import read_summary, read_tables, write_plan
from recommender.plans.plan_record import COLUMNS, WITH_NAMES, PlanRecord
from recommender.plans.plan_tables import frames, record_of

Reports = dict[str, PlanReport]


@pytest.mark.parametrize("name", ["plan", "few", "infeasible"])
def test_the_record_comes_back_from_its_file(name: str, tmp_path: Path, reports: Reports) -> None:
    record = record_of(reports[name])
    write_plan(tmp_path / "out", record, {"made_up": True})
    text = (tmp_path / "out" / "plan.json").read_text("utf-8")
    assert json.loads(text)["version"] == 1
    assert PlanRecord.model_validate_json(text) == record
    summary = read_summary(tmp_path / "out")
    assert summary is not None and summary.seconds == 1.235 and summary.sentences == record.summary.sentences
    tables = read_tables(tmp_path / "out")
    assert {n: getattr(tables, n) for n in COLUMNS if n not in WITH_NAMES} == {
        n: getattr(record.tables, n) for n in COLUMNS if n not in WITH_NAMES
    }
    assert all(getattr(tables, n) == () for n in WITH_NAMES)


@pytest.mark.parametrize("name", ["plan", "few", "infeasible"])
def test_csv_files_and_record_are_twins(name: str, tmp_path: Path, reports: Reports) -> None:
    record = record_of(reports[name])
    write_plan(tmp_path / "out", record, {})
    for table, frame in frames(record).items():
        written = pd.read_csv(tmp_path / "out" / f"{table}.csv", encoding="utf-8-sig")
        assert tuple(written.columns) == COLUMNS[table] and len(written) == len(getattr(record.tables, table))
        for column in frame.select_dtypes("number"):
            assert written[column].tolist() == pytest.approx(frame[column].tolist(), nan_ok=True)


def test_the_contracts_columns_come_first() -> None:
    contract = {
        "assignments": ("teacher_id", "course_id"), "lines": ("course_id", "seats", "cost", "expected_gain"),
        "seats": ("course_id", "school_id", "seats"), "prices": ("limit", "unit", "price"),
    }  # fmt: skip
    for name, columns in contract.items():
        assert COLUMNS[name][: len(columns)] == columns


def test_few_people_have_no_gain_in_any_file(tmp_path: Path, reports: Reports) -> None:
    record = record_of(reports["few"])
    assert 0 < record.summary.teachers < 10
    assert record.summary.expected_gain is None and record.summary.objective is None
    assert all(line.expected_gain is None for line in record.tables.lines if line.seats)
    assert all(line.expected_gain == 0 for line in record.tables.lines if not line.seats)
    assert record.tables.prices == () and record.tables.frontier == ()


def test_other_files_are_not_overwritten(tmp_path: Path, reports: Reports) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="--out"):
        write_plan(tmp_path, record_of(reports["few"]), {})
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_a_later_plan_replaces_an_earlier_one(tmp_path: Path, reports: Reports) -> None:
    for name in ("plan", "few"):
        write_plan(tmp_path / "out", record_of(reports[name]), {})
    summary = read_summary(tmp_path / "out")
    assert summary is not None and summary.plan_id == reports["few"].plan_id


@pytest.mark.parametrize("file", ["summary.json", "plan.json"])
def test_a_damaged_plan_says_where(file: str, tmp_path: Path, reports: Reports) -> None:
    write_plan(tmp_path / "out", record_of(reports["few"]), {})
    for content in ("{", '{"tables": {"lines": [{"seats": "many"}]}}'):
        (tmp_path / "out" / file).write_text(content)
        with pytest.raises(ReadError, match="out"):
            read_summary(tmp_path / "out")
            read_tables(tmp_path / "out")
