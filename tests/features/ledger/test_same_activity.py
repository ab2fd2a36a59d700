"""The same activity counts once, whichever sources record it."""

from __future__ import annotations

from datetime import date

import pytest

from features.ledger.counted_activities import OUTCOMES, counted_activities

AS_OF = date(2026, 12, 31)
K1 = {"course_id": "K1"}


def _counted(tables) -> list[float]:
    return counted_activities(tables, AS_OF).counted.tolist()


@pytest.mark.parametrize(
    ("entries", "counted"),
    [
        ([{"platform": "甲"}, {"platform": "乙"}], [0, 10]),  # 乙 sorts first
        ([{"platform": "甲", "hours": 12.0}, {"platform": "乙"}, {}], [12, 0, 0]),
        ([{"platform": "甲"}, {"platform": "乙", "done_on": "2026-03-02"}], [10, 10]),  # a title of another day
        ([{}, {"hours": 4.0}], [10, 0]),  # entered twice on one day
        ([{"done_on": "2026-03-01"}, {"done_on": "2026-03-08"}], [10, 10]),  # every week
        ([K1 | {"platform": "甲"}, K1 | {"platform": "乙", "done_on": "2026-05-30"}], [0, 10]),
        ([K1 | {"platform": "甲"}, K1 | {"platform": "乙", "done_on": "2026-06-02"}], [10, 10]),  # beyond the window
        # two parts on a platform are more than one claim
        ([K1 | {"platform": "甲"}, K1 | {"platform": "甲", "done_on": "2026-03-08"}, K1 | {"hours": 15.0}], [10, 10, 0]),
        ([{"teacher_id": "A"}, {"teacher_id": "B"}], [10, 10]),
        ([{"platform": "甲"}, {"platform": "乙", "status": "refused"}], [10, 0]),
        ([{"platform": "甲", "status": "claimed"}, {"platform": "乙"}], [0, 10]),
    ],
)
def test_entries(make_tables, entries, counted) -> None:
    assert _counted(make_tables(entries)) == counted


def test_no_chain_joins_what_lies_further_apart_than_the_window(make_tables) -> None:
    days = ("2026-01-01", "2026-03-15", "2026-05-30")
    assert _counted(make_tables([K1 | {"platform": p, "done_on": d} for p, d in zip("甲乙丙", days, strict=True)])) == [0, 10, 10]


def test_an_enrolment_and_an_entry_are_one_and_enrolments_among_themselves_are_not(make_tables) -> None:
    taken = [("K1", "2026-03-01", 12.0), ("K1", "2026-03-20", 12.0)]
    assert _counted(make_tables([], taken=taken)) == [12, 12]
    assert _counted(make_tables([K1 | {"hours": 12.0}], taken=taken[:1])) == [12, 0]
    assert _counted(make_tables([K1 | {"hours": 14.0}], taken=taken[:1])) == [0, 14]


def test_a_duplicate_names_what_counts_in_its_stead(make_tables) -> None:
    entries = [K1, {"activity": "其他"}, K1 | {"status": "claimed", "done_on": "2026-03-09"}]
    result = counted_activities(make_tables(entries, taken=[("K1", "2026-03-01", 12.0)]), AS_OF)
    assert [OUTCOMES[code] for code in result.outcome] == ["counted", "duplicate", "counted", "duplicate"]
    assert result.instead.tolist() == [-1, 0, -1, 0]
