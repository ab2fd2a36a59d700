"""The seats that adopted plans give to one school: counts by course, nobody's name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from features.errors import ReadError
from recommender.plans.plan_files import read_seats
from recommender.plans.plan_store import PlanStore


@dataclass(frozen=True)
class SeatsInCourse:
    """seats: of the school, at least 1."""

    course_id: str
    seats: int


@dataclass(frozen=True)
class AdoptedSeats:
    """One adopted plan of an organization above the school, with the seats that the school has in it, by course."""

    plan_id: str
    org_id: str
    adopted_on: date
    courses: tuple[SeatsInCourse, ...]

    @property
    def seats(self) -> int:
        """All of them."""
        return sum(course.seats for course in self.courses)


def adopted_seats(store: PlanStore, school_id: str, org_ids: Collection[str]) -> tuple[AdoptedSeats, ...]:
    """Of the adopted plans of `org_ids`, the newest adoption first; plans without a seat for the school are there too.

    A plan whose files are damaged is left out, as it is everywhere until it is mended.
    """
    result = []
    for adoption, summary in store.adopted(org_ids):
        try:
            rows = read_seats(store.folder / adoption.plan_id)
        except ReadError:
            continue
        own = sorted((row.course_id, row.seats) for row in rows if row.school_id == school_id and row.seats > 0)
        day = datetime.fromisoformat(adoption.at).date()
        result.append(AdoptedSeats(adoption.plan_id, summary.district_id, day, tuple(SeatsInCourse(*row) for row in own)))
    return tuple(result)
