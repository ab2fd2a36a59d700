"""Statuses from reliability, P(need) and bands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from recommender.lists.outcomes import school_statuses, teacher_statuses, with_courses


def test_a_teacher_is_listed_met_or_thin(district, planted) -> None:
    """Possible needs whose estimate lies above the target are no needs; without a record of her own all is thin."""
    needs = planted(district, date(2026, 6, 30))
    shape = needs.mean.shape
    reliability, p, gap = (np.full(shape, value) for value in (0.29, 0.9, 0.4))
    reliability[:5] = 0.30
    p[1], p[2], gap[2] = 0.30, 0.31, -0.1
    measured = np.ones(shape[0], dtype=bool)
    measured[3] = False
    made = replace(needs, reliability=reliability, p_need=p, gap_mean=gap, measured=measured,
                   applies=np.ones(shape, dtype=bool))  # fmt: skip
    assert teacher_statuses(made)[:6].tolist() == ["listed", "met", "met", "thin", "listed", "thin"]


def test_a_school_by_its_bands() -> None:
    rows = [
        ("A", "possible"), ("A", "thin"), ("B", "none"), ("B", "thin"), ("C", "thin"), ("elsewhere", "clear"), ("E", "possible"),
    ]  # fmt: skip
    report = pd.DataFrame(rows, columns=["unit_id", "band"]).assign(unit_kind="school", gap_mean=0.4)
    report.loc[len(report)] = ["D", "clear", "teacher", 0.4]
    report.loc[report["unit_id"] == "E", "gap_mean"] = -0.1  # possible, and estimated above the target
    ids = np.array(["A", "B", "C", "D", "E"], dtype=object)
    assert school_statuses(report, ids).tolist() == ["listed", "met", "thin", "thin", "met"]


def test_without_an_open_course_there_is_no_status() -> None:
    statuses = np.array(["listed", "met"], dtype=object)
    assert with_courses(statuses, np.array([True, False])).tolist() == ["listed", "no_course"]
