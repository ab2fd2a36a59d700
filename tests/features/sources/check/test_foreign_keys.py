"""Ids that refer to other tables: repaired, suggested, or noted where the other table is absent."""

from __future__ import annotations

from features.sources.read_tables import ReadResult, read_tables

HEAD = "teacher_id,school_id,role,stage,subject\n"


def _codes(result: ReadResult, column: str) -> list[tuple[int | None, str, str]]:
    return [
        (i.row, i.expected.code.removeprefix("sources."), i.example)
        for i in result.issues
        if i.header == column
    ]


def test_an_id_without_zeros_or_under_its_name_is_repaired_with_a_note(broken) -> None:
    result = read_tables(
        [broken(teachers=f"{HEAD}T1,1.0,teacher,primary,数学\nT2,第一小学,teacher,primary,数学\n")]
    )
    assert _codes(result, "school_id") == [(2, "repaired_id", ""), (3, "repaired_id", "")]
    assert result.tables["teachers"]["school_id"].tolist() == ["001", "001"]


def test_an_ambiguous_id_is_not_repaired(broken) -> None:
    organizations = "org_id,name,kind\nD1,南山区,district\n01,甲,school\n001,乙,school\n"
    teachers = f"{HEAD}T1,1,teacher,primary,数学\n"
    result = read_tables([broken(organizations=organizations, teachers=teachers)])
    assert [code for _, code, _ in _codes(result, "school_id")] == ["unknown_id"]


def test_a_similar_name_is_suggested(broken) -> None:
    result = read_tables([broken(teachers=f"{HEAD}T1,南山实验,teacher,primary,数学\n")])
    assert _codes(result, "school_id") == [(2, "unknown_id_did_you_mean", "南山实验学校")]


def test_the_unknown_item_of_a_list_is_named(broken, sound) -> None:
    courses = (sound / "courses.csv").read_text("utf-8").splitlines()
    text = f"{courses[0]},prerequisites\n{courses[1]},C1;X9\n"
    (issue,) = [i for i in read_tables([broken(courses=text)]).issues if i.header == "prerequisites"]
    assert issue.expected.code == "sources.unknown_item" and issue.expected.values["item"] == "X9"


def test_an_absent_table_is_one_note_and_a_lenient_key_too(broken) -> None:
    observations = (
        "observation_id,item,teacher_id,rater_id,lesson_id,date,score,scale_min,scale_max\n"
        "O1,K1,T1,R1,L1,2026-03-01,3,1,5\nO2,K1,T1,R2,L2,2026-03-01,3,1,5\n"
    )
    results = "assessment_id,dimension,unit_kind,unit_id,n,mean\nA1,D,school,S1,30,500\n"
    result = read_tables([broken(observations=observations, results=results)])
    assert result.accepted
    (rater,) = [i for i in result.issues if i.header == "rater_id"]
    assert rater.expected.code == "sources.note_of_rows" and rater.expected.values["count"] == 2
    assert rater.expected.values["note"].code == "sources.id_not_in_table"
    assert (2, "no_such_table_yet", "") in _codes(result, "assessment_id")


def test_a_key_with_a_condition_applies_to_its_rows_only(broken) -> None:
    results = (
        "assessment_id,dimension,unit_kind,unit_id,n,mean\n"
        "A1,D,school,S1,30,500\nA1,D,school,C9,30,500\nA1,D,class,S1,30,500\n"
    )
    codes = _codes(read_tables([broken(results=results)]), "unit_id")
    assert codes == [(4, "no_such_table_yet", ""), (3, "unknown_id", "")]
