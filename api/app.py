"""The application: `create_app()` for a server (`uvicorn --factory api.app:create_app`) and for tests."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from importlib.resources import files
from typing import Final, TextIO

from anyio import to_thread
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from api import problems as errors
from api import telemetry
from api.audit_barrier import AuditBarrier
from api.auth import COOKIE, SignedIn, admit
from api.cookies import https_only
from api.deps import AdviceReader, ModelRegistry, PlanQueue, SignIn, only_known_parameters
from api.load_shedding import LoadShedding
from api.loading import Loading
from api.middleware import COMPRESSION, SMALLEST_COMPRESSED, BodyLimit, SecurityHeaders
from api.openapi import describe
from api.pages import catalogue_pages as catalogue
from api.pages import (
    coverage_page,
    data_desk,
    growth_page,
    hours_desk,
    hours_pages,
    model_change_forms,
    model_pages,
    objection_desk,
    objection_pages,
    plan_decisions,
    privacy_page,
    self_assessment_page,
    sign_in_pages,
    teacher_actions,
)
from api.pages import district_pages as district
from api.pages import landing_page as landing
from api.pages import school_page as school
from api.pages import teacher_pages as teacher
from api.prepared_layer import PreparedAnswers
from api.rate_limits import RateLimit
from api.routes import course_routes as courses
from api.routes import (
    coverage_routes,
    feedback_routes,
    hours_routes,
    objection_routes,
    plan_routes,
    self_assessment_routes,
)
from api.routes import model_routes as models
from api.routes import operations_routes as operations
from api.routes import school_routes as schools
from api.routes import teacher_routes as teachers
from api.upload_bodies import UPLOAD_PATH
from recommender.records.audit_trail import AuditTrail
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.hour_records import HourRecords
from recommender.records.objection_records import ObjectionRecords
from recommender.records.record_store import RecordStore
from recommender.records.self_assessment_records import SelfAssessmentRecords
from recommender.settings import Settings
from recommender.tokens import Claims
from recommender.uploads.upload_store import UploadStore

THREADS: Final = 2  # routes that are at work at once; more would take turns on the same processor
AN_HOUR: Final = 3600.0  # seconds
TURN: Final = 0.001  # seconds
ReadToken = Callable[[str], Claims | None]
LoadService = Callable[[], AdviceReader]


class Service(FastAPI):
    """The application behind `prepared`, which answers what needs none of its layers."""

    prepared: PreparedAnswers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not await self.prepared.answered(scope, send):
            await super().__call__(scope, receive, send)


def create_app(
    load_service: LoadService | None = None,
    read_token: ReadToken | None = None,
    registry: ModelRegistry | None = None,
    log_stream: TextIO | None = None,
    plans: PlanQueue | None = None,
    records: RecordStore | None = None,
    sign_in: SignIn | None = None,
    settings: Settings | None = None,
    uploads: UploadStore | None = None,
) -> FastAPI:
    """The whole service; without arguments it serves the workspace of the settings.

    The advice is loaded once, beside the running server (`api.loading`). Until then `/readyz`, and everything that
    needs it, answers 503.
    """
    if None in (load_service, read_token, registry, plans, records, sign_in):
        from api.server_settings import ServerSettings

        server = ServerSettings()
        load_service, read_token = load_service or server.service, read_token or server.read_token
        registry, plans, records = registry or server.registry, plans or server.plans, records or server.records
        sign_in, settings = sign_in or server.sign_in, settings or server.settings
    assert load_service and read_token and registry and plans and records and sign_in
    trail = AuditTrail(records)
    app = Service(
        title="Training needs recommender",
        version="1",
        description="教师培训需求与课程建议 / what teachers and schools need, and the courses for it",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(load_service, plans, records, trail),
    )
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.state.service = None
    app.state.loading, app.state.not_ready = "loading", None
    app.state.read_token = read_token
    app.state.registry = registry
    app.state.plans = plans
    app.state.sign_in = sign_in
    limits = settings or Settings()
    app.state.writes = RateLimit(limits.writes_per_minute)
    app.state.sign_ins = RateLimit(limits.sign_ins_per_minute)
    app.state.responsible = limits.operator_name, limits.privacy_contact
    app.state.changes, app.state.second_person = registry.changes(records), limits.second_person
    app.state.records, app.state.trail = records, trail
    app.state.uploads = uploads or UploadStore(limits.workspace)
    app.state.upload_megabytes = limits.upload_megabytes
    app.state.feedback = FeedbackRecords(records)
    app.state.self_assessments = SelfAssessmentRecords(records)
    app.state.objections = ObjectionRecords(records)
    app.state.hour_records, app.state.today = HourRecords(records), limits.day
    meter = telemetry.install(app, log_stream, trail, records.now)
    errors.install(app)
    app.add_exception_handler(SignedIn, _keep_in_cookie)
    closed = [Depends(admit), Depends(only_known_parameters)]
    data = (
        teachers, schools, courses, feedback_routes, self_assessment_routes, objection_routes, hours_routes,
        plan_routes, models, coverage_routes,
    )  # fmt: skip
    pages = (
        growth_page, objection_desk, objection_pages, hours_pages, hours_desk, self_assessment_page,
        teacher_actions, teacher, school, coverage_page, district, plan_decisions, catalogue,
        model_change_forms, model_pages, data_desk,
    )  # fmt: skip
    for part in (*data, *pages):
        app.include_router(part.router, dependencies=closed)
    for part in (operations, landing, sign_in_pages, privacy_page):
        app.include_router(part.router, dependencies=[Depends(only_known_parameters)])
    app.mount("/static", StaticFiles(directory=str(files("api").joinpath("static"))), name="static")
    app.add_middleware(AuditBarrier)
    app.add_middleware(GZipMiddleware, minimum_size=SMALLEST_COMPRESSED, compresslevel=COMPRESSION)
    app.add_middleware(LoadShedding)
    app.add_middleware(BodyLimit, larger={UPLOAD_PATH: limits.upload_megabytes * 1_000_000})
    app.add_middleware(errors.LastResort)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(telemetry.Metered, meter=meter)
    app.prepared = PreparedAnswers(app.state, meter)
    return app


def _lifespan(
    load_service: LoadService, plans: PlanQueue, records: RecordStore, trail: AuditTrail
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loading = Loading(app, records, load_service)
        _share_processor()
        task = asyncio.create_task(loading.run())
        expiring = asyncio.create_task(_expire_uploads(app))
        plans.start()
        try:
            yield
        finally:
            expiring.cancel()
            loading.close()
            plans.close()
            await asyncio.to_thread(trail.close)
        await task
        records.close()

    return lifespan


async def _expire_uploads(app: FastAPI) -> None:
    """Files of people that nobody finished go after their day, whether or not anybody opens the page."""
    while True:
        with suppress(OSError):  # tried again
            await asyncio.to_thread(app.state.uploads.expire)
        await asyncio.sleep(AN_HOUR)


def _share_processor() -> None:
    """Few routes at a time, in short turns: the event loop, which answers /healthz, waits for all that are at work."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    sys.setswitchinterval(TURN)


async def _keep_in_cookie(request: Request, signed_in: Exception) -> Response:
    """To the clean address, with the token where scripts and other sites cannot reach it."""
    assert isinstance(signed_in, SignedIn)
    response = RedirectResponse(signed_in.clean, 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE, signed_in.token, httponly=True, samesite="lax", secure=https_only(request)
    )
    return response
