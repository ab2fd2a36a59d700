"""The catalogue page by page, and its filters."""

from __future__ import annotations

import pytest

from features.errors import UnknownIdError, UsageError
from recommender.lists import catalogue
from recommender.lists.catalogue import CourseCatalogue
from recommender.lists.recommend import Recommender


@pytest.fixture(scope="module")
def courses(ready: Recommender) -> CourseCatalogue:
    return CourseCatalogue(ready.snapshot)


def test_pages_of_any_size_hold_every_course_once(
    ready: Recommender, courses: CourseCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = [str(course) for course in ready.snapshot.course_ids]
    for size in (1, 7, len(every)):
        monkeypatch.setattr(catalogue, "PER_PAGE", size)
        ids: list[str] = []
        cursor: str | None = None
        while True:
            page = courses.page(None, None, None, None, cursor)
            ids += [course.course_id for course in page.courses]
            assert page.total == len(every) and len(page.courses) <= size
            cursor = page.cursor
            if cursor is None:
                break
        assert ids == every


def test_filters_keep_courses_that_are_open_to_all(courses: CourseCatalogue, ready: Recommender) -> None:
    course = next(c for i in range(len(ready.snapshot.course_ids)) if (c := courses.at(i)).subjects and c.goals)
    goal = course.goals[0][0]
    page = courses.page(course.title.upper(), course.subjects[0], None, goal, None)
    assert course in page.courses
    assert all(not c.subjects or course.subjects[0] in c.subjects for c in page.courses)
    assert all(goal in {g[0] for g in c.goals} for c in page.courses)
    assert courses.page("no course has this title", None, None, None, None).total == 0


def test_goals_are_shares_heaviest_first(courses: CourseCatalogue, ready: Recommender) -> None:
    for index in range(len(ready.snapshot.course_ids)):
        weights = [goal[3] for goal in courses.at(index).goals]
        assert weights == sorted(weights, reverse=True)
        assert not weights or sum(weights) == pytest.approx(1)


def test_unknown_ids(courses: CourseCatalogue) -> None:
    with pytest.raises(UnknownIdError, match="nobody"):
        courses.course("nobody")
    with pytest.raises(UsageError, match="cursor"):
        courses.page(None, None, None, None, "nobody")
