"""What a teacher does: feedback on courses, and the switch of personalisation."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import APIRouter, Header, Request, Response
from fastapi.exceptions import HTTPException, RequestValidationError
from pydantic import BaseModel, ValidationError

from api.auth import VisitorDep
from api.deps import FeedbackDep, ServiceDep, answer
from api.request_bodies import JsonBody
from api.schemas.feedback_schemas import FeedbackIn, FeedbackOut, PersonalisationIn, PersonalisationOut
from features.documents import DocumentError, parse_json
from recommender.records.record_store import Author
from recommender.tokens import Claims

router = APIRouter(tags=["what a teacher does"])

Body = TypeVar("Body", bound=BaseModel)
IdempotencyKey = Annotated[
    str,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$",
           description="Of your choice, new for each write; sent again, the write is answered again and not repeated"),
]  # fmt: skip


def json_schema(model: type[BaseModel]) -> dict[str, object]:
    """The body of an address that reads it itself, for OpenAPI."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


def optional_json_schema(model: type[BaseModel]) -> dict[str, object]:
    """The body of an address that may be left out."""
    return {"requestBody": {"content": {"application/json": {"schema": model.model_json_schema()}}}}


def read_body(model: type[Body], body: bytes) -> Body:
    """A JSON body as a model. Raises RequestValidationError."""
    try:
        return model.model_validate(parse_json(body))
    except DocumentError as error:
        raise RequestValidationError([{"type": "json", "loc": ("body",), "msg": str(error)}]) from error
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([fault | {"loc": ("body", *fault["loc"])} for fault in faults]) from error


def author_of(visitor: Claims) -> Author:
    """Who writes."""
    return Author(visitor.subject, visitor.role)


@router.post(
    "/v1/feedback", response_model=FeedbackOut, status_code=201, summary="Say what she makes of a course",
    openapi_extra=json_schema(FeedbackIn),
)  # fmt: skip
def feedback(
    request: Request, visitor: VisitorDep, service: ServiceDep, records: FeedbackDep, body: JsonBody, key: IdempotencyKey
) -> Response:
    """Recorded and on disk when this answers. A dismissed or completed course leaves her lists at once; an intention stands
    on her page and counts as a wish in plans; `undo` takes the last one back."""
    said = read_body(FeedbackIn, body)
    if said.teacher_id != visitor.subject:
        raise HTTPException(404)
    service.school_of(said.teacher_id)  # unknown ids answer 404
    service.course(said.course_id)
    event = records.record(
        author_of(visitor), key, said.teacher_id, said.course_id, said.action, said.reason or ""
    )
    return answer(request, FeedbackOut.model_validate(event), 201)


@router.post(
    "/v1/teachers/{teacher_id:id}/personalisation", response_model=PersonalisationOut, status_code=201,
    summary="Turn personalisation on or off", openapi_extra=json_schema(PersonalisationIn),
)  # fmt: skip
def personalisation(
    request: Request, teacher_id: str, visitor: VisitorDep, records: FeedbackDep, body: JsonBody, key: IdempotencyKey
) -> Response:
    """Off: her list is the same as everybody's to whom the courses are open, and plans use no gain of hers. Everything else
    works as before."""
    said = read_body(PersonalisationIn, body)
    at = records.personalise(author_of(visitor), key, teacher_id, said.enabled, said.reason or "")
    return answer(request, PersonalisationOut(teacher_id=teacher_id, enabled=said.enabled, at=at), 201)
