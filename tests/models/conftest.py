"""A small snapshot whose enrolments follow a known order, for candidate sources and histories."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.needs.needs import Needs
from features.snapshot import Snapshot
from features.tables import Tables, typed_frame

N, C = 120, 12


def chained_snapshot(ordered: bool = True) -> Snapshot:
    """Teachers take courses 0, 1, 2, ... of one of two chains, starting anywhere; ids do not tell the order."""
    rng = np.random.default_rng(3)
    names = [f"C{i:02}" for i in range(C)]
    rows = []
    for t in range(N):
        chain, start = t % 2, int(rng.integers(0, 3))
        courses = [2 * i + chain for i in range(start, start + 4)]
        if not ordered:
            courses = list(rng.permutation(courses))
        rows += [(f"T{t:03}", names[c], i) for i, c in enumerate(courses) if c < C]
    taken = pd.DataFrame(rows, columns=["teacher_id", "course_id", "day"])
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(taken.pop("day") * ordered, unit="D")
    titles = [("分数教学" if i % 2 else "reading aloud") + f" {i}" for i in range(C)]
    frames = {
        "teachers": pd.DataFrame({
            "teacher_id": [f"T{t:03}" for t in range(N)], "school_id": "S", "role": "teacher", "stage": "primary",
            "subject": "generalist",
        }),
        "organizations": pd.DataFrame({"org_id": ["S"], "name": ["S"], "kind": ["school"]}),
        "competencies": pd.DataFrame({
            "competency_id": ["K0", "K1"], "name_zh": "x", "name_en": "x", "framework": "f", "version": "1",
        }),
        "courses": pd.DataFrame({
            "course_id": names, "title": titles, "provider_id": "S", "owner_level": "city", "mode": "online",
            "form": "lecture", "hours": 8.0, "category": "elective", "fixed_cost": 0, "seat_cost": 0, "min_seats": 1,
            "max_seats": 99, "release_days": 0,
        }),
        "course_goals": pd.DataFrame({
            "course_id": names, "competency_id": [f"K{i % 2}" for i in range(C)], "weight": 1.0,
        }),
        "enrolments": taken.assign(requested_on=day, completed_on=day, status="completed"),
    }  # fmt: skip
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    full = np.ones((N, 2))
    empty = pd.DataFrame({"n_evidence": [0]})
    as_of = date(2025, 6, 30)
    needs = Needs(
        as_of, tuple(tables["teachers"]["teacher_id"]), ("K0", "K1"), full > 0, full * 0, full, full * [1, 0],
        full * 0.1, full * 0.5, full * 0.5, full * 0, full, empty, empty, empty, empty,
    )  # fmt: skip
    return Snapshot(tables, needs, as_of)


@pytest.fixture(scope="session")
def chains() -> Snapshot:
    """120 teachers, 12 courses, needs in the first of two competencies."""
    return chained_snapshot()


@pytest.fixture(scope="session")
def unordered_chains() -> Snapshot:
    """The same with all enrolments on one day."""
    return chained_snapshot(ordered=False)
