from features.schema import TABLES
from features.sources.check import check_rows
from features.sources.csv import Row

GOALS = TABLES["course_goals"]


def _check(*lines):
    return check_rows("goals.csv", [Row(i, tuple(c)) for i, c in enumerate(lines, start=1)], GOALS)


def test_chinese_headers_in_any_order_and_good_rows_keep_their_numbers():
    got = _check(["权重", "课程代码", "能力代码"], ["2", "C1", "K1"], ["1", "C1", "K2"])
    assert got.accepted
    assert got.columns == {"course_id": ["C1", "C1"], "competency_id": ["K1", "K2"], "weight": [2.0, 1.0]}
    assert got.rows == [2, 3]


def test_every_problem_is_told_and_only_good_rows_pass():
    got = _check(
        ["course_id", "competency_id", "weight", "level"],
        ["C1", "", "五", "9"],
        ["C1", "K1", "1", "2"],
        ["C1", "K1", "1", "3"],
        ["C1", "K1", "1", "2"],
    )
    assert [(p.row, p.column) for p in got.problems if p.severity == "problem"] == [
        (2, "能力代码"),
        (2, "权重"),
        (2, "水平"),
        (4, "course_id+competency_id"),
    ]
    assert [p.row for p in got.problems if p.severity == "note"] == [5]
    assert got.rows == [3]
    assert not got.accepted


def test_a_missing_required_column_stops_and_a_strange_one_does_not():
    missing = _check(["course_id", "weight"], ["C1", "1"])
    assert [p.expected_en for p in missing.problems] == ["the required column competency_id"]
    assert missing.rows == []
    strange = _check(["course_id", "competency_id", "weight", "备注"], ["C1", "K1", "1", "x"])
    assert strange.accepted
    assert strange.problems[0].severity == "note"


def test_the_message_names_place_value_and_cure():
    problem = _check(["course_id", "competency_id", "weight"], ["C1", "K1", "五"]).problems[0]
    assert problem.message("zh") == "goals.csv 第 2 行「权重」:填的是「五」,请填数字,如 1。"
    assert problem.message("en").startswith('goals.csv row 2, column "权重": found "五"; expected a number')


def test_an_empty_file_lacks_its_columns():
    assert len(check_rows("goals.csv", [], GOALS).problems) == 3
