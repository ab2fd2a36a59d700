"""For those who run it: alive, ready, measured. Nothing here is about a person."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

router = APIRouter(tags=["operations"])


class State(BaseModel):
    """One word."""

    status: str


@router.get("/healthz", response_model=State, summary="Is the process alive")
async def healthz() -> State:
    """Yes, as soon as it answers."""
    return State(status="ok")


@router.get("/readyz", response_model=State, summary="Is the advice loaded")
async def readyz(request: Request, response: Response) -> State:
    """503 until the advice is loaded."""
    state: str = request.app.state.loading
    response.status_code = 200 if state == "ready" else 503
    return State(status=state)


@router.get("/metrics", summary="Counts and times for Prometheus")
async def metrics(request: Request) -> Response:
    """By address pattern, without ids."""
    return Response(generate_latest(request.app.state.meter.registry), media_type=CONTENT_TYPE_LATEST)
