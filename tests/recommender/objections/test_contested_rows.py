"""The contested row: its key, its digest, and what those who answer see of it."""

from __future__ import annotations

import pytest

from features.personal_rows import ABOUT_NOBODY
from features.row_identity import key_columns, key_of
from features.schema import TABLES
from recommender.advice import AdviceService
from recommender.objections.contested_rows import OPEN_NUMBERS, desk_cells, find_row, named_in


def test_every_row_that_is_shown_to_her_is_one_row_by_its_key(city) -> None:
    service = AdviceService(city.workspace, city.settings)
    teacher = str(city.workspace.tables["observations"]["teacher_id"].iloc[0])
    tables = service.personal_data(teacher)
    rows = [(t.name, row) for t in tables if t.kind == "tables" for row in t.rows]
    assert {name for name, _ in rows} >= {"teachers", "observations", "classes", "results"}
    for name, row in rows:
        assert find_row(tables, name, key_of(name, row)) == row
    assert find_row(tables, "observations", {"observation_id": "nobody", "item": "x"}) is None
    assert find_row(tables, "needs", {}) is None and find_row(tables, "no table", {"a": "b"}) is None


@pytest.mark.parametrize("name", sorted(set(TABLES) - ABOUT_NOBODY))
def test_those_who_answer_see_no_measured_number(name: str) -> None:
    row = dict.fromkeys((column.name for column in TABLES[name].columns), 1.0)
    numbers = {column.name for column in TABLES[name].columns if column.kind in ("number", "integer")}
    shown = set(desk_cells(name, row))
    assert shown & numbers == {column for table, column in OPEN_NUMBERS if table == name}
    assert shown >= set(key_columns(name)), "without its key nobody knows which row is meant"


def test_an_observer_is_named_in_her_row() -> None:
    assert named_in("observations", {"teacher_id": "T1", "rater_id": "T7", "item": "a"}) == {"T1", "T7"}
    assert named_in("results", {"unit_id": "C1"}) == frozenset()
