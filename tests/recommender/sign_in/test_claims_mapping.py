"""From claims to roles: the first rule that fits, and nobody without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import UsageError
from recommender.sign_in.claims_mapping import MAX_SCOPE, ClaimsMapping

MAPPING = """
subject = "employee_no"

[[rule]]
role = "admin"
claim = "realm_access.roles"
value = "training-admins"
scope = ["C1"]

[[rule]]
role = "district"
claim = "groups"
value = "planners"
scope = { claim = "districts", map = { "440305" = "D05", "440306" = "D06" } }

[[rule]]
role = "school"
claim = "https://city.example/school"
scope = { claim = "https://city.example/school" }

[[rule]]
role = "teacher"
claim = "groups"
value = "teachers"
"""


@pytest.fixture
def mapping(tmp_path: Path) -> ClaimsMapping:
    file = tmp_path / "roles.toml"
    file.write_text(MAPPING, "utf-8")
    return ClaimsMapping.read(file)


@pytest.mark.parametrize(
    ("claims", "person"),
    [
        ({"groups": ["teachers"], "employee_no": "T7"}, ("T7", "teacher", ())),
        ({"groups": "teachers", "employee_no": 7}, ("7", "teacher", ())),
        ({"groups": ["teachers", "planners"], "districts": ["440306", "999"], "employee_no": "P"}, ("P", "district", ("D06",))),
        ({"realm_access": {"roles": ["training-admins"]}, "employee_no": "A"}, ("A", "admin", ("C1",))),
        ({"https://city.example/school": "S1", "employee_no": "H"}, ("H", "school", ("S1",))),
        ({"groups": ["planners"], "districts": ["999"], "employee_no": "P"}, None),  # a planner of nowhere we know
        ({"groups": ["teachers"], "employee_no": ["T7", "T8"]}, None),  # two ids are none
        ({"groups": ["teachers"]}, None),
        ({"groups": ["guests"], "employee_no": "T7"}, None),
        ({"groups": {"teachers": True}, "employee_no": "T7"}, None),
        ({"groups": True, "employee_no": "T7"}, None),
        ({"realm_access": "training-admins", "employee_no": "A"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_the_first_rule_that_fits_decides(mapping: ClaimsMapping, claims: dict[str, object], person: object) -> None:
    assert mapping.person(claims) == person


def test_a_scope_has_an_end(mapping: ClaimsMapping) -> None:
    schools = [f"S{i}" for i in range(MAX_SCOPE + 5)]
    person = mapping.person({"https://city.example/school": schools, "employee_no": "H"})
    assert person is not None and len(person[2]) == MAX_SCOPE


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "rule"),
        ('[[rule]]\nrole = "king"\nclaim = "groups"', "role"),
        ('[[rule]]\nrole = "school"\nclaim = "groups"', "rule.0"),
        ('[[rule]]\nrole = "teacher"\nclaim = "groups"\nvalues = "x"', "values"),
        ("[[rule", "roles.toml"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, text: str, place: str) -> None:
    file = tmp_path / "roles.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=place):
        ClaimsMapping.read(file)
