"""Statuses from reliability, P(need) and bands."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from recommender.lists.outcomes import school_statuses, teacher_statuses, with_courses


def test_a_teacher_is_listed_met_or_thin() -> None:
    needs = SimpleNamespace(
        applies=np.array([[True, True], [True, True], [True, True], [False, True]]),
        reliability=np.array([[0.3, 0.1], [0.3, 0.1], [0.29, 0.1], [0.9, 0.1]]),
        p_need=np.array([[0.31, 0.0], [0.30, 0.9], [0.9, 0.9], [0.9, 0.9]]),
    )
    assert teacher_statuses(needs).tolist() == ["listed", "met", "thin", "thin"]


def test_a_school_by_its_bands() -> None:
    rows = [("A", "possible"), ("A", "thin"), ("B", "none"), ("B", "thin"), ("C", "thin"), ("elsewhere", "clear")]
    report = pd.DataFrame(rows, columns=["unit_id", "band"]).assign(unit_kind="school")
    report.loc[len(report)] = ["D", "clear", "teacher"]
    ids = np.array(["A", "B", "C", "D"], dtype=object)
    assert school_statuses(report, ids).tolist() == ["listed", "met", "thin", "thin"]


def test_without_an_open_course_there_is_no_status() -> None:
    statuses = np.array(["listed", "met"], dtype=object)
    assert with_courses(statuses, np.array([True, False])).tolist() == ["listed", "no_course"]
