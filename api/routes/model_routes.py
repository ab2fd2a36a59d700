"""Which trained versions there are, which one answers, and asking for another one."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response

from api.auth import VisitorDep
from api.deps import ModelRegistry, PlansDep, ServiceDep, answer
from api.model_requests import RequestedChange, request_change, request_rollback
from api.request_bodies import JsonBody
from api.routes.feedback_routes import read_body
from api.schemas.model_schemas import ModelChangeIn, ModelChangeOut, ModelOut, ModelsOut, ServedModelOut

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("", response_model=ModelsOut, summary="All model versions")
def versions(request: Request, visitor: VisitorDep) -> Response:
    """Oldest as-of first; `current` is the promoted one."""
    registry: ModelRegistry = request.app.state.registry
    current = registry.current()
    models = tuple(ModelOut(version=version, current=version == current) for version in registry.list())
    return answer(request, ModelsOut(models=models, current=current))


@router.get("/current", response_model=ServedModelOut, summary="The model version that answers")
def current(request: Request, visitor: VisitorDep, service: ServiceDep, plans: PlansDep) -> Response:
    """`current`: whether it is also the promoted one. A server answers from one version from its start to its end."""
    version, promoted = service.version, request.app.state.registry.current()
    served = ServedModelOut(
        version=version.model_version, current=version.model_version == promoted, tables=version.tables,
        as_of=version.as_of, promoted=promoted, newer_tables=plans.tables() != version.tables,
    )  # fmt: skip
    return answer(request, served)


BODY = {"requestBody": {"required": False, "content": {"application/json": {"schema": ModelChangeIn.model_json_schema()}}}}
PROMOTED: dict[int | str, dict[str, Any]] = {200: {"model": ModelChangeOut, "description": "Promoted"}}
OptionalKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$",
           description="Of your choice, new for each write; sent again, the write is answered again and not repeated"),
]  # fmt: skip


@router.post(
    "/{version}/promote", response_model=ModelChangeOut, status_code=202, responses=PROMOTED,
    summary="Promote a version", openapi_extra=BODY,
)  # fmt: skip
def promote(
    request: Request, version: Annotated[str, Path(max_length=40)], visitor: VisitorDep, body: JsonBody, key: OptionalKey = None
) -> Response:
    """202: proposed, and another researcher or administrator has to ask for the same within seven days. 200: promoted, because
    another one had proposed it, it was promoted before, or the settings want no second person. The next start of the server
    takes the promoted version."""
    said = read_body(ModelChangeIn, body or b"{}")
    wanted = request_change(request, visitor, key or secrets.token_urlsafe(16), "promote", version, said.reason or "")
    return _answered(request, wanted)


@router.post(
    "/{version}/rollback", response_model=ModelChangeOut, status_code=202, responses=PROMOTED,
    summary="Go back to the version before", openapi_extra=BODY,
)  # fmt: skip
def rollback(
    request: Request, version: Annotated[str, Path(max_length=40)], visitor: VisitorDep, body: JsonBody, key: OptionalKey = None
) -> Response:
    """To this version, which has to be the one before the promoted one: proposed and confirmed as a promotion. 200 as well where
    it is the promoted one already."""
    said = read_body(ModelChangeIn, body or b"{}")
    wanted = request_rollback(request, visitor, key or secrets.token_urlsafe(16), version, said.reason or "")
    return _answered(request, wanted)


def _answered(request: Request, wanted: RequestedChange) -> Response:
    proposal = wanted.proposal
    body = ModelChangeOut(version=wanted.version, state=wanted.state, proposal=None, proposed_by=None, expires=None)
    if proposal is not None:
        known = {"proposal": proposal.change_id, "proposed_by": proposal.actor, "expires": proposal.expires}
        body = body.model_copy(update=known)
    return answer(request, body, 200 if wanted.state == "promoted" else 202)
