"""The seats that adopted plans give to one school: counts by course, nobody's name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from features.errors import RecommenderError
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
    """Of all adopted plans of `org_ids`, the newest adoption first; plans without a seat for the school are there too.

    A plan whose files are damaged is left out, as it is everywhere until it is mended.
    """
    plans = (_of_plan(store, plan_id, school_id, org_ids) for plan_id in store.adopted())
    return tuple(sorted((one for one in plans if one), key=lambda one: (one.adopted_on, one.plan_id), reverse=True))


def _of_plan(store: PlanStore, plan_id: str, school_id: str, org_ids: Collection[str]) -> AdoptedSeats | None:
    try:
        status = store.status(plan_id)
        if status.adoption is None or status.district_id not in org_ids:
            return None
        rows = read_seats(store.folder / plan_id)
        day = datetime.fromisoformat(status.adoption.at).date()
    except (RecommenderError, ValueError):
        return None
    own = sorted((row.course_id, row.seats) for row in rows if row.school_id == school_id and row.seats > 0)
    return AdoptedSeats(plan_id, status.district_id, day, tuple(SeatsInCourse(*row) for row in own))
