"""What a teacher did, and what holds of it."""

from __future__ import annotations

import pytest

from features.errors import UsageError
from recommender.lists.teacher_choices import NO_CHOICES
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.objection_records import Contested, ObjectionRecords
from recommender.records.record_store import Author, RecordStore

TEACHER = Author("T1", "teacher")


@pytest.fixture
def records(store: RecordStore) -> FeedbackRecords:
    return FeedbackRecords(store)


def test_the_newest_event_of_a_course_holds_and_undo_takes_it_back(records: FeedbackRecords) -> None:
    assert records.standing("T1").events == ()
    records.record(TEACHER, "1", "T1", "K1", "dismiss", "time")
    records.record(TEACHER, "2", "T1", "K2", "intend")
    records.record(TEACHER, "3", "T1", "K3", "complete")
    records.record(TEACHER, "4", "T1", "K1", "intend")
    standing = records.standing("T1")
    assert [(e.course_id, e.action) for e in standing.events] == [("K1", "intend"), ("K3", "complete"), ("K2", "intend")]
    assert standing.action_of("K3") == "complete" and standing.action_of("K9") is None
    assert [e.course_id for e in standing.with_action("intend")] == ["K1", "K2"]
    records.record(TEACHER, "5", "T1", "K1", "undo")
    assert records.standing("T1").action_of("K1") is None
    assert records.standing("T2").events == ()


def test_choices_of_some_and_of_all(records: FeedbackRecords) -> None:
    other = Author("T2", "teacher")
    assert records.choices() == NO_CHOICES and not records.choices()
    records.record(TEACHER, "1", "T1", "K1", "dismiss")
    records.record(other, "1", "T2", "K1", "intend")
    records.record(other, "2", "T2", "K2", "complete")
    records.personalise(other, "3", "T2", False)
    choices = records.choices()
    assert choices.closed == {("T1", "K1"), ("T2", "K2")}
    assert choices.intended == {("T2", "K1")} and choices.unpersonalised == {"T2"}
    assert records.choices(["T1"]).closed == {("T1", "K1")} and not records.choices(["T1"]).unpersonalised
    many = [f"X{i}" for i in range(600)]
    assert records.choices([*many, "T2"]) == records.choices(["T2"])
    assert choices.digest() != records.choices(["T1"]).digest() != ""


def test_the_switch_goes_off_and_on(records: FeedbackRecords) -> None:
    assert records.standing("T1").personalised
    off = records.personalise(TEACHER, "1", "T1", False)
    assert records.personalise(TEACHER, "1", "T1", False) == off
    standing = records.standing("T1")
    assert not standing.personalised and standing.switched_at == off
    records.personalise(TEACHER, "2", "T1", True)
    assert records.standing("T1").personalised and not records.choices().unpersonalised


def test_what_is_no_feedback_is_refused(records: FeedbackRecords) -> None:
    with pytest.raises(UsageError):
        records.record(TEACHER, "1", "T1", "K1", "like")  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        records.record(TEACHER, "1", "T1", "K" * 201, "intend")
    with pytest.raises(UsageError):
        records.record(TEACHER, "1", "T1", "K1", "dismiss", "x" * 501)
    assert records.standing("T1").events == ()


def test_a_course_contested_with_success_is_closed_until_she_takes_it_back(records: FeedbackRecords, store: RecordStore) -> None:
    objections, head = ObjectionRecords(store), Author("planner", "district")
    mine = objections.contest(TEACHER, "1", "T1", Contested("course", "K1"), "not my stage")
    objections.contest(TEACHER, "2", "T1", Contested("course", "K2"), "not my stage")
    need = objections.contest(TEACHER, "3", "T1", Contested("need", "K3"), "no")
    objections.answer(head, "0", need.objection_id, "upheld", "so")
    assert records.choices() == NO_CHOICES
    objections.answer(head, "1", mine.objection_id, "upheld", "right")
    assert records.choices().closed == records.choices(["T1"]).closed == {("T1", "K1")}
    assert records.choices(["T2"]) == NO_CHOICES
    objections.withdraw(TEACHER, "4", mine.objection_id)
    assert records.choices() == NO_CHOICES
