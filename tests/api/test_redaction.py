"""No arithmetic on what is shown tells about fewer people than the reader's floor."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from api.redaction import SMALLEST_GROUP, visible_needs
from recommender.types import GroupNeed, Need, SchoolNeeds

NEED = Need(
    "C1", "学情分析", "Analysing", -0.5, 0.3, 0.6, 0.5, 0.3, 0.7, 0.6, "possible", ("class_results",), 4
)
OTHER = Need(
    "C2", "作业设计", "Designing", -0.5, 0.3, 0.6, 0.5, 0.3, 0.7, 0.6, "possible", ("class_results",), 4
)


@given(st.lists(st.integers(1, 20), max_size=8), st.sampled_from(["school", "district"]))
def test_small_groups_and_small_rests_stay_hidden(sizes: list[int], role: str) -> None:
    floor = SMALLEST_GROUP[role]
    departments = tuple(
        GroupNeed("department", f"S|{i}", str(i), size, need)
        for i, size in enumerate(sizes)
        for need in (NEED, OTHER)
    )
    school = (
        GroupNeed("school", "S", "S", sum(sizes), NEED),
        GroupNeed("school", "S", "S", sum(sizes), OTHER),
    )
    shown = visible_needs(SchoolNeeds("S", "S", departments, school, date(2026, 6, 30), True), role)
    rest = sum(size for size in sizes if size < floor)
    for group in shown.departments:
        assert (group.need is not None) == (group.members >= floor)
    for group in shown.school:
        assert (group.need is not None) == (sum(sizes) >= floor and not 0 < rest < floor)
    for i, size in enumerate(sizes):
        rows = [group for group in shown.departments if group.unit_id == f"S|{i}"]
        assert len(rows) == (2 if size >= floor else 1), "a hidden group is named once"
