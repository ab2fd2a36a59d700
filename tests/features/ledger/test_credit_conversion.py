"""Credits into hours: the rule that applies, validity, the most of a year."""

from __future__ import annotations

from datetime import date

import pytest

from features.ledger.counted_activities import OUTCOMES, counted_activities

AS_OF = date(2026, 12, 31)
ONE = {"credits": 1.0}


@pytest.mark.parametrize(
    ("rules", "entry", "hours"),
    [
        ([], ONE, 10),  # no rule: its own hours
        ([{}], ONE, 8),
        ([{}], {}, 10),  # no credits
        ([{}, {"category": "public", "hours_per_credit": 5.0}], ONE, 5),
        ([{"category": "public", "hours_per_credit": 5.0}, {"level": "city", "hours_per_credit": 6.0}], ONE, 5),
        ([{"category": "public", "level": "city", "hours_per_credit": 4.0}, {"category": "public"}], ONE, 4),
        ([{"category": "elective", "hours_per_credit": 5.0}], ONE, 10),
        ([{"level": "school", "hours_per_credit": 5.0}, {}], ONE, 8),
        ([{"jurisdiction": "D", "hours_per_credit": 3.0}, {"category": "public", "level": "city"}], ONE, 3),  # the nearest first
        ([{"jurisdiction": "D2", "hours_per_credit": 3.0}], ONE, 10),
        ([{}, {"valid_from": "2026-03-01", "hours_per_credit": 7.0}], ONE, 7),
        ([{}, {"valid_from": "2026-03-02", "hours_per_credit": 7.0}], ONE, 8),  # dated: the day of the activity decides
    ],
)
def test_the_rule_that_applies(make_tables, rules, entry, hours) -> None:
    assert counted_activities(make_tables([entry], credits=rules), AS_OF).counted.tolist() == [hours]


@pytest.mark.parametrize(("done", "outcome"), [("2023-12-31", "expired"), ("2024-01-01", "counted")])
def test_validity(make_tables, done: str, outcome: str) -> None:
    result = counted_activities(make_tables([{"done_on": done}], credits=[{"valid_years": 3}]), AS_OF)
    assert OUTCOMES[result.outcome[0]] == outcome and result.counted[0] == (10 if outcome == "counted" else 0)


def test_the_most_of_a_year_counts_the_earliest_and_starts_anew_each_year(make_tables) -> None:
    days = ("2025-12-31", "2026-02-01", "2026-03-01", "2026-04-01")
    elective = {"category": "elective"}
    tables = make_tables(
        [*(elective | {"done_on": day} for day in days), {"activity": "x"}, elective | {"teacher_id": "B"}],
        credits=[{"category": "elective", "max_hours_per_year": 15.0}],
    )
    result = counted_activities(tables, AS_OF)
    assert result.counted.tolist() == [10, 10, 5, 0, 10, 10]
    assert {OUTCOMES[code] for code in result.outcome} == {"counted"}
