"""Claims and decisions in the records: once each, in the order of the duty, one of two who decide at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from features.errors import UsageError
from recommender.records.hour_records import (
    DecidedEntry,
    HourClaim,
    HourDecision,
    HourRecords,
    HourStateError,
)
from recommender.records.record_store import Author, KeyReuseError, RecordStore
from recommender.records.store_check import verify
from recommender.records.store_schema import head, migrate

TEACHER, SCHOOL, DISTRICT = Author("T1", "teacher"), Author("head", "school"), Author("office", "district")
CLAIM = HourClaim("校本教研", "elective", 4.0, date(2026, 3, 5), "school", evidence_url="https://example.org/1")
IMPORTED = DecidedEntry("E1", "T2", "claimed")


@pytest.fixture
def records(store: RecordStore) -> HourRecords:
    return HourRecords(store)


def _state(records: HourRecords, entry_id: str) -> str | None:
    decisions = records.recorded().decisions.set_index("entry_id")["status"]
    return decisions.get(entry_id)


def test_a_claim_is_checked_and_recognised(records: HourRecords) -> None:
    entry_id = records.claim(TEACHER, "1", "T1", CLAIM, "见附件")
    assert records.claim(TEACHER, "1", "T1", CLAIM, "见附件") == entry_id and records.claimant(entry_id) == "T1"
    with pytest.raises(KeyReuseError):
        records.claim(TEACHER, "1", "T1", replace(CLAIM, hours=5.0), "见附件")
    entry = DecidedEntry(entry_id, "T1", "claimed")
    assert records.decide(SCHOOL, "1", [entry], "checked") == (entry_id,)
    assert records.decide(SCHOOL, "1", [entry], "checked") == (entry_id,)  # sent again
    assert records.decide(DISTRICT, "2", [entry], "recognised", "材料齐全") == (entry_id,)
    assert [(s["decision"], s["actor"], s["reason"]) for s in records.steps(entry_id)] == [
        ("checked", "head", ""), ("recognised", "office", "材料齐全"),
    ]  # fmt: skip
    recorded = records.recorded(["T1"])
    assert recorded.claims["hours"].tolist() == [4.0] and recorded.decisions["status"].tolist() == ["recognised"]
    assert records.recorded(["T9"]).claims.empty and records.recorded(["T9"]).decisions.empty


@pytest.mark.parametrize(
    ("before", "decision", "allowed"),
    [("claimed", "checked", True), ("claimed", "recognised", False), ("checked", "recognised", True),
     ("checked", "checked", False), ("recognised", "refused", True), ("recognised", "withdrawn", False),
     ("refused", "checked", False), ("withdrawn", "checked", False)],
)  # fmt: skip
def test_which_decision_may_follow(records: HourRecords, before: str, decision: HourDecision, allowed: bool) -> None:
    entry = replace(IMPORTED, state=before)
    if allowed:
        assert records.decide(DISTRICT, "1", [entry], decision, "why") == ("E1",) and _state(records, "E1") == decision
    else:
        with pytest.raises(HourStateError):
            records.decide(DISTRICT, "1", [entry], decision, "why")
        assert _state(records, "E1") is None


def test_many_at_once_leave_out_what_is_decided_already(records: HourRecords, store: RecordStore) -> None:
    entries = [replace(IMPORTED, entry_id=f"E{i}") for i in range(5)]
    records.decide(SCHOOL, "0", [entries[3]], "refused", "not ours")
    for _ in range(2):
        assert records.decide(SCHOOL, "1", entries, "checked") == ("E0", "E1", "E2", "E4")
    assert len(records.recorded().decisions) == 5 and verify(store) == []


def test_a_role_may_be_bound_to_some_states(records: HourRecords) -> None:
    with pytest.raises(HourStateError):
        records.decide(SCHOOL, "1", [replace(IMPORTED, state="checked")], "refused", "no", after=("claimed",))


def test_a_later_import_is_what_the_next_decision_follows(records: HourRecords) -> None:
    records.decide(SCHOOL, "1", [IMPORTED], "refused", "no")
    with pytest.raises(HourStateError):
        records.decide(SCHOOL, "2", [IMPORTED], "checked")
    again = replace(IMPORTED, decided_on=date(2099, 1, 1))
    assert records.decide(SCHOOL, "3", [again], "checked") == ("E1",)


@pytest.mark.parametrize(
    "change",
    [{"activity": " "}, {"activity": "x" * 201}, {"category": "any"}, {"level": "street"}, {"hours": 0.0}, {"hours": 1e6},
     {"hours": float("nan")}, {"done_on": date(2999, 1, 1)}, {"evidence_url": "javascript:alert(1)"}, {"credits": -1.0}],
)  # fmt: skip
def test_what_no_claim_can_be(records: HourRecords, change: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        records.claim(TEACHER, "1", "T1", replace(CLAIM, **change))  # type: ignore[arg-type]
    assert records.recorded().claims.empty


def test_a_refusal_needs_a_reason_and_a_write_has_a_size(records: HourRecords) -> None:
    with pytest.raises(UsageError):
        records.decide(SCHOOL, "1", [IMPORTED], "refused", " ")
    with pytest.raises(UsageError):
        records.decide(SCHOOL, "1", [replace(IMPORTED, entry_id=f"E{i}") for i in range(501)], "checked")


def test_one_of_two_who_decide_at_the_same_time(records: HourRecords) -> None:
    ready = threading.Barrier(4)

    def decide(n: int) -> bool:
        ready.wait()
        try:
            records.decide(Author(f"head{n}", "school"), f"{n}", [IMPORTED], "checked" if n % 2 else "refused", "why")
        except HourStateError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(decide, range(4)))
    steps = [step["decision"] for step in records.steps("E1")]
    # refused may follow checked, nothing follows refused
    assert sum(won) == len(steps) and steps in (["refused"], ["checked"], ["checked", "refused"])


def test_down_and_up_again(store: RecordStore, records: HourRecords) -> None:
    records.claim(TEACHER, "1", "T1", CLAIM)
    migrate(store.engine, "0006")
    assert migrate(store.engine)[1] == head()
    assert records.recorded().claims.empty
