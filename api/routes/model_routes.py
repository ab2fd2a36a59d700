"""Which trained versions there are and which one speaks, for administrators."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import HTTPException

from api.auth import Admitted
from api.deps import Shelf, answer
from api.schemas import ModelOut, ModelsOut

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("", response_model=ModelsOut, summary="All model versions")
def versions(request: Request, visitor: Admitted) -> Response:
    """Oldest as-of first; `current` is the promoted one."""
    shelf: Shelf = request.app.state.shelf
    current = shelf.current()
    held = tuple(ModelOut(version=version, current=version == current) for version in shelf.list())
    return answer(request, ModelsOut(models=held, current=current))


@router.get("/current", response_model=ModelOut, summary="The promoted model version")
def current(request: Request, visitor: Admitted) -> Response:
    """404 when nothing was promoted yet."""
    version = request.app.state.shelf.current()
    if version is None:
        raise HTTPException(404)
    return answer(request, ModelOut(version=version, current=True))
