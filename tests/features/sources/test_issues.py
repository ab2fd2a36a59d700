"""Issues: a problem for each row, a note for all."""

from __future__ import annotations

import numpy as np
import pytest

from features.messages import message
from features.schema import TABLES
from features.sources import issues as module
from features.sources.issues import Issues
from features.sources.read.header import match
from features.sources.read.sheet import Sheet, texts
from features.sources.read.subject_names import subject_names
from features.sources.staging import StagingTable

EXPECTED = message("sources.overlong_row")


@pytest.fixture
def staging() -> StagingTable:
    """Five goals of courses, in rows 2 to 6."""
    columns = (texts(["C1"] * 5), texts(["K1", "K2", "K3", "K4", "K5"]), texts(["1", "x", "1", "1", "1"]))
    sheet = Sheet("g.csv", None, ("course_id", "competency_id", "weight"), columns, np.arange(2, 7))
    table = TABLES["course_goals"]
    return StagingTable(table, [match(sheet, table, Issues())], subject_names())


def test_problems_are_rows_and_make_them_bad(staging: StagingTable) -> None:
    issues = Issues()
    issues.problem(staging, np.array([0, 1, 0, 0, 1], bool), ("course_id", "competency_id"), EXPECTED)
    assert [(i.row, i.letter, i.header, i.value) for i in issues.items] == [
        (3, "A+B", "course_id+competency_id", "C1 K2"), (6, "A+B", "course_id+competency_id", "C1 K5"),
    ]  # fmt: skip
    assert not issues.accepted and staging.bad.tolist() == [False, True, False, False, True]


def test_beyond_the_limit_the_rest_is_counted(staging: StagingTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LISTED", 2)
    issues = Issues()
    issues.problem(staging, np.ones(5, bool), ("weight",), EXPECTED)
    assert [i.row for i in issues.items] == [2, 3, None] and staging.bad.all()
    assert (
        issues.items[-1].expected == message("sources.more_problems", count=3)
        and issues.items[-1].letter == "C"
    )


@pytest.mark.parametrize(
    ("rows", "code", "numbers"),
    [
        ([1], "overlong_row", None),
        ([1, 3], "note_of_rows", (3, 5)),
        ([0, 1, 2, 4], "note_of_many_rows", (2, 3, 4)),
    ],
)
def test_a_note_counts_its_rows(
    staging: StagingTable, rows: list[int], code: str, numbers: tuple[int, ...] | None
) -> None:
    issues = Issues()
    issues.note(staging, np.isin(np.arange(5), rows), ("weight",), EXPECTED)
    (issue,) = issues.items
    assert issue.expected.code == f"sources.{code}" and issue.row == rows[0] + 2
    assert issue.expected.values.get("rows") == numbers and issues.accepted and not staging.bad.any()


def test_no_rows_make_no_note(staging: StagingTable) -> None:
    issues = Issues()
    issues.note(staging, np.zeros(5, bool), (), EXPECTED)
    assert not issues.items


def test_cells_that_cannot_be_read(staging: StagingTable) -> None:
    issues = Issues()
    issues.unreadable_cells(staging)
    (issue,) = issues.items
    assert (issue.row, issue.letter, issue.value, issue.expected.code) == (3, "C", "x", "sources.a_number")
    assert staging.good.tolist() == [True, False, True, True, True]
