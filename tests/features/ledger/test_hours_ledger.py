"""The ledger: who is short, by how much and why; the same whatever the order, never over a limit, the same twice."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.hours import hours_owed
from features.ledger.hours_ledger import REASONS, hours_ledger, ledger_totals
from features.tables import Tables, typed_frame

AS_OF = date(2026, 12, 31)
FEW = {"teacher_id": ["A", "B"], "activity": ["甲课", "乙课", "丙课"], "platform": ["甲", "乙", None], "course_id": ["K1", None],
       "category": ["public", "professional", "elective"], "hours": [0.5, 4.0, 10.0, 33.3], "credits": [None, 0.5, 2.0],
       "done_on": ["2025-12-31", "2026-01-01", "2026-02-01", "2026-02-02", "2026-06-30"], "level": ["city", "school"],
       "status": ["claimed", "checked", "recognised", "recognised", "refused", "withdrawn"]}  # fmt: skip
ENTRIES = st.lists(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in FEW.items()}), max_size=14)
RULES = [{}, {"category": "any", "min_hours": 60, "max_hours": 70}, {"category": "elective", "min_hours": 5, "max_hours": 8},
         {"jurisdiction": "D2", "category": "professional", "cycle_years": 5, "cycle_start": "2023-01-01"}]  # fmt: skip
WORTH = [{"category": "elective", "max_hours_per_year": 9.0}, {"level": "school", "valid_years": 0.5}]


def _row(tables: Tables, category: str = "public", teacher: str = "A") -> pd.Series:
    standing = hours_ledger(tables, AS_OF).standing
    return standing[(standing["teacher_id"] == teacher) & (standing["category"] == category)].iloc[0]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], {"short": 30}),
        ([{}], {"counted": 10, "short": 20}),
        ([{"status": "claimed"}], {"short": 30, "claimed": 10, "possible": 10}),
        ([{"status": "checked"}, {"status": "refused", "activity": "x"}],
         {"short": 30, "checked": 10, "refused": 10, "possible": 10}),
        ([{"status": "withdrawn"}], {"short": 30}),
        ([{}, {"platform": "甲", "hours": 8.0}], {"counted": 10, "short": 20, "duplicate": 8}),
        ([{}, {"platform": "甲", "status": "claimed"}], {"counted": 10, "short": 20, "duplicate": 10}),
        ([{"done_on": "2025-12-31"}], {"short": 30}),  # of the cycle before
        ([{"category": "elective"}], {"short": 30}),
    ],
)  # fmt: skip
def test_who_is_short_by_how_much_and_why(make_tables, entries, expected) -> None:
    row = _row(make_tables(entries))
    none = dict.fromkeys(("counted", "short", "possible", *REASONS), 0.0)
    assert {name: row[name] for name in none} == none | expected


def test_limits_are_reasons(make_tables) -> None:
    six = [{"activity": f"{i}"} for i in range(6)]
    row = _row(make_tables([*six, {"activity": "w", "status": "claimed"}], rules=[{"min_hours": 50, "max_hours": 55}],
                           credits=[{"max_hours_per_year": 40.0}]))  # fmt: skip
    assert (row["counted"], row["short"], row["over_year_limit"], row["over_limit"], row["possible"]) == (40, 10, 20, 0, 0)
    row = _row(make_tables(six, rules=[{"min_hours": 50, "max_hours": 55}]))
    assert (row["counted"], row["short"], row["over_limit"]) == (55, 0, 5)
    row = _row(make_tables([{"done_on": "2026-01-05"}], credits=[{"valid_years": 0.5}]))
    assert (row["counted"], row["expired"]) == (0, 10)


def test_totals_by_organization(make_tables) -> None:
    tables = make_tables([{}, {"teacher_id": "B", "hours": 40.0}, {"status": "checked", "activity": "x"}])
    totals = ledger_totals(hours_ledger(tables, AS_OF).standing, pd.Series({"S": "C", "S2": "C"})).iloc[0]
    names = ["org_id", "people", "people_short", "short", "waiting"]
    assert totals[names].tolist() == ["C", 2, 1, 20, 10]


def _random(make_tables, entries) -> Tables:
    return make_tables(entries, rules=RULES, credits=WORTH, taken=[("K1", "2026-02-01", 12.0), ("K2", "2026-03-01", None)])


@settings(max_examples=60, deadline=None)
@given(entries=ENTRIES, seed=st.integers(0, 9))
def test_order_repetition_and_limits(make_tables_once, entries, seed) -> None:
    tables = _random(make_tables_once, entries)
    ledger = hours_ledger(tables, AS_OF)
    standing = ledger.standing
    rows = tables["hour_entries"]
    shuffled = rows.iloc[np.random.default_rng(seed).permutation(len(rows))].reset_index(drop=True)
    again = hours_ledger(Tables({**tables.frames, "hour_entries": shuffled}), AS_OF).standing
    pd.testing.assert_frame_equal(again, standing)
    assert (standing["counted"] <= standing["category"].map({"any": 70.0, "elective": 8.0}).fillna(np.inf) + 1e-9).all()
    electives = ledger.activities.counted[ledger.activities.records.category == 2]
    assert electives.sum() <= 9.0 * 2 * 2 + 1e-9  # two teachers, two years
    assert (ledger.activities.counted <= ledger.activities.credited + 1e-9).all()
    assert (standing["possible"] >= 0).all()
    assert (standing["short"] == np.maximum(standing["required"] - standing["counted"], 0)).all()
    # delivered once more under other numbers by a platform that nobody else has: nothing changes
    copy = rows[rows["platform"] == "甲"].assign(entry_id=lambda f: "again-" + f["entry_id"], platform="丁")
    doubled = typed_frame("hour_entries", pd.concat([rows, copy], ignore_index=True))
    twice = hours_ledger(Tables({**tables.frames, "hour_entries": doubled}), AS_OF).standing
    assert np.allclose(twice["counted"], standing["counted"])
    owed = hours_owed(tables, AS_OF)  # what lists and plans use is the same ledger
    assert np.allclose(owed["counted"], standing["counted"]) and owed["teacher_id"].tolist() == standing["teacher_id"].tolist()
