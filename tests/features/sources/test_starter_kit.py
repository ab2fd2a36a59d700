"""The starter kit can be imported as it is, and says of every row whether it was confirmed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import pytest

from features.sources.read_tables import ReadResult, read_tables

KIT: Final = Path(__file__).parents[3] / "examples/starter_kit"
ASSOCIATIONS: Final = {"exactMatchOf", "isPartOf", "isRelatedTo", "replacedBy", "isChildOf", "isPeerOf", "precedes", "exemplar"}
"""Of CASE 1.1."""
MARKS: Final = ("confirmed 已核对", "check before use 使用前核对")


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


@pytest.fixture(scope="module")
def reading() -> ReadResult:
    """The whole kit at once."""
    return read_tables(sorted(folder for folder in KIT.iterdir() if folder.is_dir()))


def test_it_is_imported_without_a_problem(reading: ReadResult) -> None:
    assert reading.accepted, [str(issue) for issue in reading.issues if issue.severity == "problem"]
    columns = {issue.header for issue in reading.issues if issue.expected.code == "sources.unknown_column"}
    assert columns == {"check", "check_source"}  # left out, and said so
    unread = {issue.file for issue in reading.issues if issue.expected.code == "sources.file_not_named_as_table"}
    assert unread == {"crosswalk.csv"}


@pytest.mark.parametrize("folder", ["digital_literacy", "micro_competencies", "framework_versions"])
def test_a_framework_needs_only_the_register(folder: str) -> None:
    assert read_tables([KIT / "register", KIT / folder]).accepted


def test_it_holds_what_it_names(reading: ReadResult) -> None:
    frameworks = reading.tables["competencies"].groupby("framework", observed=True)
    parents = {str(name): (frame["parent_id"].isna().sum(), frame["parent_id"].notna().sum()) for name, frame in frameworks}
    assert parents["JY/T 0646 教师数字素养"] == (5, 13)
    assert parents["中小学教师信息技术应用能力校本应用考核 微能力"] == (3, 30)
    assert parents["国家义务教育质量监测 学科教学"][0] == 4
    targets = reading.tables["targets"]
    by_step = targets.sort_values("ladder_step").groupby("competency_id", observed=True)["target"]
    assert len(targets) == 13 * 6 and all(of_one.is_monotonic_increasing for _, of_one in by_step)
    assert (reading.tables["hour_rules"]["source"].str.len() > 5).all()
    assert len(set(reading.tables["courses"]["form"])) == 5


@pytest.mark.parametrize("path", sorted(KIT.glob("*/*.csv")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_row_says_whether_it_was_confirmed(path: Path) -> None:
    if path.parent.name == "register":  # examples of organizations and people, no facts
        assert all(cell in ("示例", "") or "示例" in cell for row in _rows(path) for key, cell in row.items() if key == "name")
        return
    assert all(row["check"] in MARKS for row in _rows(path))


def test_crosswalks_join_competencies_of_the_kit(reading: ReadResult) -> None:
    known = set(reading.tables["competencies"]["competency_id"])
    for path in KIT.glob("*/crosswalk.csv"):
        for row in _rows(path):
            assert {row["from_id"], row["to_id"]} <= known and row["association"] in ASSOCIATIONS, row
    competencies = _rows(KIT / "framework_versions/competencies.csv")
    joined = {i for row in _rows(KIT / "framework_versions/crosswalk.csv") for i in (row["from_id"], row["to_id"])}
    assert {row["version"] for row in competencies} == {"2025", "2026"}
    assert joined == {row["competency_id"] for row in competencies}  # nothing of either version is without a relation
