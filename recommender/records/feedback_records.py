"""Feedback on courses and the switch of personalisation: events in, and what holds now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

import sqlalchemy as sa

from features.errors import UsageError
from recommender.lists.teacher_choices import NO_CHOICES, TeacherChoices
from recommender.records.driver_statement import BoundStatement, DriverStatement
from recommender.records.record_store import Author, RecordEntry, RecordStore
from recommender.records.record_tables import (
    FEEDBACK,
    KEY,
    LONGEST_ID,
    LONGEST_REASON,
    OBJECTION_ANSWERS,
    OBJECTIONS,
    PERSONALISATION,
)
from recommender.records.self_assessment_tables import SELF_ASSESSMENTS

Action = Literal["intend", "dismiss", "undo", "complete"]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
OFF: Final = "off"  # in place of an action, where personalisation is off
SELF_ASSESSED: Final = "self-assessed"  # in place of an action, where she submitted a self-assessment
CLOSING: Final = ("dismiss", "complete")
CONTESTED: Final = "contested"  # in place of an action, where her objection to a course was upheld
FEW: Final = 500  # ids that are looked up one by one; for more, all rows are read


@dataclass(frozen=True)
class FeedbackEvent:
    """What a teacher said about a course, and when."""

    event_id: int
    teacher_id: str
    course_id: str
    action: Action
    reason: str
    at: datetime


@dataclass(frozen=True)
class TeacherStanding:
    """What holds for one teacher: by course the newest event that was not undone, newest first; the switch."""

    events: tuple[FeedbackEvent, ...] = ()
    personalised: bool = True
    switched_at: datetime | None = None

    def with_action(self, *actions: Action) -> tuple[FeedbackEvent, ...]:
        """Those of these kinds."""
        return tuple(event for event in self.events if event.action in actions)

    def action_of(self, course_id: str) -> Action | None:
        """What holds of one course."""
        return next((event.action for event in self.events if event.course_id == course_id), None)


def _standing(of: Callable[[sa.Column[str]], sa.ColumnElement[bool]] | None) -> sa.CompoundSelect[tuple[str, str, str]]:
    """teacher_id, course_id and action of events that hold, of switches that are off, and of upheld objections to
    courses, and of self-assessments. of: the condition for the teachers, None for all."""
    events = sa.select(sa.func.max(FEEDBACK.c.id)).group_by(FEEDBACK.c.teacher_id, FEEDBACK.c.course_id)
    switches = sa.select(sa.func.max(PERSONALISATION.c.id)).group_by(PERSONALISATION.c.teacher_id)
    answers = sa.select(sa.func.max(OBJECTION_ANSWERS.c.id)).group_by(OBJECTION_ANSWERS.c.objection_id)
    contested = (
        sa.select(OBJECTIONS.c.teacher_id, OBJECTIONS.c.subject, sa.literal(CONTESTED))
        .join(OBJECTION_ANSWERS, OBJECTION_ANSWERS.c.objection_id == OBJECTIONS.c.id)
        .where(OBJECTIONS.c.kind == "course", OBJECTION_ANSWERS.c.decision == "upheld")
    )
    submitted = SELF_ASSESSMENTS.c.state == "submitted"
    assessed = sa.select(SELF_ASSESSMENTS.c.teacher_id, sa.literal(""), sa.literal(SELF_ASSESSED)).where(submitted)
    if of is not None:
        events = events.where(of(FEEDBACK.c.teacher_id))
        switches = switches.where(of(PERSONALISATION.c.teacher_id))
        answers = answers.where(of(OBJECTION_ANSWERS.c.teacher_id))
        contested = contested.where(of(OBJECTIONS.c.teacher_id))
        assessed = assessed.where(of(SELF_ASSESSMENTS.c.teacher_id))
    return sa.union_all(
        sa.select(FEEDBACK.c.teacher_id, FEEDBACK.c.course_id, FEEDBACK.c.action).where(
            FEEDBACK.c.id.in_(events), FEEDBACK.c.action != "undo"
        ),
        sa.select(PERSONALISATION.c.teacher_id, sa.literal(""), sa.literal(OFF)).where(
            PERSONALISATION.c.id.in_(switches), sa.not_(PERSONALISATION.c.enabled)
        ),
        contested.where(OBJECTION_ANSWERS.c.id.in_(answers)),
        assessed,
    )


_TEACHER: Final[sa.BindParameter[str]] = sa.bindparam("teacher", type_=KEY)
_TEACHERS: Final[sa.BindParameter[str]] = sa.bindparam("teachers", expanding=True)
OF_ONE: Final = _standing(lambda column: column == _TEACHER)
OF_FEW: Final = _standing(lambda column: column.in_(_TEACHERS))
OF_ALL: Final = _standing(None)


class FeedbackRecords:
    """Feedback and the switch in the records of a workspace."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self._of_one = DriverStatement(OF_ONE, store.engine.dialect, _TEACHER.key)  # read for every list

    def record(
        self, author: Author, key: str, teacher_id: str, course_id: str, action: Action, reason: str = ""
    ) -> FeedbackEvent:
        """Records one event; on disk when it returns. Raises as `RecordStore.once` does, UsageError for overlong texts."""
        if action not in ACTIONS:
            raise UsageError("records.unknown_action", action=action)
        _check_lengths(teacher_id, course_id, reason=reason)
        request = {"what": "feedback", "teacher": teacher_id, "course": course_id, "action": action, "reason": reason}

        def write(connection: sa.Connection, entry: RecordEntry) -> dict[str, Any]:
            values = {"teacher_id": teacher_id, "course_id": course_id, "action": action} | entry.columns()
            event_id = connection.execute(sa.insert(FEEDBACK).values(values).returning(FEEDBACK.c.id)).scalar_one()
            return {"event_id": event_id, "at": entry.at.isoformat()}

        answer = self._store.once(author, key, request, write, reason)
        at = datetime.fromisoformat(answer["at"])
        return FeedbackEvent(int(answer["event_id"]), teacher_id, course_id, action, reason, at)

    def personalise(self, author: Author, key: str, teacher_id: str, enabled: bool, reason: str = "") -> datetime:
        """Turns personalisation on or off for a teacher; returns when. Raises as `record` does."""
        _check_lengths(teacher_id, reason=reason)
        request = {"what": "personalisation", "teacher": teacher_id, "enabled": enabled, "reason": reason}

        def write(connection: sa.Connection, entry: RecordEntry) -> dict[str, Any]:
            values = {"teacher_id": teacher_id, "enabled": enabled} | entry.columns()
            connection.execute(sa.insert(PERSONALISATION).values(values))
            return {"at": entry.at.isoformat()}

        return datetime.fromisoformat(self._store.once(author, key, request, write, reason)["at"])

    def standing(self, teacher_id: str) -> TeacherStanding:
        """What holds for one teacher now."""
        newest = sa.select(sa.func.max(FEEDBACK.c.id)).where(FEEDBACK.c.teacher_id == teacher_id)
        events = (
            sa.select(FEEDBACK)
            .where(FEEDBACK.c.id.in_(newest.group_by(FEEDBACK.c.course_id)), FEEDBACK.c.action != "undo")
            .order_by(FEEDBACK.c.id.desc())
        )
        switch = (
            sa.select(PERSONALISATION.c.enabled, PERSONALISATION.c.at)
            .where(PERSONALISATION.c.teacher_id == teacher_id)
            .order_by(PERSONALISATION.c.id.desc())
            .limit(1)
        )
        with self._store.reading() as connection:
            rows = connection.execute(events).all()
            last = connection.execute(switch).one_or_none()
        return TeacherStanding(
            tuple(FeedbackEvent(r.id, r.teacher_id, r.course_id, r.action, r.reason, r.at) for r in rows),
            last is None or bool(last.enabled),
            None if last is None else last.at,
        )

    def choices(self, teacher_ids: Collection[str] | None = None) -> TeacherChoices:
        """The choices of these teachers that hold now; of all for None."""
        if teacher_ids is not None and len(teacher_ids) == 1:
            return choices_in(self._store.rows(*self.choices_of(next(iter(teacher_ids)))))
        with self._store.reading() as connection:
            if teacher_ids is not None and len(teacher_ids) <= FEW:
                rows: Sequence[Any] = connection.execute(OF_FEW, {"teachers": list(teacher_ids)}).all()
            else:
                rows = connection.execute(OF_ALL).all()
        wanted = None if teacher_ids is None else set(teacher_ids)
        return choices_in([row for row in rows if wanted is None or row[0] in wanted])

    def choices_of(self, teacher_id: str) -> BoundStatement:
        """The statement that reads those of one teacher, for `AuditTrail.read`; `choices_in` its rows."""
        return self._of_one, {_TEACHER.key: teacher_id}


def choices_in(rows: Sequence[Any]) -> TeacherChoices:
    """rows: (teacher, course, action)."""
    if not rows:
        return NO_CHOICES
    return TeacherChoices(
        frozenset((teacher, course) for teacher, course, action in rows if action in (*CLOSING, CONTESTED)),
        frozenset((teacher, course) for teacher, course, action in rows if action == "intend"),
        frozenset(teacher for teacher, _, action in rows if action == OFF),
        frozenset(teacher for teacher, _, action in rows if action == SELF_ASSESSED),
    )


def _check_lengths(*ids: str, reason: str) -> None:
    if any(not 0 < len(one) <= LONGEST_ID for one in ids) or len(reason) > LONGEST_REASON:
        raise UsageError("records.too_long", ids=LONGEST_ID, reason=LONGEST_REASON)
