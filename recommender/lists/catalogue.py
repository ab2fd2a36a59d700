"""The course catalogue: every course once, searchable, in pages ordered by id."""

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
        self._index_of = {course.course_id: i for i, course in enumerate(self._courses)}
        self._search_texts = [_search_text(course) for course in self._courses]

    def at(self, index: int) -> Course:
        """The course with this index in `course_ids`."""
        return self._courses[index]

    def course(self, course_id: str) -> Course:
        """The course with this id. Raises UnknownIdError."""
        if course_id not in self._index_of:
            raise UnknownIdError("lists.unknown_course", course_id=course_id)
        return self._courses[self._index_of[course_id]]

    def page(
        self,
        q: str | None,
        subject: str | None,
        stage: str | None,
        competency: str | None,
        cursor: str | None,
    ) -> Page:
        """Courses that contain every word of `q` and pass the filters; one without subjects (stages) passes all.

        cursor: the last id of the page before. Raises UsageError for a cursor that is not a course id.
        """
        if cursor is not None and cursor not in self._index_of:
            raise UsageError("lists.unknown_cursor")
        words = (q or "").casefold().split()
        matches = [
            course
            for course, text in zip(self._courses, self._search_texts, strict=True)
            if all(word in text for word in words)
            and (not subject or not course.subjects or subject in course.subjects)
            and (not stage or not course.stages or stage in course.stages)
            and (not competency or any(goal[0] == competency for goal in course.goals))
        ]
        cursor_position = -1 if cursor is None else self._index_of[cursor]
        following = [course for course in matches if self._index_of[course.course_id] > cursor_position]
        courses = tuple(following[:PER_PAGE])
        return Page(courses, courses[-1].course_id if len(following) > PER_PAGE else None, len(matches))


def _search_text(course: Course) -> str:
    goals = " ".join(f"{zh} {en}" for _, zh, en, _ in course.goals)
    texts = (course.course_id, course.title, course.provider_name, course.description or "", goals)
    return " ".join(texts).casefold()


def _goals(goals: pd.DataFrame, competencies: pd.DataFrame) -> dict[str, list[tuple[str, str, str, float]]]:
    """Goals by course, heaviest first, weights summing to 1."""
    names = {
        row["competency_id"]: (str(row["name_zh"]), str(row["name_en"]))
        for row in competencies.to_dict("records")
    }
    named_goals = goals[goals["competency_id"].isin(list(names))]
    share = named_goals["weight"] / named_goals.groupby("course_id")["weight"].transform("sum")
    by_course: dict[str, list[tuple[str, str, str, float]]] = {}
    for course, competency, weight in zip(named_goals["course_id"], named_goals["competency_id"], share, strict=True):
        by_course.setdefault(course, []).append((competency, *names[competency], float(weight)))
    for course_goals in by_course.values():
        course_goals.sort(key=lambda goal: (-goal[3], goal[0]))
    return by_course


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
