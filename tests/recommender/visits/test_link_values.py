"""A class to link is worth the mean over who may teach it; more links than teachers are worth what a second one adds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from models.effects.first_course_value import FirstCourseValue
from recommender.visits.link_values import link_values

REGISTER = pd.DataFrame({"school_id": ["A", "A", "A", "B"], "subject": ["数学", "数学;语文", "generalist", "数学"]})
FIRST, BOTH = np.array([1.0, 2.0, 6.0, 9.0]), np.array([1.5, 2.5, 6.5, 9.5])


def _values(occasions: Mapping[str, int]) -> FirstCourseValue:
    """Of one further class result, of two, of none."""
    mean = {0: np.zeros(4), 1: FIRST, 2: BOTH}[sum(occasions.values())]
    return FirstCourseValue(mean, mean / 10, mean * 0, mean * 0)


def _classes(*rows: tuple[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["school_id", "subject"])
    return frame.assign(class_id=[f"K{i}" for i in range(len(frame))], source="class_gain")


def test_the_mean_over_who_may_teach_it() -> None:
    links = link_values(_classes(("A", "数学"), ("A", "语文"), ("B", "数学")), REGISTER, _values)
    by_class = dict(zip(links.classes["class_id"], links.value, strict=True))
    assert by_class == pytest.approx({"K0": 3.0, "K1": 4.0, "K2": 9.0})
    assert links.sd == pytest.approx(links.value / 10)


def test_more_links_than_teachers_add_less() -> None:
    links = link_values(_classes(*[("B", "数学")] * 2), REGISTER, _values)
    assert links.value.tolist() == [9.0, 0.5]


def test_a_class_that_nobody_there_may_teach_is_left_out() -> None:
    links = link_values(_classes(("B", "英语")), REGISTER, _values)
    assert not len(links.classes) and not len(links.value)
