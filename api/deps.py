"""Dependencies of the routes: the loaded advice, plans, the reader's language, one way to answer."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Annotated, Any, Final, Protocol

from fastapi import Depends, Request, Response
from fastapi.exceptions import HTTPException, RequestValidationError
from pydantic import BaseModel

from api.schemas.wire import Answer, dated
from features.errors import UnknownIdError
from features.messages import LANGS, BilingualText
from features.tables import Tables
from recommender.ability_growth import CompetencyGrowth
from recommender.coverage.organization_coverage import Coverage
from recommender.data_age import DataAge
from recommender.personal_data import PersonalTable, plans_with, recorded_tables
from recommender.planning.problem.limits import Limits
from recommender.plans.adopted_seats import AdoptedSeats
from recommender.plans.plan_status import PlanStatus
from recommender.prepared.prepared_list import PreparedList
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.objection_records import Objection, ObjectionRecords
from recommender.records.personal_records import personal_records
from recommender.records.record_store import RecordStore
from recommender.records.self_assessment_records import SelfAssessment, SelfAssessmentRecords
from recommender.registry.model_changes import ModelChanges
from recommender.registry.model_versions import VersionEntry
from recommender.registry.version_summary import VersionSummary
from recommender.self_assessments.items import SelfItem
from recommender.self_assessments.own_view import OwnViewChange
from recommender.served_version import ServedVersion
from recommender.text import Lang
from recommender.tokens import Claims
from recommender.types import Advice, Course, Page, SchoolNeeds, TeacherNeeds
from recommender.visits.proposed_visits import ProposedVisits

LANGUAGE_COOKIE: Final = "lang"
A_YEAR: Final = 365 * 24 * 3600  # seconds


class AdviceReader(Protocol):
    """The part of `recommender.advice.AdviceService` that is served; unknown ids raise UnknownIdError."""

    def teacher_advice(self, teacher_id: str, top: int = 10) -> Advice: ...
    def prepared_advice(self, teacher_id: str, top: int = 10) -> tuple[Advice, PreparedList] | None: ...
    def lists_are_open(self, age: DataAge) -> bool: ...
    def prepared_unchanged(self, teacher_id: str, top: int, age: DataAge) -> tuple[Advice, PreparedList] | None: ...
    def school_advice(self, school_id: str, top: int = 10) -> Advice: ...
    def teacher_needs(self, teacher_id: str) -> TeacherNeeds: ...
    def school_needs(self, school_id: str, minimum: int) -> SchoolNeeds: ...
    @property
    def made_up(self) -> bool: ...
    @property
    def version(self) -> ServedVersion: ...
    @property
    def age(self) -> DataAge: ...
    def closed(self, course_ids: Collection[str]) -> int: ...
    def courses(
        self,
        q: str | None,
        subject: str | None,
        stage: str | None,
        competency: str | None,
        cursor: str | None,
    ) -> Page: ...
    def course(self, course_id: str) -> Course: ...
    def school_of(self, teacher_id: str) -> str: ...
    def ancestors(self, org_id: str) -> Sequence[str]: ...
    def name_of(self, org_id: str) -> str: ...
    def choices_digest(self, org_id: str) -> str: ...
    @property
    def left_out_for(self) -> Collection[int]: ...
    def competency_name(self, competency_id: str) -> BilingualText: ...
    def personal_data(self, teacher_id: str) -> Sequence[PersonalTable]: ...
    def schools_of(self, org_id: str) -> Sequence[tuple[str, str]]: ...
    def proposed_visits(self, org_id: str) -> ProposedVisits: ...
    def coverage(self, org_id: str) -> Coverage: ...
    def own_view(self, teacher_id: str) -> OwnViewReader | None: ...
    def growth(self, teacher_id: str) -> tuple[CompetencyGrowth, ...] | None: ...
    @property
    def hours_tables(self) -> Tables: ...


class OwnViewReader(Protocol):
    """The part of `recommender.self_assessments.own_view.OwnView` that is served."""

    @property
    def items(self) -> tuple[SelfItem, ...]: ...
    def chosen(self) -> tuple[SelfItem, ...]: ...
    def changes(
        self, before: Sequence[SelfAssessment], after: Sequence[SelfAssessment]
    ) -> tuple[OwnViewChange, ...]: ...


class PlanQueue(Protocol):
    """The part of `recommender.plans.plan_service.PlanService` that is served; unknown ids raise UnknownIdError."""

    def ask(
        self, district_id: str, budget: float, limits: Limits, version: ServedVersion, asker: str, choices: str
    ) -> str: ...
    def tables(self) -> str: ...
    def status(self, plan_id: str, tables: bool = False) -> PlanStatus: ...
    def of_district(self, district_id: str) -> tuple[PlanStatus, ...]: ...
    def workbook(self, plan_id: str) -> bytes: ...
    def adopt(self, plan_id: str, by: str, why: str = "", beside: bool = False) -> None: ...
    def withdraw(self, plan_id: str, by: str, why: str = "") -> None: ...
    def adopted_seats(self, school_id: str, org_ids: Collection[str]) -> tuple[AdoptedSeats, ...]: ...
    def stop(self, plan_id: str) -> None: ...
    def start(self) -> None: ...
    def close(self) -> None: ...


class SignIn(Protocol):
    """The part of `recommender.sign_in.sign_in_service.SignInService` that the pages use."""

    @property
    def secure(self) -> bool: ...
    @property
    def with_provider(self) -> bool: ...
    def begin(self, then: str) -> tuple[str, str]: ...
    def finish(self, kept: str, code: str, state: str, issuer: str | None = None) -> tuple[str, str]: ...
    def sign_out_address(self) -> str | None: ...
    def read_link(self, code: str) -> Claims | None: ...
    def use_link(self, code: str) -> tuple[str, str] | None: ...


class ModelRegistry(Protocol):
    """The part of `recommender.registry.model_versions.ModelVersions` that is served; unknown versions raise
    UnknownIdError, damaged ones ReadError."""

    def list(self) -> tuple[str, ...]: ...
    def current(self) -> str | None: ...
    def history(self) -> tuple[str, ...]: ...
    def entries(self) -> tuple[VersionEntry, ...]: ...
    def describe(self, version: str) -> tuple[VersionSummary, str]: ...
    def diagnosis(self) -> dict[str, Any] | None: ...
    def changes(self, store: RecordStore) -> ModelChanges: ...


def advice_service(request: Request) -> AdviceReader:
    """The loaded advice; 503 while it is loading or when it could not be loaded."""
    service: AdviceReader | None = request.app.state.service
    if service is None:
        raise HTTPException(503, headers={"Retry-After": "5"})
    request.state.version, request.state.age = service.version, service.age
    return service


async def _service(request: Request) -> AdviceReader:
    return advice_service(request)  # a coroutine, for any other dependency waits for a thread


ServiceDep = Annotated[AdviceReader, Depends(_service)]


def plans_of(request: Request) -> PlanQueue:
    """What is asked of the planner."""
    plans: PlanQueue = request.app.state.plans
    return plans


async def _plans(request: Request) -> PlanQueue:
    return plans_of(request)


def feedback_of(request: Request) -> FeedbackRecords:
    """What teachers said."""
    records: FeedbackRecords = request.app.state.feedback
    return records


async def _feedback(request: Request) -> FeedbackRecords:
    return feedback_of(request)


FeedbackDep = Annotated[FeedbackRecords, Depends(_feedback)]


async def _self_assessments(request: Request) -> SelfAssessmentRecords:
    records: SelfAssessmentRecords = request.app.state.self_assessments
    return records


SelfAssessmentsDep = Annotated[SelfAssessmentRecords, Depends(_self_assessments)]


def objections_of(request: Request) -> ObjectionRecords:
    """What teachers contest."""
    records: ObjectionRecords = request.app.state.objections
    return records


async def _objections(request: Request) -> ObjectionRecords:
    return objections_of(request)


ObjectionsDep = Annotated[ObjectionRecords, Depends(_objections)]


def objection_of(request: Request, objection_id: str) -> Objection:
    """The objection of an address. Raises UnknownIdError."""
    if not (objection_id.isascii() and objection_id.isdigit()):
        raise UnknownIdError("objections.unknown", objection_id=objection_id)
    return objections_of(request).one(int(objection_id))


async def _sign_in(request: Request) -> SignIn:
    service: SignIn = request.app.state.sign_in
    return service


SignInDep = Annotated[SignIn, Depends(_sign_in)]

PlansDep = Annotated[PlanQueue, Depends(_plans)]


def personal_tables(request: Request, service: AdviceReader, teacher_id: str) -> tuple[PersonalTable, ...]:
    """All that is recorded of a teacher: in the workspace, then in the records."""
    stored = tuple(service.personal_data(teacher_id))
    records = personal_records(request.app.state.records, teacher_id, plans_with(stored))
    return (*stored, *recorded_tables(records))


async def only_known_parameters(request: Request) -> None:
    """An unknown or repeated query parameter is a mistake of the caller (422), not something to pass over.

    A coroutine: in a thread, `/healthz` would wait until one is free."""
    names = {parameter.alias for parameter in request.scope["route"].dependant.query_params}
    if not request.url.path.startswith("/v1"):
        names |= {"lang", "token"}
    faults = [
        {"type": "unknown_parameter" if name not in names else "repeated_parameter", "loc": ("query", name),
         "msg": "unknown parameter" if name not in names else "given more than once"}
        for name in dict.fromkeys(request.query_params.keys())
        if name not in names or len(request.query_params.getlist(name)) > 1
    ]  # fmt: skip
    if faults:
        raise RequestValidationError(faults)


def language(request: Request) -> Lang:
    """Pages: `?lang=`, else the language of the cookie that it leaves. Both, and data: else what Accept-Language
    prefers, Chinese by default."""
    return chosen_language(request) or remembered_language(request)


def chosen_language(request: Request) -> Lang | None:
    """The language that the address of a page asks for."""
    choice = request.query_params.get("lang")
    if request.url.path.startswith("/v1"):
        return None
    return next((lang for lang in LANGS if lang == choice), None)


def remembered_language(request: Request) -> Lang:
    """The language without one in the address."""
    if not request.url.path.startswith("/v1"):
        for lang in LANGS:
            if request.cookies.get(LANGUAGE_COOKIE) == lang:
                return lang
    return preferred(request.headers.get("accept-language", ""))


def remember_language(request: Request, response: Response) -> None:
    """Keeps the language that the address asks for, for later pages without it."""
    lang = chosen_language(request)
    if lang is not None:
        response.set_cookie(
            LANGUAGE_COOKIE, lang, max_age=A_YEAR, httponly=True, samesite="lax",
            secure=request.url.scheme == "https",
        )  # fmt: skip


def preferred(accept: str) -> Lang:
    """The better liked of zh and en in an Accept-Language header; zh when neither or both alike."""
    best: dict[str, float] = {}
    for part in accept.split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        name = tag.lower().split("-")[0]
        best[name] = max(best.get(name, 0.0), weight)
    return "en" if best.get("en", 0.0) > best.get("zh", 0.0) else "zh"


def filled_in(request: Request, body: Answer) -> Answer:
    """The answer with its version and the age of its data."""
    return dated(body, request.state.version, request.state.age)


def answer(request: Request, body: BaseModel | str | bytes, status: int = 200) -> Response:
    """A JSON model (or its bytes) or an HTML page for one reader.

    Where `api.auth` grants it (the catalogue), and on open pages, browsers may keep it and ask by its hash whether it
    still holds; everything else is in no cache.
    """
    html = isinstance(body, str)
    if isinstance(body, Answer):
        body = filled_in(request, body)
    if isinstance(body, BaseModel):
        body = body.model_dump_json()
    content = body.encode() if isinstance(body, str) else body
    kind = "text/html; charset=utf-8" if html else "application/json"
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Language, Authorization, Cookie"}
    if getattr(request.state, "cacheable", True):
        tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
        headers |= {"ETag": tag, "Cache-Control": "private, no-cache"}
        etags = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
        if status == 200 and etags & {tag, "*"}:
            return Response(status_code=304, headers=headers)
    response = Response(content, status, headers, media_type=kind)
    if html:
        remember_language(request, response)
    return response
