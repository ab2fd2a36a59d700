"""Who answers what, and that nobody decides about herself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from features.errors import UnknownIdError
from features.schema import TABLES
from recommender.objections.duty import BY_SCHOOL, PartialityError, duty_of, in_duty, refuse_partial
from recommender.records.objection_records import Contested, Objection
from recommender.tokens import Claims

AT = datetime(2026, 7, 1, tzinfo=UTC)


class Offices:
    def school_of(self, teacher_id: str) -> str:
        if teacher_id != "T1":
            raise UnknownIdError("nobody")
        return "S1"

    def ancestors(self, org_id: str) -> tuple[str, ...]:
        return ("D1", "C1")


def _objection(kind: str, subject: str, teacher: str = "T1") -> Objection:
    return Objection(1, teacher, Contested(kind, subject), "text", AT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "subject", "school", "district"),
    [("row", "observations", True, False), ("row", "teachers", True, False), ("row", "results", False, True),
     ("row", "surveys", False, True), ("course", "K1", False, True), ("need", "C1", False, False)],
)  # fmt: skip
def test_each_kind_has_its_office(kind: str, subject: str, school: bool, district: bool) -> None:
    objection = _objection(kind, subject)
    for role, scope, own in (
        ("school", "S1", school), ("school", "S2", False), ("district", "D1", district), ("district", "D2", False),
        ("admin", "", True), ("researcher", "C1", False), ("teacher", "S1", False),
    ):  # fmt: skip
        visitor = Claims("x", role, frozenset({scope} - {""}), AT)  # type: ignore[arg-type]
        assert in_duty(visitor, objection, Offices()) == own, (role, scope)


def test_an_objection_of_one_who_left_is_the_administrator_s() -> None:
    gone = _objection("row", "teachers", "T9")
    assert not in_duty(Claims("x", "school", frozenset({"S1"}), AT), gone, Offices())
    assert in_duty(Claims("x", "admin", frozenset(), AT), gone, Offices())


def test_whoever_is_named_does_not_decide() -> None:
    objection = _objection("row", "observations")
    visitor = Claims("T7", "school", frozenset({"S1"}), AT)
    refuse_partial(visitor, objection, ("T1", "T8"))
    for subject in ("T7", "T1"):
        with pytest.raises(PartialityError):
            refuse_partial(Claims(subject, "school", frozenset({"S1"}), AT), objection, ("T7",))


def test_tables_of_a_school_are_in_the_schema() -> None:
    assert set(TABLES) >= BY_SCHOOL and duty_of(Contested("row", "a table that comes later")) == "district"
