"""Files of one organization change its own rows and nobody else's, one after another, and are undone alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from features.errors import DataError, UsageError
from recommender.workspace.import_history import history, undo
from recommender.workspace.importing import Mode, import_tables, prepare_import
from recommender.workspace.row_changes import Change
from recommender.workspace.versions import load_tables

TEACHER = "teacher_id,school_id,role,stage,subject\n"
CLASS = "class_id,subject,term,teacher_id,school_id,grade\n"
SURVEY = "survey_id,item,kind,teacher_id,date,n,mean,scale_min,scale_max\n"
OBSERVATION = "observation_id,item,teacher_id,rater_id,lesson_id,date,score,scale_min,scale_max\n"
RESULT = "assessment_id,dimension,unit_kind,unit_id,n,mean\n"
COURSE = (
    "course_id,title,provider_id,owner_level,mode,form,hours,category,fixed_cost,seat_cost,min_seats,max_seats,release_days\n"
)
ORGANIZATION = "org_id,name,kind,parent_id\n"
CITY = {
    "organizations": f"{ORGANIZATION}C,某市,city,\nD1,东区,district,C\nS1,一小,school,D1\nS2,二小,school,D1\n"
    "D2,西区,district,C\nS3,三小,school,D2\n",
    "teachers": f"{TEACHER}T1,S1,teacher,primary,数学\nT2,S2,teacher,primary,语文\nT3,S3,teacher,primary,语文\n",
    "competencies": "competency_id,name_zh,name_en,framework,version\nK1,学情分析,Analysing,F,1\n",
    "classes": f"{CLASS}K11,数学,2025-2,T1,S1,1\nK21,语文,2025-2,T2,S2,1\n",
    "assessments": "assessment_id,name,programme,date,stage,subject\nA1,期末,district_exam,2026-01-10,primary,语文\n",
    "assessment_dimensions": "assessment_id,dimension,scale_mean,scale_sd\nA1,K1,500,100\n",
    "results": f"{RESULT}A1,K1,class,K11,30,510\nA1,K1,class,K21,30,490\n",
    "observations": f"{OBSERVATION}O1,K1,T1,T2,L1,2026-03-01,3,1,4\nO2,K1,T2,T1,L2,2026-03-01,3,1,4\n",
    "surveys": f"{SURVEY}V1,K1,student_feedback,T1,2026-03-01,30,3,1,5\nV2,K1,student_feedback,T2,2026-03-01,30,3,1,5\n",
    "courses": f"{COURSE}C1,备课,C,city,online,lecture,10,public,0,0,0,100,0\n",
    "course_goals": "course_id,competency_id,weight\nC1,K1,1\n",
    "enrolments": "teacher_id,course_id,requested_on,status\nT1,C1,2026-03-01,completed\nT2,C1,2026-03-01,enrolled\n",
    "hour_rules": "jurisdiction,category,cycle_start,cycle_years,min_hours\nC,any,2026-01-01,5,360\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A city of two districts and three schools."""
    folder = tmp_path / "city"
    folder.mkdir()
    for name, text in CITY.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    import_tables(tmp_path / "w", [folder])
    return tmp_path / "w"


@pytest.fixture
def refused(root: Path, one: Callable[[str, str], Path]) -> Callable[..., list[tuple[int | None, str]]]:
    """Row and code of each problem that a file of an organization has; nothing of it could be written."""

    def problems(table: str, text: str, scope: str = "S1", mode: Mode = Mode.ADD) -> list[tuple[int | None, str]]:
        prepared = prepare_import(root, [one(table, text)], mode=mode, scope=[scope])
        with pytest.raises(DataError):
            prepared.write()
        return [
            (issue.row, issue.expected.code) for issue in prepared.reading.issues if issue.severity == "problem"
        ]

    return problems


def others(root: Path, school: str = "S1") -> dict[str, pd.DataFrame]:
    """All rows that do not name the school, its teacher or its class."""
    mine = {school, {"S1": "T1", "S2": "T2"}[school], {"S1": "K11", "S2": "K21"}[school]}
    frames = load_tables(root).frames
    return {
        name: frame[~frame.apply(lambda row: bool(mine & set(map(str, row))), axis=1)].reset_index(drop=True)
        for name, frame in frames.items() if len(frame) and name not in ("organizations", "courses", "course_goals")
    }  # fmt: skip


def test_own_rows_are_added_and_all_others_stay(root: Path, one: Callable[[str, str], Path]) -> None:
    before = others(root)
    text = f"{TEACHER}T1,S1,teacher,primary,科学\nT9,S1,teacher,primary,英语\n"
    prepared = import_tables(root, [one("teachers", text)], scope=["S1"], by="school office")
    assert prepared.changes == {"teachers": Change(new=1, changed=1, same=2, gone=0)}
    teachers = load_tables(root)["teachers"].set_index("teacher_id")
    assert teachers["subject"].to_dict() == {"T1": "科学", "T2": "语文", "T3": "语文", "T9": "英语"}
    entry = history(root)[-1]
    assert (entry["scope"], entry["by"]) == (["S1"], "school office")
    for name, frame in others(root).items():
        rows = frame[frame["teacher_id"] != "T9"].reset_index(drop=True) if name == "teachers" else frame
        pd.testing.assert_frame_equal(rows, before[name])


@pytest.mark.parametrize(
    ("table", "text", "row", "code"),
    [
        ("teachers", TEACHER + "T8,S1,teacher,primary,数学\nT9,S2,teacher,primary,数学\n", 3, "another_organization"),
        ("teachers", TEACHER + "T2,S1,teacher,primary,数学\n", 2, "id_taken"),
        ("teachers", TEACHER + "T1,S2,teacher,primary,数学\n", 2, "another_organization"),
        ("classes", CLASS + "K12,数学,2025-2,T2,S1,1\n", 2, "another_organization"),
        ("classes", CLASS + "K12,数学,2025-2,T1,S2,1\n", 2, "another_organization"),
        ("classes", CLASS + "K21,数学,2025-2,T1,S1,1\n", 2, "id_taken"),
        ("results", RESULT + "A1,K1,class,K11,31,500\nA1,K1,class,K21,31,500\n", 3, "another_organization"),
        ("results", RESULT + "A1,K1,school,S2,31,500\n", 2, "another_organization"),
        ("results", RESULT + "A1,K1,district,D1,31,500\n", 2, "another_organization"),
        ("observations", OBSERVATION + "O9,K1,T2,T1,L1,2026-03-01,3,1,4\n", 2, "another_organization"),
        ("observations", OBSERVATION + "O2,K1,T1,T2,L1,2026-03-01,3,1,4\n", 2, "id_taken"),
        ("surveys", SURVEY + "V9,K1,self_report,T3,2026-03-01,1,3,1,5\n", 2, "another_organization"),
        ("enrolments", "teacher_id,course_id,requested_on,status\nT2,C1,2026-04-01,enrolled\n", 2, "another_organization"),
        ("courses", COURSE + "C9,校本,S2,school,online,lecture,10,public,0,0,0,9,0\n", 2, "another_organization"),
        ("courses", COURSE + "C9,校本,S1,city,online,lecture,10,public,0,0,0,9,0\n", 2, "course_level"),
        ("course_goals", "course_id,competency_id,weight\nC1,K1,2\n", 2, "another_organization"),
        ("organizations", ORGANIZATION + "S2,改名,school,D1\n", 2, "another_organization"),
        ("organizations", ORGANIZATION + "S9,新校,school,D1\n", 2, "another_organization"),
        ("organizations", ORGANIZATION + "S1,一小,school,D2\n", 2, "parent_fixed"),
        ("organizations", ORGANIZATION + "S1,一小,district,D1\n", 2, "kind_fixed"),
        ("competencies", "competency_id,name_zh,name_en,framework,version\nK1,改,x,F,1\n", 2, "city_wide"),
        ("competencies", "competency_id,name_zh,name_en,framework,version\nK2,新,x,F,1\n", 2, "city_wide"),
        ("hour_rules", "jurisdiction,category,cycle_start,cycle_years,min_hours\nS1,any,2026-01-01,5,1\n", 2, "city_wide"),
        ("targets", "competency_id,target\nK1,0.5\n", 2, "city_wide"),
        ("indicators", "source,indicator,competency_id,weight\nobservation,K1,K1,1\n", 2, "city_wide"),
        ("assessments", "assessment_id,name,programme,date,stage,subject\nA2,x,school_exam,2026-01-10,primary,语文\n", 2,
         "city_wide"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", list(Mode))
def test_rows_of_others_are_problems_with_their_row(
    refused: Callable[..., list[tuple[int | None, str]]], table: str, text: str, row: int, code: str, mode: Mode
) -> None:
    assert refused(table, text, mode=mode) == [(row, f"scope.{code}")]


def test_a_district_brings_all_its_schools_and_a_new_one(root: Path, one: Callable[[str, str], Path]) -> None:
    text = f"{ORGANIZATION}S9,新校,school,D1\nS91,新校东校区,school,S9\nS1,一小改名,school,D1\n"
    import_tables(root, [one("organizations", text)], scope=["D1"])
    import_tables(root, [one("teachers", f"{TEACHER}T9,S91,teacher,primary,数学\n")], scope=["D1"])
    assert set(load_tables(root)["teachers"]["teacher_id"]) == {"T1", "T2", "T3", "T9"}
    assert load_tables(root)["organizations"].set_index("org_id").at["S1", "name"] == "一小改名"


def test_a_district_moves_no_school_out_of_its_sight(refused: Callable[..., list[tuple[int | None, str]]]) -> None:
    assert refused("organizations", f"{ORGANIZATION}S1,一小,school,D2\n", "D1") == [(2, "scope.parent_fixed")]


def test_replace_removes_rows_of_the_scope_alone(root: Path, one: Callable[[str, str], Path]) -> None:
    before = others(root)
    prepared = import_tables(
        root, [one("observations", f"{OBSERVATION}O7,K1,T1,T2,L9,2026-04-01,4,1,4\n")], mode=Mode.REPLACE, scope=["S1"]
    )
    assert prepared.changes["observations"] == Change(new=1, changed=0, same=1, gone=1)
    assert load_tables(root)["observations"]["observation_id"].tolist() == ["O2", "O7"]
    for name, frame in others(root).items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_an_empty_district_file_in_replace_leaves_the_district_itself(root: Path, one: Callable[[str, str], Path]) -> None:
    import_tables(root, [one("organizations", f"{ORGANIZATION}S1,一小,school,D1\n")], mode=Mode.REPLACE, scope=["D1"])
    assert load_tables(root)["organizations"]["org_id"].tolist() == ["C", "D1", "D2", "S1", "S3"]


def test_rows_of_others_that_change_nothing_are_left_out_with_a_note(root: Path, tmp_path: Path) -> None:
    """A school sends back the set of tables that it got, with one teacher more."""
    folder = tmp_path / "back"
    folder.mkdir()
    for name, text in CITY.items():
        added = "T9,S1,teacher,primary,英语\n" if name == "teachers" else ""
        (folder / f"{name}.csv").write_text(text + added, "utf-8")
    prepared = import_tables(root, [folder], scope=["S1"])
    assert prepared.counts[0] == 0
    assert {name for name, change in prepared.changes.items() if change.new or change.changed or change.gone} == {"teachers"}
    assert "scope.left_out_same" in str([issue.expected for issue in prepared.reading.issues])


def test_good_rows_are_written_without_those_of_others(root: Path, one: Callable[[str, str], Path]) -> None:
    text = f"{TEACHER}T9,S1,teacher,primary,英语\nT2,S1,teacher,primary,数学\n"
    import_tables(root, [one("teachers", text)], accept_good_rows=True, scope=["S1"])
    teachers = load_tables(root)["teachers"].set_index("teacher_id")
    assert teachers.at["T2", "school_id"] == "S2" and teachers.at["T9", "school_id"] == "S1"


def test_results_of_a_class_that_nobody_knows_are_nobodys(root: Path, one: Callable[[str, str], Path]) -> None:
    import_tables(root, [one("classes", CLASS)], mode=Mode.REPLACE)
    prepared = prepare_import(root, [one("results", f"{RESULT}A1,K1,class,K77,31,500\n")], scope=["S1"])
    assert [issue.expected.code for issue in prepared.reading.issues if issue.severity == "problem"] == ["scope.owner_unknown"]


@pytest.mark.parametrize("scope", [[], ["S404"]])
def test_a_scope_is_an_organization_that_is_stored(root: Path, one: Callable[[str, str], Path], scope: list[str]) -> None:
    with pytest.raises(UsageError):
        prepare_import(root, [one("teachers", TEACHER)], scope=scope)


def test_an_import_is_undone_by_its_own_organization_until_another_came(
    root: Path, one: Callable[[str, str], Path]
) -> None:
    first = f"{TEACHER}T8,S1,teacher,primary,英语\n"
    import_tables(root, [one("teachers", first)], scope=["S1"])
    with pytest.raises(UsageError, match="Somebody else"):
        undo(root, "other school", scope=["S2"])
    with pytest.raises(UsageError, match="--to"):
        undo(root, "school", to=1, scope=["S1"])
    undo(root, "school", scope=["S1"])
    assert history(root)[-1]["scope"] == ["S1"]
    assert "T8" not in set(load_tables(root)["teachers"]["teacher_id"])
    with pytest.raises(UsageError, match="Somebody else"):  # what is in effect is the city's own import
        undo(root, "school", scope=["S1"])
    import_tables(root, [one("teachers", first)], scope=["S1"])
    import_tables(root, [one("teachers", f"{TEACHER}T7,S2,teacher,primary,英语\n")], scope=["S2"])
    with pytest.raises(UsageError, match="Somebody else"):
        undo(root, "school", scope=["S1"])
    assert {"T7", "T8"} <= set(load_tables(root)["teachers"]["teacher_id"])


def test_what_others_imported_meanwhile_stays(root: Path, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "1" / "teachers.csv", tmp_path / "2" / "teachers.csv"
    for file, row in ((mine, "T8,S1"), (theirs, "T7,S2")):
        file.parent.mkdir()
        file.write_text(f"{TEACHER}{row},teacher,primary,英语\n", "utf-8")
    prepared = prepare_import(root, [mine], scope=["S1"])
    import_tables(root, [theirs], scope=["S2"])
    assert prepared.write()
    assert {"T7", "T8"} <= set(load_tables(root)["teachers"]["teacher_id"])


def test_files_that_do_something_else_by_now_are_shown_again(root: Path, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "1" / "teachers.csv", tmp_path / "2" / "teachers.csv"
    for file, subject in ((mine, "英语"), (theirs, "科学")):
        file.parent.mkdir()
        file.write_text(f"{TEACHER}T8,S1,teacher,primary,{subject}\n", "utf-8")
    prepared = prepare_import(root, [mine], scope=["S1"])
    import_tables(root, [theirs], scope=["D1"])
    with pytest.raises(DataError, match="reads differently"):
        prepared.write()
    assert load_tables(root)["teachers"].set_index("teacher_id").at["T8", "subject"] == "科学"


def test_schools_that_import_at_once_lose_nothing(root: Path, tmp_path: Path) -> None:
    """Two processes, six imports each."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom recommender.workspace.importing import import_tables\n"
        "root, school, folder = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])\nfolder.mkdir()\n"
        "print('on', flush=True); sys.stdin.readline()\n"
        "for i in range(6):\n  file = folder / 'teachers.csv'\n"
        f"  file.write_text({TEACHER!r} + f'{{school}}-{{i}},{{school}},teacher,primary,英语\\n', 'utf-8')\n"
        "  import_tables(root, [file], scope=[school], by=school)\n"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(root), school, str(tmp_path / school)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for school in ("S1", "S2")
    ]  # fmt: skip
    for child in children:
        assert child.stdout is not None and child.stdout.readline() == "on\n"
    for child in children:
        child.communicate("go\n")
        assert child.returncode == 0
    ids = set(load_tables(root)["teachers"]["teacher_id"])
    assert ids == {"T1", "T2", "T3"} | {f"{school}-{i}" for school in ("S1", "S2") for i in range(6)}
    assert sorted(entry["by"] for entry in history(root)[1:]) == ["S1"] * 6 + ["S2"] * 6
