"""Which schools of a district have handed in which data."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.auth import VisitorDep
from api.deps import ServiceDep, answer
from api.schemas.coverage_schemas import CoverageOut

router = APIRouter(prefix="/v1/organizations", tags=["organizations"])


@router.get("/{district_id:id}/coverage", response_model=CoverageOut, summary="Who has handed in what")
def coverage(request: Request, district_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """By school and source: whether anything was handed in, when and by whom; shares and dates from ten teachers on."""
    return answer(request, CoverageOut.model_validate(service.coverage(district_id)))
