"""Files become tables, or a list of all that is wrong with them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from features.errors import FileReadError
from features.sources.issue import Issue
from features.sources.read_tables import read_tables
from features.tables import typed_frame
from recommender.text import render
from recommender.text.issue_rows import issue_sentence

SOUND = {
    "teachers": "teacher_id,school_id,role,stage,subject,start_date",
    "courses": "course_id,title,provider_id,owner_level,mode,form,hours,category,fixed_cost,seat_cost,min_seats,"
    "max_seats,release_days",
}  # headers of the sound city


def _found(problems: tuple[Issue, ...], severity: str = "problem") -> list[tuple[str, int | None, str, str]]:
    return [(p.file, p.row, p.letter, p.value) for p in problems if p.severity == severity]


def _same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_a_sound_city_is_accepted_as_the_house_promises_frames(sound: Path) -> None:
    got = read_tables([sound])
    assert got.accepted and not got.issues
    assert got.read == {"organizations": 3, "teachers": 3, "competencies": 2, "courses": 1, "course_goals": 1}
    for name, frame in got.tables.frames.items():
        _same(frame, typed_frame(name, frame))
    assert got.tables["teachers"]["start_date"].dt.year.tolist()[:2] == [2015, 2018]
    assert len(got.tables["results"]) == 0


def test_a_workbook_of_all_sheets_and_parquet_give_the_same_tables(sound: Path, tmp_path: Path) -> None:
    expected = read_tables([sound]).tables
    with xlsxwriter.Workbook(str(tmp_path / "all.xlsx")) as book:
        for name in ("organizations", "teachers", "competencies", "courses", "course_goals"):
            sheet = book.add_worksheet(name)
            for row, line in enumerate((sound / f"{name}.csv").read_text("utf-8").splitlines()):
                for place, cell in enumerate(line.split(",")):
                    sheet.write(row, place, float(cell) if cell.isdigit() and len(cell) < 3 else cell)
    parquet = tmp_path / "parquet"
    parquet.mkdir()
    for name, frame in expected.frames.items():
        frame.to_parquet(parquet / f"{name}.parquet")
    for paths in ([tmp_path / "all.xlsx"], [parquet]):
        got = read_tables(paths)
        assert got.accepted, [issue_sentence(p, "en") for p in got.issues]
        for name in expected.frames:
            _same(got.tables[name], expected[name])


def test_rows_in_any_order_and_chinese_headers_give_the_same_tables(broken, sound: Path) -> None:
    folder = broken(
        organizations="上级机构代码,机构类别,学校名称,学校代码\nD1,学校,第一小学,001\n,区,南山区,D1\nD1,学校,南山实验学校,S1\n"
    )
    got = read_tables([folder])
    assert got.accepted, [issue_sentence(p, "en") for p in got.issues]
    _same(got.tables["organizations"], read_tables([sound]).tables["organizations"])


def test_every_problem_is_told_at_once_with_its_place(broken) -> None:
    folder = broken(
        teachers="teacher_id,school_id,role,stage,subject,start_date\n"
        "T1,S1,teacher,primary,数学,2015-09-01\n"
        "T2,S9,teacher,primary,语文,昨天\n"
        ",S1,boss,primary,,2018.9.1\n"
        "T1,S1,teacher,junior,数学,2015-09-01\n",
        course_goals="course_id,competency_id,weight,level\nC1,K1,0,9\nC9,K1,1,1\nC1,K9,五,1\n",
    )
    got = read_tables([folder])
    assert not got.accepted
    assert set(_found(got.issues)) == {
        ("teachers.csv", 3, "B", "S9"),
        ("teachers.csv", 3, "F", "昨天"),
        ("teachers.csv", 4, "A", ""),
        ("teachers.csv", 4, "C", "boss"),
        ("teachers.csv", 4, "E", ""),
        ("teachers.csv", 5, "A", "T1"),
        ("course_goals.csv", 2, "C", "0"),
        ("course_goals.csv", 2, "D", "9"),
        ("course_goals.csv", 3, "A", "C9"),
        ("course_goals.csv", 4, "B", "K9"),
        ("course_goals.csv", 4, "C", "五"),
    }
    assert got.tables["teachers"]["teacher_id"].tolist() == ["T1"]
    assert len(got.tables["course_goals"]) == 0
    message = next(p for p in got.issues if p.value == "五")
    assert (
        issue_sentence(message, "zh")
        == "course_goals.csv 第 4 行 C 列「weight」:填的是「五」,请填数字,如 1。"
    )


def test_missing_tables_and_columns_are_told_once(tmp_path: Path) -> None:
    (tmp_path / "teachers.csv").write_text("teacher_id,role\nT1,teacher\nT2,teacher\n", "utf-8")
    got = read_tables([tmp_path])
    expected = [render(p.expected, "en") for p in got.issues if p.severity == "problem"]
    assert expected == [
        "the required column school_id",
        "the required column stage",
        "the required column subject",
        "the required table organizations, with rows",
        "the required table competencies, with rows",
    ]


def test_ids_that_lost_zeros_are_mended_where_one_id_fits(broken) -> None:
    folder = broken(
        teachers="teacher_id,school_id,role,stage,subject\nT1,1.0,teacher,primary,数学\nT2,南山实验学校,teacher,primary,数学\n"
    )
    got = read_tables([folder])
    assert got.accepted
    assert got.tables["teachers"]["school_id"].tolist() == ["001", "S1"]
    rows = {(p.row, p.value, render(p.expected, "en")) for p in got.issues}
    assert rows == {(2, "1.0", "read as '001'"), (3, "南山实验学校", "read as 'S1'")}


def test_prerequisites_are_mended_item_by_item(broken) -> None:
    head = SOUND["courses"].splitlines()[0]
    row = "{},看懂学情,D1,district,online,workshop,12,professional,1000,50,10,40,0,{}\n"
    courses = (
        f"{head},prerequisites\n" + row.format("001", "") + row.format("C2", "") + row.format("C1", "1.0;C2")
    )
    got = read_tables([broken(courses=courses)])
    assert got.accepted
    assert got.tables["courses"]["prerequisites"].iloc[1] == "001;C2"


def test_rows_of_tables_without_a_key_may_not_contradict_each_other(broken) -> None:
    folder = broken(
        targets="competency_id,subject,target\nK1,数学,0.5\nK1,数学,1.5\nK1,语文,1\n",
        indicators="source,indicator,competency_id,weight\nobservation,A,K1,1\nobservation,A,K1,3\n",
        hour_rules="jurisdiction,role,category,cycle_start,cycle_years,min_hours\nD1,,any,2026-01-01,5,360\n"
        "D1,,any,2026-01-01,5,300\n",
    )
    assert [(p.file, p.row) for p in read_tables([folder]).issues] == [
        ("indicators.csv", 3), ("targets.csv", 3), ("hour_rules.csv", 3),
    ]  # fmt: skip


def test_a_template_without_rows_lacks_its_tables(broken) -> None:
    folder = broken(teachers=SOUND["teachers"].splitlines()[0] + "\n")
    assert [p.example for p in read_tables([folder]).issues if p.severity == "problem"] == ["teachers.csv"]


def test_scientific_notation_in_an_id_is_a_problem(broken) -> None:
    folder = broken(teachers="teacher_id,school_id,role,stage,subject\n4.40301E+17,S1,teacher,primary,数学\n")
    assert _found(read_tables([folder]).issues) == [("teachers.csv", 2, "A", "4.40301E+17")]


def test_identical_rows_are_kept_once_and_overlong_rows_are_a_problem(broken) -> None:
    head = "teacher_id,school_id,role,stage,subject\n"
    row = "T1,S1,teacher,primary,数学"
    got = read_tables([broken(teachers=f"{head}{row}\n{row}\n")])
    assert got.accepted and len(got.tables["teachers"]) == 1 and len(_found(got.issues, "note")) == 1
    got = read_tables([broken(teachers=f"{head}{row},语文\n")])
    assert [(p.row, render(p.expected, "en")[:13]) for p in got.issues] == [(2, "no more cells")]


def test_rows_that_speak_of_bad_rows_stay_out_with_them(broken) -> None:
    folder = broken(
        courses="course_id,title,provider_id,owner_level,mode,form,hours,category,fixed_cost,seat_cost,min_seats,"
        "max_seats,release_days\nC1,看懂学情,D1,district,online,workshop,-1,professional,1000,50,10,40,0\n"
    )
    got = read_tables([folder])
    assert _found(got.issues) == [("courses.csv", 2, "G", "-1")]
    assert len(got.tables["courses"]) == 0 and len(got.tables["course_goals"]) == 0


def test_links_may_lead_to_tables_that_the_workspace_holds(sound: Path, tmp_path: Path) -> None:
    existing = read_tables([sound]).tables.frames
    (tmp_path / "course_goals.csv").write_text("course_id,competency_id,weight\nC1,K2,1\nC9,K2,1\n", "utf-8")
    got = read_tables([tmp_path / "course_goals.csv"], existing=existing)
    assert _found(got.issues) == [("course_goals.csv", 3, "A", "C9")]


def test_dates_in_the_layouts_of_chinese_offices(broken) -> None:
    folder = broken(
        teachers="teacher_id,school_id,role,stage,subject,start_date\n"
        "T1,S1,teacher,primary,数学,2026.9.1\nT2,S1,teacher,primary,数学,2026/9/1\nT3,S1,teacher,primary,数学,20260901\n"
        "T4,S1,teacher,primary,数学,46266\nT5,S1,teacher,primary,数学,2026-09-01 08:30:00\n"
    )
    got = read_tables([folder])
    assert got.accepted
    assert got.tables["teachers"]["start_date"].dt.strftime("%Y-%m-%d").tolist() == ["2026-09-01"] * 5
    assert len(_found(got.issues, "note")) == 5


def test_columns_of_identity_cards_are_left_out(broken) -> None:
    folder = broken(
        teachers="teacher_id,school_id,role,stage,subject,身份证号\nT1,S1,teacher,primary,数学,11010519491231002X\n"
    )
    got = read_tables([folder])
    assert got.accepted and "11010519491231002X" not in " ".join(issue_sentence(p, "zh") for p in got.issues)


def test_a_whole_file_that_cannot_be_read_stops_everything(sound: Path, tmp_path: Path) -> None:
    (sound / "surveys.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(FileReadError, match=r"surveys\.parquet"):
        read_tables([sound])
    with pytest.raises(FileReadError, match="no such file"):
        read_tables([tmp_path / "nowhere"])


def test_simulated_files_say_so(sound: Path) -> None:
    (sound / "origin.json").write_text('{"made_up": true}', "utf-8")
    assert read_tables([sound]).tables.made_up


@pytest.mark.slow
def test_thousand_random_mutations_give_a_numbered_problem_or_an_exact_import(
    sound: Path, tmp_path: Path
) -> None:
    """Never a part: what is accepted equals the sound tables or differs in a cell the file really holds."""
    rng = np.random.default_rng(3)
    texts = {path.name: path.read_bytes() for path in sound.iterdir()}
    for turn in range(150):
        folder = tmp_path / f"m{turn}"
        shutil.copytree(sound, folder)
        name = list(texts)[rng.integers(len(texts))]
        data = bytearray(texts[name])
        for _ in range(rng.integers(1, 4)):
            at = int(rng.integers(len(data)))
            data[at : at + int(rng.integers(0, 3))] = bytes(
                rng.integers(32, 127, rng.integers(0, 3)).tolist()
            )
        (folder / name).write_bytes(bytes(data))
        try:
            got = read_tables([folder])
        except FileReadError:
            continue
        if got.accepted:
            lines = len([line for line in bytes(data).splitlines() if line.replace(b",", b"").strip()]) - 1
            repeated = sum("kept once" in render(p.expected, "en") for p in got.issues)
            assert len(got.tables[name.removesuffix(".csv")]) + repeated == lines
        else:
            assert all(p.file for p in got.issues)
            assert any(
                p.row or "column" in render(p.expected, "en") or "table" in render(p.expected, "en")
                for p in got.issues
            )


def test_an_unreadable_optional_cell_is_left_empty_and_its_row_stays(broken: Any) -> None:
    folder = broken(
        teachers="teacher_id,school_id,role,stage,subject,weekly_lessons,start_date\n"
        "T1,S1,teacher,primary,数学,12节,2016年9月\nT2,S1,teacher,primary,数学,很多,昨天\nT3,S1,teacher,大学,数学,9,\n"
    )
    result = read_tables([folder])
    teachers = result.tables["teachers"].set_index("teacher_id")
    assert sorted(teachers.index) == ["T1", "T2"]  # a stage has to be there
    assert teachers.loc["T1", "weekly_lessons"] == 12 and pd.isna(teachers.loc["T2", "weekly_lessons"])
    assert f"{teachers.loc['T1', 'start_date']:%F}" == "2016-09-01" and pd.isna(teachers.loc["T2", "start_date"])
    problems = [(i.row, i.header) for i in result.issues if i.severity == "problem"]
    assert problems == [(4, "stage"), (3, "start_date"), (3, "weekly_lessons")] and not result.accepted


def test_an_unreadable_cell_of_a_known_row_changes_nothing_there(broken: Any) -> None:
    header = "teacher_id,school_id,role,stage,subject,weekly_lessons\n"
    first = read_tables([broken(teachers=header + "T1,S1,teacher,primary,数学,12\n")])
    again = read_tables(
        [broken(teachers=header + "T1,S1,teacher,junior,数学,很多\n")], existing=first.tables.frames, add=True
    )
    row = again.tables["teachers"].iloc[0]
    assert (row["stage"], row["weekly_lessons"]) == ("junior", 12)
