"""How old data are, and which courses have closed since."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from recommender.data_age import DataAge, data_age

AS_OF = date(2026, 6, 30)


@pytest.fixture
def courses() -> pd.DataFrame:
    """One without dates, one that ended before as-of, one that begins and one that ends in September."""
    columns = {
        "start_date": [None, "2026-01-01", "2026-09-10", None],
        "end_date": [None, "2026-06-29", "2026-12-20", "2026-09-20"],
    }
    return pd.DataFrame(columns).apply(pd.to_datetime)


@pytest.mark.parametrize(
    ("today", "closed"),
    [(date(2026, 6, 30), 0), (date(2026, 9, 10), 0), (date(2026, 9, 11), 1), (date(2026, 9, 21), 2)],
)
def test_a_course_closes_the_day_after_it_begins_or_ends(courses: pd.DataFrame, today: date, closed: int) -> None:
    age = data_age(courses, AS_OF, today, 180)
    assert (age.open_then, age.closed, age.stale) == (3, closed, closed > 0)


def test_a_day_before_the_data_is_the_day_of_the_data(courses: pd.DataFrame) -> None:
    age = data_age(courses, AS_OF, date(2020, 1, 1), 180)
    assert age == DataAge(AS_OF, AS_OF, 3, 0, 180) and age.days == 0 and age.sentences == ()


def test_data_grow_old_at_the_limit(courses: pd.DataFrame) -> None:
    assert not data_age(courses, AS_OF, date(2026, 7, 29), 30).old
    old = data_age(courses, AS_OF, date(2026, 7, 30), 30)
    assert old.old and old.stale and [line.code for line in old.sentences] == ["dates.both", "dates.old"]


def test_no_catalogue_has_no_open_course(courses: pd.DataFrame) -> None:
    assert data_age(courses.iloc[:0], AS_OF, date(2027, 1, 1), 180).closed == 0
