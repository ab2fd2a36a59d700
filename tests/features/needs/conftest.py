"""Small random tables: few teachers, constant or missing values, tests of one class, items of one teacher."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from features.tables import Tables, typed_frame

DAY = pd.Timestamp("2026-06-20")
TERMS = ("2024-2", "2025-1", "2025-2", "2025-2026-2", "2026-1", "spring")


def random_tables(seed: int) -> Tables:
    """1 to 10 teachers in 1 to 3 schools with every source of evidence; each may be absent, constant, or of one teacher."""
    rng = np.random.default_rng(seed)
    n, leaves = int(rng.integers(1, 11)), int(rng.integers(1, 4))
    schools = [f"S{i}" for i in range(int(rng.integers(1, 4)))]
    teachers = [f"T{i:02}" for i in range(n)]
    known = teachers + ["stranger"] * int(rng.integers(0, 2))
    competencies = [f"C{i}" for i in range(leaves)]
    items = [*competencies, *["unmapped"] * int(rng.integers(0, 2))]
    constant = rng.random(4) < 0.3
    frames = {
        "organizations": pd.DataFrame(
            {
                "org_id": ["D", *schools], "kind": ["district", *["school"] * len(schools)],
                "parent_id": [None, *["D" if rng.random() < 0.7 else None for _ in schools]], "name": "x",
            }
        ),
        "teachers": pd.DataFrame(
            {
                "teacher_id": teachers, "school_id": rng.choice(schools, n), "role": "teacher", "stage": "primary",
                "subject": rng.choice(["数学", "语文", "generalist"], n),
            }
        ),
        "competencies": pd.DataFrame(
            {"competency_id": competencies, "name_zh": "能力", "name_en": "c", "framework": "f", "version": "1"}
        ),
    }  # fmt: skip
    lessons = int(rng.integers(0, 25))
    score = np.full(lessons, 3.0) if constant[0] else rng.integers(1, 6, lessons).astype(float)
    score[rng.random(lessons) < 0.05] = np.nan
    frames["observations"] = pd.DataFrame(
        {
            "observation_id": [f"O{i:02}" for i in range(lessons)], "item": rng.choice(items, lessons),
            "teacher_id": rng.choice(known[: 1 if rng.random() < 0.2 else None], lessons),
            "rater_id": rng.choice(["R1", "R2"], lessons), "lesson_id": [f"L{i // 2}" for i in range(lessons)],
            "date": DAY - pd.to_timedelta(rng.integers(0, 900, lessons), "D"), "score": score, "scale_min": 1.0,
            "scale_max": np.where(rng.random(lessons) < 0.05, 1.0, 5.0),
        }
    )  # fmt: skip
    surveys = int(rng.integers(0, 25))
    frames["surveys"] = pd.DataFrame(
        {
            "survey_id": [f"U{i:02}" for i in range(surveys)], "item": rng.choice(items, surveys),
            "kind": rng.choice(["student_feedback", "self_report"], surveys),
            "teacher_id": rng.choice(known, surveys), "date": DAY, "n": rng.integers(1, 40, surveys).astype(float),
            "mean": np.full(surveys, 4.0) if constant[1] else rng.uniform(1, 5, surveys), "scale_min": 1.0,
            "scale_max": 5.0,
        }
    )  # fmt: skip
    tests = [f"A{i}" for i in range(int(rng.integers(0, 4)))]
    classes = [f"K{i}" for i in range(int(rng.integers(1, 9)))]
    frames["assessments"] = pd.DataFrame(
        {
            "assessment_id": tests, "name": "x", "programme": "school_exam", "date": DAY,
            "term": [rng.choice([*TERMS, ""]) or None for _ in tests], "stage": "primary",
            "subject": rng.choice(["数学", "语文", "generalist"], len(tests)),
        }
    )  # fmt: skip
    frames["assessment_dimensions"] = pd.DataFrame(
        [(a, d, 65.0, 15.0) for a in tests for d in sorted(set(items)) if rng.random() < 0.9],
        columns=["assessment_id", "dimension", "scale_mean", "scale_sd"],
    )
    teaching = pd.DataFrame(
        {
            "class_id": rng.choice(classes, 20), "subject": rng.choice(["数学", "语文", "generalist"], 20),
            "term": rng.choice(TERMS, 20), "teacher_id": rng.choice(known, 20), "school_id": rng.choice(schools, 20),
            "grade": "5", "share": rng.choice([np.nan, 0.2, 0.5, 1.0], 20),
        }
    )  # fmt: skip
    frames["classes"] = teaching.drop_duplicates(["class_id", "subject", "term", "teacher_id"])
    units = [("class", c) for c in (classes if rng.random() < 0.8 else classes[:1])]
    units += [("school", s) for s in schools] + [("district", "D"), ("school", "nowhere")]
    rows = [
        (a, d, kind, unit)
        for a in tests
        for d in sorted(set(items))
        for kind, unit in units
        if rng.random() < 0.6
    ]
    results = pd.DataFrame(rows, columns=["assessment_id", "dimension", "unit_kind", "unit_id"])
    size = len(results)
    results = results.assign(
        n=rng.integers(1, 50, size).astype(float),
        mean=np.full(size, 65.0) if constant[2] else rng.normal(65, 5, size),
        sd=np.where(rng.random(size) < 0.1, np.nan, rng.choice([0.0, 12.0, 15.0], size)),
        prior_mean=np.where(rng.random(size) < 0.3, np.nan, 60.0 if constant[3] else rng.normal(60, 5, size)),
        prior_sd=np.where(rng.random(size) < 0.2, np.nan, 14.0),
        prior_cov=np.where(rng.random(size) < rng.choice([0.2, 1.0]), np.nan, 130.0),
    )
    if size and rng.random() < 0.3:
        results.loc[0, "n"] = np.nan
    frames["results"] = results
    if rng.random() < 0.5:
        frames.pop(str(rng.choice(["observations", "surveys", "results", "classes"])))
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()})


@pytest.fixture(scope="session")
def small_tables() -> Callable[[int], Tables]:
    """Makes small random tables from a seed."""
    return random_tables
