"""Objections in the records: what she contests, one answer, and what is upheld now."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from features.errors import UnknownIdError, UsageError
from recommender.records.objection_records import Contested, ObjectionRecords, ObjectionStateError
from recommender.records.record_store import Author, KeyReuseError, RecordStore
from recommender.records.store_check import verify
from recommender.records.store_schema import head, migrate

TEACHER, HEAD = Author("T1", "teacher"), Author("head", "school")
ROW = Contested("row", "observations", {"observation_id": "O1", "item": "questioning"}, "ab" * 32)


@pytest.fixture
def records(store: RecordStore) -> ObjectionRecords:
    return ObjectionRecords(store)


def test_an_objection_is_open_until_a_person_answers(records: ObjectionRecords) -> None:
    mine = records.contest(TEACHER, "1", "T1", ROW, "那节课不是我上的")
    assert (mine.state, mine.about, mine.text, mine.teacher_id) == ("open", ROW, "那节课不是我上的", "T1")
    assert records.in_state("open") == (mine,) and records.in_state("upheld") == ()
    answered = records.answer(HEAD, "1", mine.objection_id, "upheld", "查实：代课")
    assert answered.answer is not None
    assert (answered.state, answered.answer.reason, answered.answer.actor, answered.answer.role) == (
        "upheld", "查实：代课", "head", "school",
    )  # fmt: skip
    assert records.in_state("open") == () and records.in_state("upheld") == (answered,)
    assert records.of_teacher("T1") == (answered,) and records.of_teacher("T2") == ()


def test_sent_again_it_is_one_objection(records: ObjectionRecords) -> None:
    first = records.contest(TEACHER, "1", "T1", ROW, "not mine")
    assert records.contest(TEACHER, "1", "T1", ROW, "not mine") == first
    with pytest.raises(KeyReuseError):
        records.contest(TEACHER, "1", "T1", ROW, "another text")
    assert len(records.of_teacher("T1")) == 1


def test_the_same_is_contested_again_only_after_it_ended(records: ObjectionRecords) -> None:
    first = records.contest(TEACHER, "1", "T1", ROW, "not mine")
    with pytest.raises(ObjectionStateError):
        records.contest(TEACHER, "2", "T1", ROW, "not mine")
    records.contest(TEACHER, "3", "T1", Contested("course", "K1"), "wrong stage")
    records.answer(HEAD, "1", first.objection_id, "rejected", "signed by her")
    again = records.contest(TEACHER, "4", "T1", ROW, "the signature is not mine")
    assert [one.state for one in records.of_teacher("T1")] == ["open", "open", "rejected"]
    records.answer(HEAD, "2", again.objection_id, "upheld", "right")
    with pytest.raises(ObjectionStateError):
        records.contest(TEACHER, "5", "T1", ROW, "not mine")


def test_an_answer_is_final_and_only_she_takes_an_upheld_one_back(records: ObjectionRecords) -> None:
    number = records.contest(TEACHER, "1", "T1", ROW, "not mine").objection_id
    records.answer(HEAD, "1", number, "upheld", "right")
    assert records.answer(HEAD, "1", number, "upheld", "right").state == "upheld"
    for decision in ("upheld", "rejected"):
        with pytest.raises(ObjectionStateError):
            records.answer(HEAD, "2", number, decision, "another view")  # type: ignore[arg-type]
    withdrawn = records.withdraw(TEACHER, "2", number)
    assert withdrawn.state == "withdrawn" and records.in_state("upheld") == ()
    with pytest.raises(ObjectionStateError):
        records.withdraw(TEACHER, "3", number)


def test_of_two_answers_at_once_one_holds(records: ObjectionRecords, store: RecordStore) -> None:
    number = records.contest(TEACHER, "1", "T1", ROW, "not mine").objection_id
    start = threading.Barrier(4)

    def answer(n: int) -> str:
        start.wait()
        try:
            return records.answer(Author(f"head-{n}", "school"), "1", number, "rejected" if n % 2 else "upheld", "seen").state
        except ObjectionStateError:
            return "late"

    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(answer, range(4)))
    assert sorted(states)[:3] == ["late"] * 3 and records.one(number).state in states
    assert verify(store) == []


def test_what_is_no_objection_is_refused(records: ObjectionRecords) -> None:
    for text in ("", "  ", "x" * 501):
        with pytest.raises(UsageError):
            records.contest(TEACHER, "1", "T1", ROW, text)
    number = records.contest(TEACHER, "1", "T1", ROW, "not mine").objection_id
    with pytest.raises(UsageError):
        records.answer(HEAD, "1", number, "rejected", " ")
    for unknown in (0, -1, number + 1, 10**30):
        with pytest.raises(UnknownIdError):
            records.answer(HEAD, "1", unknown, "rejected", "no")
    assert records.one(number).state == "open"


def test_a_revision_down_deletes_them_with_their_acknowledgements(records: ObjectionRecords, store: RecordStore) -> None:
    number = records.contest(TEACHER, "1", "T1", ROW, "not mine").objection_id
    records.answer(HEAD, "1", number, "upheld", "right")
    assert migrate(store.engine, "0003") == (head(), "0003")
    assert migrate(store.engine) == ("0003", head())
    assert records.of_teacher("T1") == () and verify(store) == []
    assert records.contest(TEACHER, "1", "T1", ROW, "not mine").state == "open"
