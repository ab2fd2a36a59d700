"""Who answers an objection: the office that knows the facts and may see them, and nobody who is named in what is contested.

`measurement.md` E: a school sees no need and no score of a person. So it answers about the register, classes and the visits
of its own observers; a district about what it collects itself and about courses; and what only those who run the system
may see, needs, is answered by them. An administrator may answer everything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Protocol

from features.errors import UnknownIdError, UsageError
from recommender.records.objection_records import Contested, Objection
from recommender.tokens import Claims, Role

ANSWERERS: Final[tuple[Role, ...]] = ("school", "district", "admin")
BY_SCHOOL: Final = frozenset({"teachers", "classes", "observations"})
"""Tables about which a school answers; about all others, and tables that come later, the district does."""


class OfficeDirectory(Protocol):
    """The part of `AdviceService` that is used here."""

    def school_of(self, teacher_id: str) -> str: ...
    def ancestors(self, org_id: str) -> Sequence[str]: ...


class PartialityError(UsageError):
    """Whoever is named in what is contested does not decide about it."""


def duty_of(about: Contested) -> Role:
    """The role that has to answer; an administrator may, too."""
    if about.kind == "need":
        return "admin"
    return "school" if about.kind == "row" and about.subject in BY_SCHOOL else "district"


def in_duty(visitor: Claims, objection: Objection, organizations: OfficeDirectory) -> bool:
    """Whether it is the visitor's to answer, by role and organization; of a teacher who left, the administrator's."""
    if visitor.role == "admin":
        return True
    if visitor.role != duty_of(objection.about):
        return False
    try:
        school = organizations.school_of(objection.teacher_id)
        own = {school} if visitor.role == "school" else {school, *organizations.ancestors(school)}
    except UnknownIdError:
        return False
    return bool(own & visitor.scope)


def refuse_partial(visitor: Claims, objection: Objection, named: Collection[str]) -> None:
    """Raises PartialityError where she would decide about herself or about a row that names her, as its observer for one.

    named: the ids in the contested row, as far as it is still there.
    """
    if visitor.subject in {objection.teacher_id, *named}:
        raise PartialityError("objections.partial")
