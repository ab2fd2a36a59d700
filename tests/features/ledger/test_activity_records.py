"""Records from both tables: which are the same activity, from which source, in which state."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from features.ledger.activity_records import activity_records, plain_title

AS_OF = date(2026, 12, 31)


def test_titles_are_compared_without_case_spaces_and_punctuation() -> None:
    assert plain_title(["ＡＩ 素养（第2期）", "ai素养 第2期", None]).to_pylist() == ["ai素养第2期", "ai素养第2期", None]


def test_a_course_is_the_same_by_id_by_its_own_title_and_by_an_id_of_another_catalogue(make_tables) -> None:
    records = activity_records(make_tables(
        [{"course_id": "K1", "activity": "x"}, {"activity": "数据素养(一)"}, {"activity": "数据素养 一"},
         {"activity": "数据素养"}, {"course_id": "X9", "activity": "a"}, {"course_id": "X9", "activity": "b"}, {"activity": "a"}],
        taken=[("K1", "2026-03-01", None)],
    ), AS_OF)  # fmt: skip
    code = records.activity
    assert len({*code[:4]}) == 1 and code[5] == code[6] and len({*code}) == 4
    assert records.of_course.tolist() == [True, True, True, True, False, True, True, False]
    assert records.hours[0] == 12.0  # the course's own where the enrolment records none


def test_sources_and_states_are_coded_and_empty_cells_have_none(make_tables) -> None:
    records = activity_records(make_tables(
        [{"platform": "乙"}, {"platform": "甲", "status": "claimed"}, {}], taken=[("K2", "2026-03-01", 4.0)],
    ), AS_OF)  # fmt: skip
    assert records.sources == ("enrolments", "乙", "甲", "") and records.source.tolist() == [0, 1, 2, 3]
    assert records.status.tolist() == [2, 2, 0, 2] and records.category.tolist() == [2, 0, 0, 0]
    assert np.isnan(records.credits).all() and records.row.tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize(("decided", "state"), [("2026-12-31", 2), ("2027-01-01", 0)])
def test_nothing_dated_later_is_known(make_tables, decided: str, state: int) -> None:
    tables = make_tables([{"decided_on": decided}, {"done_on": "2027-01-01"}, {"teacher_id": "GONE"}])
    records = activity_records(tables, AS_OF)
    assert records.status.tolist() == [state]
    assert activity_records(tables.until(AS_OF), date(2028, 1, 1)).status[0] == state
