"""Which trained versions there are and which one speaks, for administrators."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import HTTPException

from api.auth import VisitorDep
from api.deps import ModelRegistry, answer
from api.schemas.model_schemas import ModelOut, ModelsOut

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("", response_model=ModelsOut, summary="All model versions")
def versions(request: Request, visitor: VisitorDep) -> Response:
    """Oldest as-of first; `current` is the promoted one."""
    registry: ModelRegistry = request.app.state.registry
    current = registry.current()
    models = tuple(ModelOut(version=version, current=version == current) for version in registry.list())
    return answer(request, ModelsOut(models=models, current=current))


@router.get("/current", response_model=ModelOut, summary="The promoted model version")
def current(request: Request, visitor: VisitorDep) -> Response:
    """404 when nothing was promoted yet."""
    version = request.app.state.registry.current()
    if version is None:
        raise HTTPException(404)
    return answer(request, ModelOut(version=version, current=True))
