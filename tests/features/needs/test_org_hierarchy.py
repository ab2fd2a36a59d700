"""Where everyone belongs: departments, schools, districts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.needs.org_hierarchy import org_hierarchy
from features.tables import Tables, typed_frame


def hierarchy_of(people: list[tuple[str, str, str | None]], orgs: list[tuple[str, str, str | None]]):
    teachers = pd.DataFrame(people, columns=["teacher_id", "school_id", "subject"]).assign(role="teacher", stage="primary")
    table = pd.DataFrame(orgs, columns=["org_id", "kind", "parent_id"]).assign(name="x")
    frames = {"teachers": teachers, "organizations": table}
    return org_hierarchy(Tables({name: typed_frame(name, frame) for name, frame in frames.items()}))


ORGS = [("C", "city", None), ("D", "district", "C"), ("A", "school", "D"), ("B", "school", "C"), ("G", "platform", "A"),
        ("N", "school", "D")]  # fmt: skip
PEOPLE = [("T0", "B", "数学;语文"), ("T1", "A", "语文"), ("T2", "A", "语文;数学"), ("T3", "A", None), ("T4", "nowhere", "数学")]


def test_a_teacher_of_several_subjects_is_a_member_of_each_department_and_at_home_in_the_first() -> None:
    hierarchy = hierarchy_of(PEOPLE, ORGS)
    names = hierarchy.departments.tolist()
    assert names == ["A|数学", "A|语文", "B|数学", "B|语文", "nowhere|数学"]
    members = hierarchy.members.toarray()[: len(names)]
    assert {name: np.flatnonzero(row).tolist() for name, row in zip(names, members, strict=True)} == {
        "A|数学": [2], "A|语文": [1, 2], "B|数学": [0], "B|语文": [0], "nowhere|数学": [4],
    }  # fmt: skip
    home = hierarchy.index.department
    assert home[1] == home[2] and len({home[0], home[1], home[3], home[4]}) == 4


def test_schools_are_groups_of_all_their_people_and_departments_know_their_school() -> None:
    hierarchy = hierarchy_of(PEOPLE, ORGS)
    schools = hierarchy.school_ids.tolist()
    assert schools == ["A", "B", "nowhere"]
    rows = hierarchy.members.toarray()[hierarchy.school_group]
    assert [np.flatnonzero(row).tolist() for row in rows] == [[1, 2, 3], [0], [4]]
    owner = [schools[s] for s in hierarchy.group_school]
    assert owner == ["A", "A", "B", "B", "nowhere", "A", "B", "nowhere"]


def test_the_district_is_the_nearest_above_and_empty_without_one() -> None:
    hierarchy = hierarchy_of(PEOPLE, ORGS)
    districts = hierarchy.district_ids[hierarchy.index.district]
    assert dict(zip(hierarchy.school_ids, districts, strict=True)) == {"A": "D", "B": "", "nowhere": ""}


def test_a_circle_of_organizations_ends_without_a_district() -> None:
    hierarchy = hierarchy_of([("T0", "A", "数学")], [("A", "school", "B"), ("B", "city", "A")])
    assert hierarchy.district_ids.tolist() == [""]
