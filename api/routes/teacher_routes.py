"""The recommendations and needs of one teacher."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth import VisitorDep
from api.deps import ServiceDep, answer, personal_tables
from api.prepared_answer import prepared_answer, without_places
from api.schemas.advice_schemas import AdviceOut, ProposalsOut
from api.schemas.growth_schemas import CompetencyGrowthOut, GrowthOut
from api.schemas.need_schemas import TeacherNeedsOut
from api.schemas.personal_schemas import ImportSourceOut, PersonalDataOut, PersonalTableOut
from features.row_identity import key_columns

PROPOSED = 10  # courses proposed for a teacher to her school

router = APIRouter(prefix="/v1/teachers", tags=["teachers"])


@router.get(
    "/{teacher_id:id}/recommendations", response_model=AdviceOut | ProposalsOut, summary="Courses for a teacher"
)
def recommendations(
    request: Request,
    teacher_id: str,
    visitor: VisitorDep,
    service: ServiceDep,
    top: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Response:
    """For herself the list with its five reasons; for her school proposals with fit and feasibility.

    The school always gets the same number: lists of growing length would tell their order, and so her needs.
    """
    if visitor.role == "teacher":
        prepared = service.prepared_advice(teacher_id, top)
        if prepared is None:
            prepared = without_places(service.teacher_advice(teacher_id, top))
        return answer(request, prepared_answer(service, service.age, *prepared, top))
    return answer(request, ProposalsOut.of(service.teacher_advice(teacher_id, PROPOSED)))


@router.get("/{teacher_id:id}/data", response_model=PersonalDataOut, summary="All that is recorded of a teacher")
def data(request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """By table, with the imports that a table comes from, and who read what of her; for herself alone."""
    tables = tuple(
        PersonalTableOut(
            name=t.name, kind=t.kind, label_zh=t.label.zh, label_en=t.label.en, as_of=t.as_of,
            sources=tuple(ImportSourceOut.model_validate(s) for s in t.sources), rows=tuple(dict(row) for row in t.rows),
            key=key_columns(t.name) if t.kind == "tables" else (),
        )
        for t in personal_tables(request, service, teacher_id)
    )  # fmt: skip
    return answer(request, PersonalDataOut(teacher_id=teacher_id, made_up=service.made_up, tables=tables))


@router.get("/{teacher_id:id}/needs", response_model=TeacherNeedsOut, summary="A teacher's needs and hours")
def needs(request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """Her needs and hours, for herself alone."""
    return answer(request, TeacherNeedsOut.model_validate(service.teacher_needs(teacher_id)))


@router.get("/{teacher_id:id}/growth", response_model=GrowthOut, summary="A teacher's change between school years")
def growth(request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """For herself alone: differences within the same source and item, with their uncertainty; never from class results."""
    changes = service.growth(teacher_id)
    listed = None if changes is None else tuple(CompetencyGrowthOut.model_validate(one) for one in changes)
    return answer(request, GrowthOut(teacher_id=teacher_id, made_up=service.made_up, growth=listed))
