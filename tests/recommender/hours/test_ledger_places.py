"""Rows below an organization and totals of districts and schools."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from features.errors import UnknownIdError
from features.ledger.hours_ledger import hours_ledger
from features.tables import Tables, typed_frame
from recommender.hours.hours_words import reasons_of, summary_sentence
from recommender.hours.ledger_places import below, ledger_facts, place_totals
from recommender.text import in_both

AS_OF = date(2026, 12, 31)


@pytest.fixture(scope="module")
def tables() -> Tables:
    frames = {
        "organizations": pd.DataFrame({
            "org_id": ["C", "D", "S", "S2", "S3"], "parent_id": [None, "C", "D", "D", "C"], "name": list("市区甲乙丙"),
            "kind": ["city", "district", "school", "school", "school"],
        }),
        "teachers": pd.DataFrame({"teacher_id": ["A", "B", "E"], "school_id": ["S", "S2", "S3"], "role": "teacher"}),
        "hour_rules": pd.DataFrame({
            "jurisdiction": ["C"], "category": "any", "cycle_start": pd.Timestamp("2026-01-01"),
            "cycle_years": 1.0, "min_hours": 20.0,
        }),
        "hour_entries": pd.DataFrame({
            "entry_id": ["1", "2"], "teacher_id": ["A", "B"], "activity": "x", "category": "public", "hours": [20.0, 6.0],
            "done_on": pd.Timestamp("2026-05-01"), "level": "city", "status": ["recognised", "checked"],
        }),
    }  # fmt: skip
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()})


def test_totals_by_district_and_school(tables: Tables) -> None:
    totals = place_totals(hours_ledger(tables, AS_OF).standing, tables["organizations"])
    rows = totals[["org_kind", "org_id", "name", "people", "people_short", "short", "waiting"]].to_numpy().tolist()
    assert rows == [["district", "D", "区", 2, 1, 20.0, 6.0], ["school", "S", "甲", 1, 0, 0.0, 0.0],
                    ["school", "S2", "乙", 1, 1, 20.0, 6.0], ["school", "S3", "丙", 1, 1, 20.0, 0.0]]  # fmt: skip


@pytest.mark.parametrize(("org", "people"), [("C", ["A", "B", "E"]), ("D", ["A", "B"]), ("S3", ["E"])])
def test_rows_below_an_organization(tables: Tables, org: str, people: list[str]) -> None:
    assert below(hours_ledger(tables, AS_OF).standing, tables["organizations"], org)["teacher_id"].tolist() == people


def test_an_unknown_organization_is_refused(tables: Tables) -> None:
    with pytest.raises(UnknownIdError):
        below(hours_ledger(tables, AS_OF).standing, tables["organizations"], "X")


def test_facts_and_reasons_in_words(tables: Tables) -> None:
    ledger = hours_ledger(tables, AS_OF)
    facts = ledger_facts(ledger, below(ledger.standing, tables["organizations"], "D"))
    assert (facts.people, facts.people_short, facts.waiting) == (2, 1, 6.0)
    assert "2 teachers" in in_both(summary_sentence(facts)).en
    assert [in_both(one).zh for one in reasons_of(ledger.standing.iloc[1])] == ["待认定 6", "待办的全部认定后可再计 6"]
    assert "nobody owes" in in_both(summary_sentence(ledger_facts(ledger, ledger.standing.iloc[:0]))).en
