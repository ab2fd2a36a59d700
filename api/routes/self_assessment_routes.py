"""A teacher's view of herself: the items, what she submits with what it changes, and its deletion."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError

from api.auth import VisitorDep
from api.deps import OwnViewReader, SelfAssessmentsDep, ServiceDep, answer
from api.request_bodies import JsonBody
from api.routes.feedback_routes import IdempotencyKey, author_of, json_schema, read_body
from api.schemas.self_assessment_schemas import (
    KeptSelfAssessmentOut,
    OwnViewChangeOut,
    SelfAssessmentDeletionOut,
    SelfAssessmentFormOut,
    SelfAssessmentIn,
    SelfAssessmentOut,
    SelfItemOut,
)
from recommender.records.self_assessment_records import SelfAnswer

router = APIRouter(tags=["what a teacher says of herself"])


@router.get(
    "/v1/teachers/{teacher_id:id}/self-assessment-items", response_model=SelfAssessmentFormOut,
    summary="The items of her self-assessment",
)  # fmt: skip
def form(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: SelfAssessmentsDep
) -> Response:
    """Those that tell most about her, at least one for each domain; none where the diagnosis kept nothing to use them with."""
    view = service.own_view(teacher_id)
    standing = records.standing(teacher_id)
    body = SelfAssessmentFormOut(
        teacher_id=teacher_id,
        items=tuple(SelfItemOut.model_validate(item) for item in (view.chosen() if view else ())),
        draft=KeptSelfAssessmentOut.model_validate(standing.draft) if standing.draft else None,
        submitted=tuple(KeptSelfAssessmentOut.model_validate(one) for one in standing.submitted),
    )
    return answer(request, body)


@router.post(
    "/v1/teachers/{teacher_id:id}/self-assessments", response_model=SelfAssessmentOut, status_code=201,
    summary="Submit a self-assessment", openapi_extra=json_schema(SelfAssessmentIn),
)  # fmt: skip
def submit(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: SelfAssessmentsDep,
    body: JsonBody, key: IdempotencyKey,
) -> Response:  # fmt: skip
    """The new estimates and by how much each moved. Her lists use them at once; the next diagnosis takes the newest of each
    cycle as evidence. Nobody but herself sees it."""
    said = read_body(SelfAssessmentIn, body)
    view = service.own_view(teacher_id)
    answers = checked_answers(view, {one.item: one.score for one in said.items})
    saved = records.save(author_of(visitor), key, teacher_id, "submitted", answers)
    around = records.around(teacher_id, saved.assessment_id) if saved is not None else ((), ())
    changes = view.changes(*around) if view is not None and saved is not None else ()
    out = SelfAssessmentOut(
        teacher_id=teacher_id, assessment_id=saved.assessment_id if saved else None, at=saved.at if saved else None,
        counted=bool(changes), changes=tuple(OwnViewChangeOut.model_validate(one) for one in changes),
    )  # fmt: skip
    return answer(request, out, 201)


@router.post(
    "/v1/teachers/{teacher_id:id}/self-assessments/delete", response_model=SelfAssessmentDeletionOut,
    summary="Delete all her self-assessments",
)  # fmt: skip
def delete(
    request: Request, teacher_id: str, visitor: VisitorDep, records: SelfAssessmentsDep, key: IdempotencyKey
) -> Response:
    """For good: her lists forget them at once, the tables at the next diagnosis."""
    deleted = records.delete(author_of(visitor), key, teacher_id)
    return answer(request, SelfAssessmentDeletionOut(teacher_id=teacher_id, deleted=deleted))


def checked_answers(view: OwnViewReader | None, scores: Mapping[str, float]) -> list[SelfAnswer]:
    """Scores on the scales of her items. Raises RequestValidationError for other items and scores."""
    items = {item.item: item for item in (view.items if view is not None else ())}
    faults = [
        {"type": "value_error", "loc": ("body", "items", name), "msg": "not an item of hers, or not on its scale"}
        for name, score in scores.items()
        if name not in items or not items[name].allows(score)
    ]
    if faults:
        raise RequestValidationError(faults)
    return [SelfAnswer(name, score, items[name].scale_min, items[name].scale_max) for name, score in scores.items()]
