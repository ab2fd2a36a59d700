"""One teacher's list as it is kept: the JSON of its places without the courses, as the interface answers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from features.hours import CourseHours
from recommender.lists.catalogue import CourseCatalogue
from recommender.types import Reason, Recommendation

HOURS: TypeAdapter[CourseHours | None] = TypeAdapter(CourseHours | None)


@dataclass(frozen=True)
class PreparedList:
    """Places, best first. open: the courses are open today; False where nothing is open to her and they were at as-of.

    complete: she has no further course. places: JSON objects without the key `course`, one of each of `course_ids`.
    """

    teacher_id: str
    open: bool
    complete: bool
    course_ids: tuple[str, ...]
    places: tuple[bytes, ...]

    @classmethod
    def of(cls, teacher_id: str, places: tuple[Recommendation, ...], open: bool, complete: bool) -> PreparedList:
        """From computed places."""
        ids = tuple(place.course.course_id for place in places)
        return cls(teacher_id, open, complete, ids, tuple(place_json(place) for place in places))

    @classmethod
    def read(cls, row: bytes) -> PreparedList:
        """From the bytes of `written`."""
        head, *places = row.split(b"\n")  # JSON has no line break inside
        teacher_id, still_open, complete, course_ids = from_json(head)
        return cls(teacher_id, still_open, complete, tuple(course_ids), tuple(places))

    def written(self) -> bytes:
        """A line about the list, then a line for each place."""
        head = to_json((self.teacher_id, self.open, self.complete, self.course_ids))
        return b"\n".join((head, *self.places))

    def serves(self, top: int) -> bool:
        """Whether it holds all of the first `top` places."""
        return self.complete or top <= len(self.places)

    def recommendations(self, top: int, catalogue: CourseCatalogue) -> tuple[Recommendation, ...]:
        """The first places with their courses."""
        return tuple(_place(from_json(place), catalogue) for place in self.places[:top])


def place_json(place: Recommendation) -> bytes:
    """The keys of a place in the order of the interface, the course left out."""
    keys = (
        "score", "gain_mean", "gain_sd", "p_complete", "basis", "tied_with_previous", "tied_with_first", "need_id",
        "extension", "help_points", "hours", "reasons",
    )  # fmt: skip
    fields = {"rank": place.rank, "course_id": place.course.course_id} | {key: getattr(place, key) for key in keys}
    return to_json(fields, inf_nan_mode="null")


def _place(fields: dict[str, Any], catalogue: CourseCatalogue) -> Recommendation:
    return Recommendation(
        rank=fields["rank"],
        course=catalogue.course(fields["course_id"]),
        score=fields["score"],
        gain_mean=fields["gain_mean"],
        gain_sd=fields["gain_sd"],
        p_complete=fields["p_complete"],
        basis=fields["basis"],
        reasons=tuple(Reason(**reason) for reason in fields["reasons"]),
        tied_with_previous=fields["tied_with_previous"],
        tied_with_first=fields["tied_with_first"],
        need_id=fields["need_id"],
        hours=HOURS.validate_python(fields["hours"]),
    )
