"""Objections: a teacher contests what is stored or estimated of her or proposed to her, and a person answers."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from api.auth import VisitorDep, audit_read
from api.deps import AdviceReader, ObjectionsDep, ServiceDep, answer, objection_of
from api.request_bodies import JsonBody
from api.routes.feedback_routes import IdempotencyKey, author_of, json_schema, read_body
from api.schemas.objection_schemas import (
    CourseIn,
    DeskObjectionOut,
    DeskObjectionsOut,
    NeedIn,
    ObjectionAnswerIn,
    ObjectionIn,
    ObjectionOut,
    ObjectionsOut,
    ObjectionWithdrawalIn,
    OwnObjectionOut,
    RowIn,
    State,
)
from features.errors import UnknownIdError
from features.row_identity import row_digest
from recommender.objections.contested_rows import Row, desk_cells, find_row, named_in
from recommender.objections.duty import in_duty, refuse_partial
from recommender.objections.objection_effect import ObjectionEffect, effect_of
from recommender.personal_data import PersonalTable
from recommender.records.objection_records import Contested, Objection, ObjectionRecords
from recommender.tokens import Claims

router = APIRouter(tags=["objections"])

AT_ONCE: Final = 200  # objections of one answer


def contested(service: AdviceReader, teacher_id: str, about: RowIn | NeedIn | CourseIn) -> Contested:
    """What she contests, as it is stored now. Raises UnknownIdError for a row, need or course that is not hers to contest."""
    if isinstance(about, CourseIn):
        return Contested("course", service.course(about.course).course_id)
    if isinstance(about, NeedIn):
        if about.need not in {need.competency_id for need in service.teacher_needs(teacher_id).needs}:
            raise UnknownIdError("objections.no_need", competency_id=about.need)
        return Contested("need", about.need)
    row = find_row(service.personal_data(teacher_id), about.table, about.key)
    if row is None:
        raise UnknownIdError("objections.no_row", table=about.table)
    return Contested("row", about.table, about.key, row_digest(row))


def contested_row(service: AdviceReader, objection: Objection) -> Row | None:
    """The row that an objection is about; None for what is no row, and where it is no longer there."""
    about = objection.about
    if about.kind != "row":
        return None
    try:
        return find_row(service.personal_data(objection.teacher_id), about.subject, about.row_key or {})
    except UnknownIdError:  # she is no longer in the data
        return None


def to_answer(
    request: Request, visitor: Claims, service: AdviceReader, records: ObjectionRecords, state: State
) -> tuple[list[Objection], int]:
    """The visitor's to answer, and how many were left off; each leaves an audit line about its teacher."""
    mine = [objection for objection in records.in_state(state) if in_duty(visitor, objection, service)]
    for teacher_id in dict.fromkeys(objection.teacher_id for objection in mine[:AT_ONCE]):
        audit_read(request, visitor, "teacher", teacher_id, "objections to answer")
    return mine[:AT_ONCE], max(len(mine) - AT_ONCE, 0)


def effects_of(objections: tuple[Objection, ...], service: AdviceReader, teacher_id: str) -> dict[int, ObjectionEffect]:
    """The effect of each, by number; her rows are read once, where one needs them."""
    tables: list[tuple[PersonalTable, ...]] = []

    def read() -> tuple[PersonalTable, ...]:
        if not tables:
            tables.append(tuple(service.personal_data(teacher_id)))
        return tables[0]

    needs = {need.competency_id for need in service.teacher_needs(teacher_id).needs}
    return {one.objection_id: effect_of(one, service.left_out_for, needs, read) for one in objections}


def end(
    request: Request, visitor: Claims, service: AdviceReader, objection_id: str, key: str, decision: Any, reason: str
) -> Objection:
    """Upholds, rejects or withdraws. Raises PartialityError, ObjectionStateError."""
    records: ObjectionRecords = request.app.state.objections
    objection = objection_of(request, objection_id)
    author = author_of(visitor)
    if decision == "withdrawn":
        return records.withdraw(author, key, objection.objection_id, reason)
    row = contested_row(service, objection)
    refuse_partial(visitor, objection, named_in(objection.about.subject, row) if row else ())
    return records.answer(author, key, objection.objection_id, decision, reason)


@router.post(
    "/v1/teachers/{teacher_id:id}/objections", response_model=ObjectionOut, status_code=201, summary="Contest something",
    openapi_extra=json_schema(ObjectionIn),
)  # fmt: skip
def contest(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: ObjectionsDep, body: JsonBody,
    key: IdempotencyKey,
) -> Response:  # fmt: skip
    """A row that is stored of her, the estimate of a need, or a course that is proposed to her. A person answers within 15
    working days; what is upheld no longer counts."""
    said = read_body(ObjectionIn, body)
    objection = records.contest(author_of(visitor), key, teacher_id, contested(service, teacher_id, said.about), said.text)
    return answer(request, ObjectionOut.of(objection, request.app.state.records.now()), 201)


@router.get("/v1/teachers/{teacher_id:id}/objections", response_model=ObjectionsOut, summary="A teacher's own objections")
def own_objections(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: ObjectionsDep
) -> Response:
    """With their answers and what they change, for herself alone."""
    now, mine = request.app.state.records.now(), records.of_teacher(teacher_id)
    effects = effects_of(mine, service, teacher_id)
    shown = tuple(
        OwnObjectionOut(**dict(ObjectionOut.of(one, now)), effect=effects[one.objection_id]) for one in mine
    )
    return answer(request, ObjectionsOut(teacher_id=teacher_id, objections=shown))


@router.get("/v1/objections", response_model=DeskObjectionsOut, summary="Objections to answer")
def objections(
    request: Request, visitor: VisitorDep, service: ServiceDep, records: ObjectionsDep, state: State = "open"
) -> Response:
    """Those in one state that are the visitor's to answer: of a school's teachers about the register, classes and
    observations, of a district's about other tables and courses, for an administrator all."""
    mine, left_off = to_answer(request, visitor, service, records, state)
    now = request.app.state.records.now()
    shown = tuple(ObjectionOut.of(objection, now) for objection in mine)
    return answer(request, DeskObjectionsOut(objections=shown, left_off=left_off))


@router.get("/v1/objections/{objection_id}", response_model=DeskObjectionOut, summary="An objection to answer")
def objection(request: Request, objection_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """With the contested row, without the numbers that were measured, as schools and districts do not see them."""
    one = objection_of(request, objection_id)
    row = contested_row(service, one)
    cells = None if row is None else desk_cells(one.about.subject, row)
    shown = ObjectionOut.of(one, request.app.state.records.now())
    return answer(request, DeskObjectionOut(**dict(shown), row=cells))


@router.post(
    "/v1/objections/{objection_id}/answer", response_model=ObjectionOut, status_code=201, summary="Answer an objection",
    openapi_extra=json_schema(ObjectionAnswerIn),
)  # fmt: skip
def answer_objection(
    request: Request, objection_id: str, visitor: VisitorDep, service: ServiceDep, body: JsonBody, key: IdempotencyKey
) -> Response:
    """By a person whose duty it is and who is not named in what is contested. An answer is final; she reads its reason."""
    said = read_body(ObjectionAnswerIn, body)
    objection = end(request, visitor, service, objection_id, key, said.decision, said.reason)
    return answer(request, ObjectionOut.of(objection, request.app.state.records.now()), 201)


@router.post(
    "/v1/objections/{objection_id}/withdraw", response_model=ObjectionOut, status_code=201,
    summary="Take an objection back", openapi_extra=json_schema(ObjectionWithdrawalIn),
)  # fmt: skip
def withdraw(
    request: Request, objection_id: str, visitor: VisitorDep, service: ServiceDep, body: JsonBody, key: IdempotencyKey
) -> Response:
    """Her own, open or upheld: what it was about counts again."""
    said = read_body(ObjectionWithdrawalIn, body)
    objection = end(request, visitor, service, objection_id, key, "withdrawn", said.reason or "")
    return answer(request, ObjectionOut.of(objection, request.app.state.records.now()), 201)
