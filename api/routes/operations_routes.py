"""For those who run it: alive, ready, measured. Nothing here is about a person."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from features.messages import message
from recommender.text.catalogues import in_both

router = APIRouter(tags=["operations"])


class State(BaseModel):
    """One word."""

    status: str


class Readiness(State):
    """Where it is not ready, why not and what to do; nothing here names a file or a person."""

    reason: str | None = None
    detail_zh: str | None = None
    detail_en: str | None = None


@router.get("/healthz", response_model=State, summary="Is the process alive")
async def healthz() -> State:
    """Yes, as soon as it answers."""
    return State(status="ok")


@router.get("/readyz", response_model=Readiness, response_model_exclude_none=True, summary="Is the advice loaded")
async def readyz(request: Request, response: Response) -> Readiness:
    """503 until the advice is loaded, with the reason."""
    state: str = request.app.state.loading
    response.status_code = 200 if state == "ready" else 503
    if state == "ready":
        return Readiness(status=state)
    text = in_both(message(f"pages.not_ready_{state}"))
    return Readiness(status=state, reason=request.app.state.not_ready, detail_zh=text.zh, detail_en=text.en)


@router.get(
    "/metrics", summary="Counts and times for Prometheus", response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)  # fmt: skip
async def metrics(request: Request) -> Response:
    """By address pattern, without ids."""
    meter = request.app.state.meter
    meter.waiting.set(to_thread.current_default_thread_limiter().statistics().tasks_waiting)
    meter.ready.set(request.app.state.loading == "ready")
    return Response(generate_latest(meter.registry), media_type=CONTENT_TYPE_LATEST)
