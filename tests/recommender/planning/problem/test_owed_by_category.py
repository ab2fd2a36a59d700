"""Which courses count towards hours owed is decided as on the cards."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from features.hours import course_hours, course_last_days, hours_owed, owed_rules
from features.snapshot import Snapshot
from features.tables import Tables
from recommender.planning.problem.owed_by_category import CATEGORIES, owed_by_category

AS_OF = date(2026, 6, 30)


@pytest.mark.parametrize("seed", range(5))
def test_every_pair_counts_as_one_course_hours_says(seed: int, drawn: Any) -> None:
    district = drawn.district(seed, 15, 12)
    kind, counts = district.hours.counting(district.courses)
    days = course_last_days(district.courses)
    late = 0
    for teacher in range(len(district.people)):
        rules = district.hours.rules(teacher)
        for course, category in enumerate(district.courses["category"].astype(str)):
            answer = course_hours(rules, category, 2.0, days[course])
            late += answer.status == "late"
            expected = [name in {part.category for part in answer.counted} for name in CATEGORIES]
            assert counts[teacher, kind[course]].tolist() == expected
    assert late and counts.any()


def test_of_a_city_it_has_the_hours_of_the_cards(district: Tables, planted: Any) -> None:
    snapshot = Snapshot(district, planted(district, AS_OF), AS_OF)
    people = np.arange(len(snapshot.teacher_ids))[::-3]
    owed = owed_by_category(snapshot, people)
    table = hours_owed(snapshot.tables, snapshot.as_of)
    for row, teacher in enumerate(snapshot.teacher_ids[people]):
        own = {rule.category: rule for rule in owed_rules(table[table["teacher_id"] == teacher])}
        rules = {rule.category: rule for rule in owed.rules(row)}
        assert {c: (r.cycle_end, r.countable) for c, r in rules.items()} == {
            c: (r.cycle_end, max(r.countable, 0.0)) for c, r in own.items()
        }
    assert owed.countable.any()
