"""Objections: what a teacher contests, and how it is answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.feedback_schemas import Id, Why
from api.schemas.personal_schemas import Cell
from api.schemas.wire import Wire
from recommender.objections.deadline import due_on, is_overdue
from recommender.objections.duty import duty_of
from recommender.objections.objection_effect import ObjectionEffect
from recommender.records.objection_records import Contested, Objection

Words = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
State = Literal["open", "upheld", "rejected", "withdrawn"]


class RowIn(BaseModel):
    """A row of a table that is about her. key: its key columns, as `GET /v1/teachers/{id}/data` shows them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: Id
    key: dict[str, Id] = Field(min_length=1, max_length=40)


class NeedIn(BaseModel):
    """The estimate of one of her competencies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    need: Id


class CourseIn(BaseModel):
    """That a course is proposed to her."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    course: Id


class ObjectionIn(BaseModel):
    """text: what is wrong, in her words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: RowIn | NeedIn | CourseIn
    text: Words


class ObjectionAnswerIn(BaseModel):
    """upheld: what is contested no longer counts. reason: for her to read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    decision: Literal["upheld", "rejected"]
    reason: Words


class ObjectionWithdrawalIn(BaseModel):
    """reason: why, where she wants to say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Why | None = None


class ContestedOut(Wire):
    """One of: a row by table and key, a need by its competency, a course."""

    kind: Literal["row", "need", "course"]
    table: str | None = None
    key: dict[str, str] | None = None
    need: str | None = None
    course: str | None = None

    @classmethod
    def of(cls, about: Contested) -> ContestedOut:
        """As it was sent."""
        if about.kind == "row":
            return cls(kind="row", table=about.subject, key=dict(about.row_key or {}))
        if about.kind == "need":
            return cls(kind="need", need=about.subject)
        return cls(kind="course", course=about.subject)


class ObjectionAnswerOut(Wire):
    """How it ended; `withdrawn` by herself."""

    decision: Literal["upheld", "rejected", "withdrawn"]
    reason: str
    actor: str
    role: str
    at: datetime


class ObjectionOut(Wire):
    """One objection. duty: the role that answers. due_on: 15 working days after it came."""

    objection_id: int
    teacher_id: str
    about: ContestedOut
    text: str
    at: datetime
    duty: Literal["school", "district", "admin"]
    due_on: date
    overdue: bool = Field(description="open, and the day is past")
    state: State
    answer: ObjectionAnswerOut | None

    @classmethod
    def of(cls, objection: Objection, now: datetime) -> ObjectionOut:
        """As it stands at `now`."""
        return cls(
            objection_id=objection.objection_id, teacher_id=objection.teacher_id,
            about=ContestedOut.of(objection.about), text=objection.text, at=objection.at,
            duty=duty_of(objection.about), due_on=due_on(objection.at),  # type: ignore[arg-type]
            overdue=objection.state == "open" and is_overdue(objection.at, now), state=objection.state,
            answer=None if objection.answer is None else ObjectionAnswerOut.model_validate(objection.answer),
        )  # fmt: skip


class OwnObjectionOut(ObjectionOut):
    """With what it changes: nothing; from the next diagnosis on; in all that is shown now; nothing any more, because the row was
    changed or there is newer evidence; or that it will count again."""

    effect: ObjectionEffect


class ObjectionsOut(Wire):
    """A teacher's own, open ones first, then the newest."""

    teacher_id: str
    objections: tuple[OwnObjectionOut, ...]


class DeskObjectionOut(ObjectionOut):
    """With the contested row as those who answer may see it: without measured numbers; null for what is no row, and for a row
    that is no longer there."""

    row: dict[str, Cell] | None


class DeskObjectionsOut(Wire):
    """What is in one state and the visitor's to answer, oldest first. left_off: how many more there are."""

    objections: tuple[ObjectionOut, ...]
    left_off: int
