"""Pupils' answers become surveys of their teachers; all people are made up."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.errors import UsageError
from features.sources.map.read_mapping import read_mapping
from features.sources.read_tables import ReadResult, read_tables
from recommender.text import render

MAP = """
[[ratings]]
file    = "answers.csv"
survey  = "F"
date    = 2026-06-10
items   = ["q1", "q2"]
scale   = [1, 4]
reverse = ["q2"]
missing = [9]
"""
OWN = MAP + 'class = ["cls"]\npupil = "id"\nteacher = { from = "tch", prefix = "T" }\n'
LINKED = (
    MAP
    + 'class = ["cls"]\npupil = "id"\nteacher = { file = "links.csv", where = "s == 1", on = "id", from = "tch", prefix = "T" }\n'
)


@pytest.fixture
def read(sound: Path, tmp_path: Path):
    """Reads answers (and links) by a mapping, beside the sound city."""
    existing = read_tables([sound]).tables.frames

    def made(mapping: str, answers: str, links: str = "") -> ReadResult:
        folder = tmp_path / "pupils"
        folder.mkdir(exist_ok=True)
        (folder / "answers.csv").write_text(answers, "utf-8")
        (folder / "links.csv").write_text(links or "id,tch,s\n", "utf-8")
        (tmp_path / "map.toml").write_text(mapping, "utf-8")
        return read_tables([folder], tmp_path / "map.toml", existing)

    return made


def _surveys(got: ReadResult) -> list[tuple[object, ...]]:
    assert got.accepted, [str(p.expected) for p in got.issues]
    frame = got.tables["surveys"]
    return [
        tuple(row) for row in frame[["survey_id", "item", "teacher_id", "n", "mean"]].itertuples(index=False)
    ]


def test_answers_become_counts_means_and_spreads_by_class_teacher_and_item(read) -> None:
    got = read(OWN, "id,cls,tch,q1,q2\n1.0,5.0,1,4,1\n2.0,5.0,1,2,9\n3.0,6.0,2,1,4\n")
    assert _surveys(got) == [
        ("F-5-T1", "q1", "T1", 2, 3.0), ("F-5-T1", "q2", "T1", 1, 4.0),
        ("F-6-T2", "q1", "T2", 1, 1.0), ("F-6-T2", "q2", "T2", 1, 1.0),
    ]  # fmt: skip
    frame = got.tables["surveys"]
    assert frame["sd"].iloc[0] == pytest.approx(2**0.5) and pd.isna(frame["sd"].iloc[1])
    assert set(frame["kind"]) == {"student_feedback"} and frame["scale_max"].tolist() == [4.0] * 4
    assert frame["date"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2026-06-10"]


def test_teachers_from_another_file_by_pupil(read) -> None:
    links = "id,tch,s\n1,1,1\n1,2,1\n2,1,1\n2,2,0\n"
    got = read(LINKED, "id,cls,q1,q2\n1,5,4,1\n2,5,2,1\n3,5,1,1\n", links)
    assert [row for row in _surveys(got) if row[1] == "q1"] == [
        ("F-5-T1", "q1", "T1", 2, 3.0), ("F-5-T2", "q1", "T2", 1, 4.0),
    ]  # fmt: skip
    notes = [
        (p.row, render(p.expected, "en"))
        for p in got.issues
        if p.severity == "note" and "teacher" in render(p.expected, "en")
    ]
    assert notes == [(4, "no teacher; left out (1 rows)")]


def test_without_class_and_pupil(read) -> None:
    got = read(MAP + 'teacher = { from = "tch", prefix = "T" }\n', "tch,q1,q2\n1,4,1\n1,2,1\n")
    assert _surveys(got) == [("F-T1", "q1", "T1", 2, 3.0), ("F-T1", "q2", "T1", 2, 4.0)]


def test_impossible_rows_are_issues(read) -> None:
    got = read(OWN, "id,cls,tch,q1,q2\n1,5,1,4,7\n1,5,1,3,1\n2,5,1,4,1\n2,5,1,4,1\n3,,1,4,1\n4,5,1,x,1\n")
    rows = {
        (p.row, p.letter, p.value, render(p.expected, "en")) for p in got.issues if p.severity == "problem"
    }
    assert rows == {
        (2, "E", "7", "an answer from 1 to 4"),
        (3, "A", "1", "a pupil answers once about a teacher; here again with other answers"),
        (7, "D", "x", "a number"),
    }
    assert (6, "no class or no pupil; left out (1 rows)") in {
        (p.row, render(p.expected, "en")) for p in got.issues
    }


def test_a_missing_column_is_a_problem(read) -> None:
    got = read(OWN, "id,cls,tch,q1\n1,5,1,4\n")
    assert [render(p.expected, "en") for p in got.issues if p.severity == "problem"] == [
        "a column 'q2' as mapped; there are id、cls、tch、q1"
    ]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (("scale   = [1, 4]", "scale = [4, 1]"), "lowest, highest"),
        (('reverse = ["q2"]', 'reverse = ["q3"]'), "reverse is true or a list of items"),
        (('items   = ["q1", "q2"]', "items = { q1 = 1 }"), "items: takes"),
        (('pupil = "id"\n', ""), "needs pupil"),
        (('on = "id", ', ""), "needs on"),
    ],
)
def test_impossible_sections_are_refused(tmp_path: Path, change: tuple[str, str], refused: str) -> None:
    assert change[0] in LINKED
    (tmp_path / "map.toml").write_text(LINKED.replace(*change), "utf-8")
    with pytest.raises(UsageError, match=refused):
        read_mapping(tmp_path / "map.toml")
