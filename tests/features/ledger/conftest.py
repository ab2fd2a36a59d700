"""A small city of two districts for the ledger of hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pandas as pd
import pytest

from features.tables import Tables, typed_frame

RULE = {"jurisdiction": "C", "category": "public", "cycle_start": "2026-01-01", "cycle_years": 1, "min_hours": 30}
ENTRY = {"teacher_id": "A", "activity": "数据素养", "category": "public", "hours": 10.0, "done_on": "2026-03-01", "level": "city",
         "status": "recognised"}  # fmt: skip
CREDITS = {"jurisdiction": "C", "hours_per_credit": 8.0, "valid_from": "2020-01-01"}

MakeTables = Callable[..., Tables]


def tables_of(
    entries: Iterable[Mapping[str, object]] = (), rules: Iterable[Mapping[str, object]] = ({},),
    credits: Iterable[Mapping[str, object]] = (), taken: Iterable[tuple[str, str, float | None]] = (),
) -> Tables:  # fmt: skip
    """Tables from rows: entries add to `ENTRY`, rules to `RULE`, credits to `CREDITS`; taken: courses, days and hours of A."""
    frames = {
        "organizations": pd.DataFrame({
            "org_id": ["C", "D", "D2", "S", "S2"], "parent_id": [None, "C", "C", "D", "D2"], "name": list("市甲乙丙丁"),
            "kind": ["city", "district", "district", "school", "school"],
        }),
        "teachers": pd.DataFrame({"teacher_id": ["A", "B", "Z"], "school_id": ["S", "S2", "NOWHERE"], "role": "teacher"}),
        "courses": pd.DataFrame({
            "course_id": ["K1", "K2"], "title": ["数据素养(一)", "课堂提问"], "category": ["public", "elective"],
            "hours": [12.0, 6.0], "owner_level": ["city", "school"],
        }),
        "hour_entries": pd.DataFrame([{"entry_id": f"E{i:03d}"} | ENTRY | dict(row) for i, row in enumerate(entries)]),
        "hour_rules": pd.DataFrame([RULE | dict(row) for row in rules]),
        "credit_rules": pd.DataFrame([CREDITS | dict(row) for row in credits]),
        "enrolments": pd.DataFrame(
            [("A", course, day, day, "completed", hours) for course, day, hours in taken],
            columns=["teacher_id", "course_id", "requested_on", "completed_on", "status", "hours"],
        ),
    }  # fmt: skip
    for frame in frames.values():
        for name in ("done_on", "decided_on", "cycle_start", "valid_from", "requested_on", "completed_on"):
            if name in frame:
                frame[name] = pd.to_datetime(frame[name])
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()})


@pytest.fixture
def make_tables() -> MakeTables:
    """See `tables_of`."""
    return tables_of


@pytest.fixture(name="make_tables_once", scope="session")
def _make_tables_once() -> MakeTables:
    """The same for properties, which draw many tables in one test."""
    return tables_of
