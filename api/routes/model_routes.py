"""Which trained versions there are and which one answers, for administrators."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.auth import VisitorDep
from api.deps import ModelRegistry, PlansDep, ServiceDep, answer
from api.schemas.model_schemas import ModelOut, ModelsOut, ServedModelOut

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
