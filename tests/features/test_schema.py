import pytest

from features.schema import TABLES


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_header_means_one_column_only(table):
    for column in table.columns:
        for header in (column.name, column.zh, *column.synonyms):
            assert table.column_for(header) is column


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_key_columns_exist_and_are_required(table):
    columns = {c.name: c for c in table.columns}
    assert len(columns) == len(table.columns)
    assert all(columns[name].required for name in table.key)


def test_case_and_spaces_of_a_header_do_not_matter_and_a_stranger_is_none():
    teachers = TABLES["teachers"]
    assert teachers.column_for(" Teacher ID ").name == "teacher_id"
    assert teachers.column_for("教师 工号").name == "teacher_id"
    assert teachers.column_for("身份证号") is None


def test_limits_are_ordered():
    for table in TABLES.values():
        for c in table.columns:
            assert c.low is None or c.high is None or c.low < c.high, f"{table.name}.{c.name}"


def test_all_tables_of_the_contract_are_declared():
    assert len(TABLES) == 18


def test_required_columns_are_those_users_were_promised():
    results = {c.name for c in TABLES["results"].columns if c.required}
    assert results == {"assessment_id", "dimension", "unit_kind", "unit_id", "n", "mean"}
