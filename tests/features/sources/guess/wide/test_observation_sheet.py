"""Scores of observed lessons with a column an item."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from features.sources.guess.guess_files import FileGuesses, guess_files
from features.sources.guess.wide.wide_guess import WideGuess
from features.sources.read_tables import read_tables

BASE = {
    "organizations.csv": "org_id,name,kind,parent_id,stage\nD1,示例区,district,,\nS1,示例小学,school,D1,primary\n",
    "competencies.csv": "competency_id,name_zh,name_en,framework,version\nK,提问,Questions,F,1\n",
    "teachers.csv": "teacher_id,school_id,role,stage,subject\n0101,S1,teacher,primary,语文\n0102,S1,teacher,primary,数学\n",
}
SHEET = """课题,听课人,授课教师工号,听课日期,教学目标（20分）,课堂提问（20分）,板书,总分,评语
L1,R1,0101,2026-3-12,18,15,4,37,清楚
L1,R2,0101,2026-3-12,17,,5,22,好
L2,R1,0102,2026-4-2,12,19,3,34,可以
"""


def one(tmp_path: Path, name: str, text: str, known: dict[str, pd.DataFrame] | None = None) -> WideGuess | None:
    (tmp_path / name).write_text(text, "utf-8")
    return next(iter(guess_files([tmp_path / name], known or {}).wide), None)


def test_items_become_rows_each_on_its_scale(tmp_path: Path) -> None:
    guess = one(tmp_path, "记录.csv", SHEET)
    assert guess is not None and guess.kind == "observations"
    unsure = {question.name: question.value for question in guess.questions if not question.sure}
    assert unsure == {"scale:5": "1-5"}  # the header of 板书 does not say its full mark
    assert {c.header: c.use for c in guess.columns if c.use is None} == {"总分": None, "评语": None}
    for file, base in BASE.items():
        (tmp_path / file).write_text(base, "utf-8")
    FileGuesses((), (), (guess,)).write(tmp_path / "map.toml")
    result = read_tables([tmp_path], tmp_path / "map.toml")
    assert result.accepted, [str(issue) for issue in result.issues]
    rows = result.tables["observations"].set_index(["observation_id", "item"])
    assert len(rows) == 8 and rows.loc[("L1-R1", "教学目标（20分）"), "scale_max"] == 20
    assert rows.loc[("L2-R1", "板书"), "score"] == 3 and rows.loc[("L2-R1", "板书"), "scale_min"] == 1


def test_what_is_not_said_is_asked(tmp_path: Path) -> None:
    guess = one(tmp_path, "听课评分.csv", "授课教师工号,目标,提问\n0101,4,3\n0102,5,2\n")
    assert guess is not None and guess.missing == ("date", "rater_id")
    section = guess.answered("date", "2026-03-12").answered("rater_id", "R1").as_sections()[0][1]
    assert section["columns"]["rater_id"] == {"value": "R1"} and section["columns"]["date"] == {"value": "2026-03-12"}


def test_activities_with_numbers_are_no_observations(tmp_path: Path) -> None:
    assert one(tmp_path, "教研活动.csv", "课题,主讲教师,日期,参加人数,时长\nA,甲,2026-3-1,20,2\nB,乙,2026-3-8,15,3\n") is None


def test_names_are_looked_up_and_not_kept(tmp_path: Path) -> None:
    teachers = pd.DataFrame({"teacher_id": ["0101", "0102"], "name": ["甲老师", "乙老师"]})
    text = SHEET.replace("0101", "甲老师").replace("R1", "乙老师")
    guess = one(tmp_path, "记录.csv", text, {"teachers": teachers})
    assert guess is not None
    columns = guess.as_sections()[0][1]["columns"]
    assert columns["teacher_id"]["map"] == {"甲老师": "0101", "乙老师": "0102"} == columns["rater_id"]["map"]
    kept = guess.without_people().as_sections()
    again = guess.as_before(kept).as_sections()[0][1]["columns"]
    assert "甲老师" not in str(kept) and again["teacher_id"] == columns["teacher_id"]
