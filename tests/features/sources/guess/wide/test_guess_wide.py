"""Score sheets, class means and questionnaires: recognised, asked about, and reduced to the tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from features.errors import UsageError
from features.sources.guess.guess_files import FileGuesses, guess_files
from features.sources.guess.wide.wide_guess import WideGuess
from features.sources.read_tables import ReadResult, read_tables

SCORES = """示例小学六年级期末成绩,,,,,,,
班级,学号,姓名,语文,数学,英语,总分,班级排名
1班,01,甲,88,92,缺考,180,1
1班,02,乙,80,请假,85,165,2
2班,03,丙,70,80,85,235,3
2班,04,丁,74,90,95,259,1
平均分,,,78,87.3,88.3,,
"""
MEANS = """年级,班级,参考人数,语文平均分,语文标准差,语文优秀率,数学平均分
七年级,1,40,88,9,30%,77
七年级,2,40,80,9,20%,71
"""
ANSWERS = """序号,提交答卷时间,来自IP,1、您的班级,2、您要评价的老师,3、老师讲课清楚,4、老师关心学生,5、课堂上经常拖堂,6、您的建议
1,2026/6/10 8:00:00,1.1.1.1,1班,甲老师,非常同意,同意,非常不同意,无
2,2026/6/10 8:00:00,1.1.1.1,1班,甲老师,同意,一般,不同意,多讲
3,2026/6/10 8:00:00,1.1.1.1,2班,乙老师,还行,非常不同意,同意,好
"""
TEACHERS = pd.DataFrame({
    "teacher_id": ["0101", "0102"], "name": ["甲老师", "乙老师"], "school_id": "S1", "role": "teacher", "stage": "primary",
    "subject": "语文",
})  # fmt: skip
CLASSES = pd.DataFrame({
    "class_id": ["S1-1班", "S1-2班"], "subject": "语文", "term": "2025-2", "teacher_id": ["0101", "0102"],
    "school_id": "S1", "grade": "6",
})  # fmt: skip
BASE = {
    "organizations.csv": "org_id,name,kind,parent_id,stage\nD1,示例区,district,,\nS1,示例小学,school,D1,primary\n",
    "competencies.csv": "competency_id,name_zh,name_en,framework,version\n语文,语文,Chinese,F,1\n",
    "teachers.csv": TEACHERS.assign(start_date="2020-09-01").to_csv(index=False),
    "classes.csv": CLASSES.to_csv(index=False),
}
KNOWN = {"teachers": TEACHERS, "classes": CLASSES}


def one(tmp_path: Path, name: str, text: str, known: dict[str, pd.DataFrame] | None = None) -> WideGuess:
    (tmp_path / name).write_text(text, "utf-8")
    (guess,) = guess_files([tmp_path / name], known or {}).wide
    return guess


def read(tmp_path: Path, guess: WideGuess) -> ReadResult:
    for file, text in BASE.items():
        (tmp_path / file).write_text(text, "utf-8")
    FileGuesses((), (), (guess,)).write(tmp_path / "map.toml")
    return read_tables([tmp_path], tmp_path / "map.toml")


def test_a_score_sheet_becomes_results_of_classes(tmp_path: Path) -> None:
    guess = one(tmp_path, "2026年6月20日.csv", SCORES, KNOWN)
    assert (guess.kind, guess.header, guess.sure) == ("pupils", (2,), True)
    unused = {c.header: c.why for c in guess.columns if c.use is None}
    assert unused == {"姓名": "person", "总分": "calculated", "班级排名": "calculated"}
    assert guess.value("class_prefix") == "S1-" and guess.value("stage") == "primary" and guess.value("date") == "2026-06-20"
    result = read(tmp_path, guess)
    assert result.accepted, [str(issue) for issue in result.issues]
    results = result.tables["results"].set_index(["dimension", "unit_id"])
    assert results.loc[("语文", "S1-1班"), "mean"] == 84 and results.loc[("数学", "S1-1班"), "n"] == 1
    assert results.loc[("英语", "S1-2班"), "mean"] == 90
    assert set(result.tables["assessments"]["programme"]) == {"school_exam"}
    stored = "".join(frame.to_csv() for frame in result.tables.frames.values())
    assert [line for line in stored.splitlines() if "丙" in line or ",03," in line] == []  # no number or name of a pupil


def test_parts_of_a_subject_are_its_dimensions(tmp_path: Path) -> None:
    rows = "".join(f"{1 + i % 2}班,0{i},甲{i},{i},{2 * i},{3 * i},{6 * i}\n" for i in range(1, 9))
    text = "班级,学号,姓名,选择题,计算题,应用题,总分\n" + rows
    guess = one(tmp_path, "数学期中.csv", text)
    ((head, section),) = guess.as_sections()
    assert head == "pupils" and section["subject"] == "数学" and list(section["scores"]) == ["选择题", "计算题", "应用题"]
    guess = one(tmp_path, "期中.csv", text)
    assert "subject" in guess.missing and guess.answered("subject", "数学").as_sections()[0][1]["subject"] == "数学"


def test_two_rows_of_headers_and_converted_scores(tmp_path: Path) -> None:
    text = ",,,语文,,,物理,,\n班级,考号,姓名,得分,班名,年名,原始分,赋分,等级\n" + "".join(
        f"高一{1 + i % 2}班,2026{i},甲{i},{100 + i},{i},{i},{60 + i},{70 + i},A\n" for i in range(6)
    )
    guess = one(tmp_path, "联考成绩.csv", text)
    assert guess.header == (1, 2) and guess.value("stage") == "senior"
    assert {c.into: c.header for c in guess.columns if c.use == "score"} == {"语文": "语文 得分", "物理": "物理 原始分"}
    assert [c.header for c in guess.columns if c.why == "converted"] == ["物理 赋分"]


def test_means_of_classes_become_results(tmp_path: Path) -> None:
    guess = one(tmp_path, "七年级期中.csv", MEANS)
    assert guess.kind == "class_means" and set(guess.missing) == {"date", "scale_sd:数学"}
    assert guess.value("scale_sd:语文") == "9.849"  # sqrt(9² + 4²)
    guess = guess.answered("date", "2026年4月20日").answered("scale_sd:数学", "12")
    result = read(tmp_path, guess)
    assert not result.accepted  # classes 七年级-1 and 七年级-2 are not among those of the register
    assert {issue.value for issue in result.issues if issue.severity == "problem"} == {"七年级-1", "七年级-2"}
    sections = [section for head, section in guess.as_sections() if section["name"] == "results"]
    assert [section["columns"]["mean"] for section in sections] == ["语文平均分", "数学平均分"]


def test_answers_in_words_become_surveys(tmp_path: Path) -> None:
    guess = one(tmp_path, "学生评教.csv", ANSWERS, KNOWN)
    assert guess.kind == "ratings" and guess.missing == ("date",)
    assert guess.value("reverse") == "H" and not guess.sure and guess.as_sections()[0][1]["scale"] == [1, 5]
    guess = guess.answered("date", "2026-06-10").answered("answer:还行", "3")
    result = read(tmp_path, guess)
    assert result.accepted, [str(issue) for issue in result.issues]
    surveys = result.tables["surveys"].set_index(["teacher_id", "item"])
    assert surveys.loc[("0101", "老师讲课清楚"), "mean"] == 4.5 and surveys.loc[("0101", "老师讲课清楚"), "n"] == 2
    assert surveys.loc[("0101", "课堂上经常拖堂"), "mean"] == 4.5  # the lowest answer is the best one
    assert surveys.loc[("0102", "老师讲课清楚"), "mean"] == 3
    assert "1.1.1.1" not in "".join(frame.to_csv() for frame in result.tables.frames.values())


def test_words_of_two_scales_are_asked_about(tmp_path: Path) -> None:
    text = "教师工号,Q1讲解清楚,Q2作业合适\n" + "0101,非常满意,满意\n0101,不满意,满意\n0102,满意,非常不满意\n"
    guess = one(tmp_path, "问卷.csv", text)
    (question,) = [q for q in guess.questions if q.name == "scale:satisfaction"]
    assert question.choices == ("1-4", "1-5") and not question.sure  # all steps of the shorter one occur
    section = guess.answered(question.name, "1-5").as_sections()[0][1]
    assert section["scale"] == [1, 5] and section["answers"]["满意"] == 4
    assert guess.as_sections()[0][1]["answers"]["满意"] == 3
    with pytest.raises(UsageError):
        guess.answered(question.name, "1-7")


def test_a_self_assessment_is_of_the_teacher_who_answers(tmp_path: Path) -> None:
    text = "工号,1. 我能设计有效的提问,2. 我能根据数据调整教学\n0101,5分,4分\n0102,3分,1分\n"
    guess = one(tmp_path, "教师自评2026-05-20.csv", text)
    result = read(tmp_path, guess.answered("reverse", "-"))
    surveys = result.tables["surveys"]
    assert set(surveys["kind"]) == {"self_report"} and set(surveys["n"]) == {1} and set(surveys["scale_max"]) == {5}


def test_registers_and_course_lists_are_no_wide_sheets(tmp_path: Path) -> None:
    register = "工号,姓名,学校,学段,学科,考核\n1,甲,示例小学,小学,数学,优秀\n2,乙,示例小学,小学,语文,合格\n"
    (tmp_path / "名册.csv").write_text(register, "utf-8")
    (tmp_path / "课表.csv").write_text("星期,一,二,三\n1,语文,数学,英语\n2,数学,语文,体育\n", "utf-8")
    guesses = guess_files([tmp_path], {})
    assert not guesses.wide and [sheet.table for sheet in guesses.sheets] == ["teachers"]


def test_the_teachers_names_are_not_kept(tmp_path: Path) -> None:
    guess = one(tmp_path, "学生评教.csv", ANSWERS, KNOWN)
    assert "甲老师" in str(guess.as_sections()) and "甲老师" not in str(guess.without_people().as_sections())
    again = guess.as_before(guess.without_people().as_sections()).answered("date", "2026-12-10")
    assert again.as_sections()[0][1]["teacher"]["map"] == {"甲老师": "0101", "乙老师": "0102"}
    assert again.as_sections()[0][1]["date"] == "2026-12-10" and [q.name for q in again.questions] == ["survey", "date"]


def test_a_column_may_be_the_answer(tmp_path: Path) -> None:
    text = "instr,Q1 clear lessons,Q2 fair marks,Q3 good tasks\n" + "0101,5,4,1\n0101,1,2,3\n0102,3,3,5\n"
    guess = one(tmp_path, "evaluation.csv", text)
    assert "teacher" in guess.missing
    assert guess.answered("teacher", "A").as_sections()[0][1]["teacher"] == "instr"
    assert guess.answered("teacher", "0101").as_sections()[0][1]["teacher"] == {"value": "0101"}
    sheet = "学号,组,语文\n1,红,80\n2,红,90\n3,蓝,70\n"
    guess = one(tmp_path, "成绩.csv", sheet)
    assert guess.answered("class", "组").as_sections()[0][1]["class"] == "组"
    assert guess.answered("class", "701").as_sections()[0][1]["class"] == {"value": "701"}


def test_sheets_of_one_class_each_are_one_assessment(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "期末成绩.xlsx")) as book:
        for name, scores in (("1班", (80, 90)), ("2班", (60, 70))):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["学号", "姓名", "语文"])
            for row, score in enumerate(scores, start=1):
                sheet.write_row(row, 0, [f"{row:02}", "甲乙"[row - 1], score])
    guesses = guess_files([tmp_path / "期末成绩.xlsx"], KNOWN).wide
    assert [guess.value("class") for guess in guesses] == ["S1-1班", "S1-2班"]
    assert [guess.missing for guess in guesses] == [("date", "stage")] * 2  # which class is certain
    answered = tuple(guess.answered("date", "2026-06-25").answered("stage", "primary") for guess in guesses)
    for file, text in BASE.items():
        (tmp_path / file).write_text(text, "utf-8")
    FileGuesses((), (), answered).write(tmp_path / "map.toml")
    result = read_tables([tmp_path], tmp_path / "map.toml")
    assert result.accepted, [str(issue) for issue in result.issues]
    assert dict(result.tables["results"].set_index("unit_id")["mean"]) == {"S1-1班": 85, "S1-2班": 65}
    assert list(result.tables["assessment_dimensions"]["scale_mean"]) == [75]  # of both classes


def test_files_of_one_class_each_have_one_name(tmp_path: Path) -> None:
    text = "学号,姓名,语文\n1,甲,80\n2,乙,90\n"
    first, second = one(tmp_path, "三(1)班期末.csv", text), one(tmp_path, "三(2)班期末.csv", text)
    assert first.value("assessment") == second.value("assessment") == "期末"
    assert (first.value("class"), second.value("class")) == ("三(1)班", "三(2)班") and "stage" in first.missing


LONG = "班级,学号,科目,成绩\n1班,1,语文,80\n1班,1,数学,70\n1班,2,语文,90\n1班,2,数学,缺考\n2班,3,语文,60\n2班,3,数学,50\n"


def test_a_row_a_pupil_and_subject(tmp_path: Path) -> None:
    guess = one(tmp_path, "小学期末2026-06-25.csv", LONG, KNOWN)
    assert guess.kind == "pupils" and guess.sure
    result = read(tmp_path, guess)
    assert result.accepted, [str(issue) for issue in result.issues]
    means = result.tables["results"].set_index(["dimension", "unit_id"])["mean"]
    assert dict(means) == {("语文", "S1-1班"): 85, ("数学", "S1-1班"): 70, ("语文", "S1-2班"): 60, ("数学", "S1-2班"): 50}
    assert guess.as_before(guess.as_sections()).remembered
    later = one(tmp_path, "小学期末2027-01-15.csv", LONG.replace("数学", "英语"), KNOWN)
    assert not later.as_before(guess.as_sections()).remembered  # mathematics is gone, English would be lost


def test_a_column_that_says_nothing_is_the_subject(tmp_path: Path) -> None:
    guess = one(tmp_path, "期中.csv", "班级,学号,成绩\n1班,1,80\n1班,2,90\n2班,3,70\n")
    assert guess.answered("subject", "数学").as_sections()[0][1]["scores"] == {"数学": "成绩"}


def test_what_a_dimension_speaks_of_may_be_said(tmp_path: Path) -> None:
    known = KNOWN | {"competencies": pd.DataFrame({"competency_id": ["语文", "NUM"]})}
    guess = one(tmp_path, "2026年6月20日.csv", SCORES, known)
    names = [question.name for question in guess.questions if question.name.startswith("competency:")]
    assert names == ["competency:数学", "competency:英语"] and guess.sure  # 语文 is a competency itself; nobody has to answer
    guess = guess.answered("competency:数学", "语文")
    result = read(tmp_path, guess)
    assert result.accepted, [str(issue) for issue in result.issues]
    (indicator,) = result.tables["indicators"].to_dict("records")
    assert (indicator["source"], indicator["indicator"], indicator["competency_id"]) == ("assessment", "数学", "语文")
    again = guess.as_before(guess.as_sections()).as_sections()
    assert [section["name"] for head, section in again if head == "table"] == ["indicators"]
