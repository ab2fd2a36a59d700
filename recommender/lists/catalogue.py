"""The catalogue as people read it: every course once, searchable, page by page in the order of ids."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from features.errors import UnknownIdError, UsageError
from features.snapshot import Snapshot
from features.tables import split_list
from recommender.types import Course, Page

PER_PAGE: Final = 50


class CourseCatalogue:
    """All courses of a snapshot, in the order of its `course_ids`."""

    def __init__(self, snapshot: Snapshot) -> None:
        tables = snapshot.tables
        orgs = tables["organizations"]
        names = dict(zip(orgs["org_id"], orgs["name"], strict=True))
        goals = _goals(tables["course_goals"], tables["competencies"])
        self._courses = tuple(_course(row, names, goals) for row in tables["courses"].to_dict("records"))
        self._place = {course.course_id: i for i, course in enumerate(self._courses)}
        self._text = [_folded(course) for course in self._courses]

    def at(self, place: int) -> Course:
        """The course with this index."""
        return self._courses[place]

    def course(self, course_id: str) -> Course:
        """The course with this id. Raises UnknownUnit."""
        if course_id not in self._place:
            raise UnknownIdError(f"No course has the id {course_id!r}")
        return self._courses[self._place[course_id]]

    def page(
        self,
        q: str | None,
        subject: str | None,
        stage: str | None,
        competency: str | None,
        cursor: str | None,
    ) -> Page:
        """Courses that hold every word of `q` and fit the filters; one without subjects (stages) fits all.

        cursor: the id after which to go on. Raises WrongUse for a cursor that is no course.
        """
        if cursor is not None and cursor not in self._place:
            raise UsageError("The cursor is none of ours: begin again without it")
        words = (q or "").casefold().split()
        found = [
            course
            for course, text in zip(self._courses, self._text, strict=True)
            if all(word in text for word in words)
            and (not subject or not course.subjects or subject in course.subjects)
            and (not stage or not course.stages or stage in course.stages)
            and (not competency or any(goal[0] == competency for goal in course.goals))
        ]
        after = -1 if cursor is None else self._place[cursor]
        rest = [course for course in found if self._place[course.course_id] > after]
        shown = tuple(rest[:PER_PAGE])
        return Page(shown, shown[-1].course_id if len(rest) > PER_PAGE else None, len(found))


def _folded(course: Course) -> str:
    goals = " ".join(f"{zh} {en}" for _, zh, en, _ in course.goals)
    texts = (course.course_id, course.title, course.provider_name, course.description or "", goals)
    return " ".join(texts).casefold()


def _goals(goals: pd.DataFrame, competencies: pd.DataFrame) -> dict[str, list[tuple[str, str, str, float]]]:
    """Goals by course, heaviest first, weights summing to 1."""
    names = {
        row["competency_id"]: (str(row["name_zh"]), str(row["name_en"]))
        for row in competencies.to_dict("records")
    }
    known = goals[goals["competency_id"].isin(list(names))]
    share = known["weight"] / known.groupby("course_id")["weight"].transform("sum")
    found: dict[str, list[tuple[str, str, str, float]]] = {}
    for course, competency, weight in zip(known["course_id"], known["competency_id"], share, strict=True):
        found.setdefault(course, []).append((competency, *names[competency], float(weight)))
    for listed in found.values():
        listed.sort(key=lambda goal: (-goal[3], goal[0]))
    return found


def _course(
    row: dict[Any, Any], names: dict[str, str], goals: dict[str, list[tuple[str, str, str, float]]]
) -> Course:
    provider = str(row["provider_id"])
    return Course(
        course_id=str(row["course_id"]),
        title=str(row["title"]),
        provider_id=provider,
        provider_name=str(names.get(provider, provider)),
        owner_level=str(row["owner_level"]),
        subjects=split_list(row["subjects"]),
        stages=split_list(row["stages"]),
        mode=str(row["mode"]),
        form=str(row["form"]),
        hours=float(row["hours"]),
        category=str(row["category"]),
        fixed_cost=float(row["fixed_cost"]),
        seat_cost=float(row["seat_cost"]),
        min_seats=int(row["min_seats"]),
        max_seats=int(row["max_seats"]),
        release_days=float(row["release_days"]),
        start_date=None if pd.isna(row["start_date"]) else row["start_date"].date(),
        end_date=None if pd.isna(row["end_date"]) else row["end_date"].date(),
        units=None if pd.isna(row["units"]) else int(row["units"]),
        description=None if pd.isna(row["description"]) else str(row["description"]),
        goals=tuple(goals.get(str(row["course_id"]), ())),
    )
