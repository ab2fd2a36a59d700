"""Imported entries, claims and decisions become one table; the later decision holds."""

from __future__ import annotations

import pandas as pd

from features.ledger.joined_entries import joined_entries
from features.tables import empty_frame

CLAIMS = ["entry_id", "teacher_id", "activity", "course_id", "category", "hours", "credits", "done_on", "level", "evidence_url"]
DECISIONS = ["entry_id", "status", "decided_by", "decided_on", "reason"]


def _claims(*ids: str) -> pd.DataFrame:
    day = pd.Timestamp("2026-03-05").date()
    return pd.DataFrame([(i, "A", "x", None, "public", 3.0, None, day, "school", None) for i in ids], columns=CLAIMS)


def _decisions(*rows: tuple[str, str, str]) -> pd.DataFrame:
    full = [(entry, status, "head", pd.Timestamp(day).date(), "why") for entry, status, day in rows]
    return pd.DataFrame(full, columns=DECISIONS)


def test_nothing_recorded_leaves_the_table_as_it_is(make_tables) -> None:
    imported = make_tables([{}])["hour_entries"]
    assert joined_entries(imported, _claims(), _decisions()) is imported


def test_claims_are_entries_without_a_platform(make_tables) -> None:
    decided = _decisions(("claim:2", "checked", "2026-03-06"))
    joined = joined_entries(make_tables([{}])["hour_entries"], _claims("claim:1", "claim:2"), decided)
    assert joined["entry_id"].tolist() == ["E000", "claim:1", "claim:2"]
    assert joined["status"].tolist() == ["recognised", "claimed", "checked"] and joined["platform"].isna().all()
    assert joined["decided_by"].tolist()[2] == "head" and joined["decided_on"].iloc[2] == pd.Timestamp("2026-03-06")
    assert joined.dtypes.equals(empty_frame("hour_entries").dtypes)


def test_the_later_decision_holds(make_tables) -> None:
    imported = make_tables([{"status": "claimed"}, {"decided_on": "2026-04-01"}, {"decided_on": "2026-04-01"}])["hour_entries"]
    decided = _decisions(("E000", "checked", "2026-03-06"), ("E001", "refused", "2026-03-31"), ("E002", "refused", "2026-04-01"))
    joined = joined_entries(imported, _claims(), decided)
    assert joined["status"].tolist() == ["checked", "recognised", "refused"] and imported["status"].tolist()[0] == "claimed"
    assert joined["reason"].isna().tolist() == [False, True, False]


def test_a_claim_that_comes_back_from_a_platform_is_the_claim(make_tables) -> None:
    imported = make_tables([{"entry_id": "claim:1", "platform": "甲"}])["hour_entries"]
    joined = joined_entries(imported, _claims("claim:1"), _decisions())
    assert joined["status"].tolist() == ["claimed"] and joined["hours"].tolist() == [3.0]
