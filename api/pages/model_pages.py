"""Pages of model versions for researchers and administrators: the list, one version, the report on the diagnosis."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from jinja2 import TemplateError

from api.auth import VisitorDep
from api.deps import AdviceReader, ModelRegistry, answer, language
from api.form_guard import form_token, once
from api.middleware import SECURITY
from api.model_requests import changes_of
from api.pages.page_words import Words
from api.pages.render import page
from api.pages.version_view import VersionView, shown_span, version_view
from features.errors import ReadError, UnknownIdError
from recommender.records.model_change_records import ModelChange, Promotion
from recommender.registry.model_versions import VersionEntry
from recommender.reports.diagnosis_report import diagnosis_page, diagnosis_style

router = APIRouter(prefix="/models", include_in_schema=False)

VersionId = Annotated[str, Path(max_length=40)]
CSP: Final = "Content-Security-Policy"


@dataclass(frozen=True)
class VersionLine:
    """One version of the list. states: codes of words. result: NDCG@10 in words; empty where it has none. decided: by whom
    it was promoted and when; empty where it never was."""

    entry: VersionEntry
    states: tuple[str, ...]
    result: str
    decided: str


@dataclass(frozen=True)
class ChangeSection:
    """What can be changed and what waits. back: the version a rollback leads to; None for none. alone: one person is enough."""

    proposals: tuple[ModelChange, ...]
    unfinished: bool
    back: str | None
    alone: bool


@dataclass(frozen=True)
class ReportLink:
    """The newest report on the diagnosis: as of when, and whether it is about the tables in use."""

    as_of: str
    of_these_tables: bool


def registry_of(request: Request) -> ModelRegistry:
    """The trained versions."""
    registry: ModelRegistry = request.app.state.registry
    return registry


@router.get("")
def versions(
    request: Request, visitor: VisitorDep,
    after: Annotated[Literal["proposed", "promoted", "withdrawn"] | None, Query()] = None,
) -> Response:
    """All versions, newest first; what is proposed. after: what a form just did."""
    registry, t = registry_of(request), Words(language(request))
    damage, history = "", tuple[str, ...]()
    try:
        history = registry.history()
    except ReadError as error:
        damage = t("registry.damaged_pointer", why=t.text(error.message))
    serving, promotions = _serving(request), changes_of(request).promotions()
    lines = tuple(_line(entry, history, serving, promotions, t) for entry in registry.entries())
    report, fault = _report(request, t)
    html = page(
        request, "models.html", lines=lines, damage=damage, report=report, fault=fault, after=after,
        changes=_changes(request, history), token=form_token(request), once=once,
    )  # fmt: skip
    return answer(request, html)


def _changes(request: Request, history: tuple[str, ...]) -> ChangeSection:
    changes, back = changes_of(request), history[-2] if len(history) > 1 else None
    alone = not request.app.state.second_person
    return ChangeSection(changes.open_proposals(), bool(changes.unfinished()), back, alone)


@router.get("/diagnosis")
def diagnosis(request: Request, visitor: VisitorDep) -> Response:
    """The report, rendered from its stored content. Raises UnknownIdError where there is none."""
    content = registry_of(request).diagnosis()
    if content is None:
        raise UnknownIdError("registry.report_none")
    try:
        html = diagnosis_page(content)
    except (TemplateError, LookupError, TypeError, ValueError) as error:  # content of another version of the program
        raise ReadError("registry.other_report") from error
    response = answer(request, html)
    digest = base64.b64encode(hashlib.sha256(diagnosis_style().encode()).digest()).decode()
    response.headers[CSP] = f"{SECURITY[CSP]}; style-src 'self' 'sha256-{digest}'"
    return response


@router.get("/{version}")
def one(request: Request, version: VersionId, visitor: VisitorDep) -> Response:
    """One version: verdict, comparisons, calibration, parts, card."""
    view, alone = view_of(request, version), not request.app.state.second_person
    return answer(request, page(request, "model.html", view=view, alone=alone, token=form_token(request), once=once))


def view_of(request: Request, version: str) -> VersionView:
    """The page's content. Raises UnknownIdError, ReadError."""
    registry = registry_of(request)
    summary, card = registry.describe(version)
    promoted = registry.current()
    other = None
    if promoted is not None and promoted != version:
        try:
            other = registry.describe(promoted)[0]
        except (UnknownIdError, ReadError):  # the list says so
            other = None
    return version_view(summary, card, promoted, other, _serving(request), Words(language(request)))


def _serving(request: Request) -> str | None:
    service: AdviceReader | None = request.app.state.service
    return None if service is None else service.version.model_version


def _line(
    entry: VersionEntry, history: tuple[str, ...], serving: str | None, promotions: dict[str, Promotion], t: Words
) -> VersionLine:
    current = history[-1] if history else None
    earlier = "registry.earlier" if entry.version in history else "registry.not_promoted"
    states = ["registry.promoted" if entry.version == current else earlier]
    states += ["registry.serving"] if entry.version == serving else []
    main = None if entry.summary is None else entry.summary.main
    decided = _decided(promotions.get(entry.version), t) if entry.version in history else ""
    result = "" if main is None else shown_span(main.value, main.low, main.high, t)
    return VersionLine(entry, tuple(states), result, decided)


def _decided(promotion: Promotion | None, t: Words) -> str:
    if promotion is None:
        return t("registry.promoted_unrecorded")
    on = t.day(promotion.at.astimezone().date())
    if promotion.proposed_by is None:
        return t("registry.promoted_by", by=promotion.by, date=on)
    return t("registry.promoted_by_two", proposer=promotion.proposed_by, by=promotion.by, date=on)


def _report(request: Request, t: Words) -> tuple[ReportLink | None, str]:
    """The link to the report, and what is wrong with its file."""
    try:
        content = registry_of(request).diagnosis()
    except ReadError as error:
        return None, t.text(error.message)
    if content is None:
        return None, ""
    service: AdviceReader | None = request.app.state.service
    tables = None if service is None else service.version.tables
    return ReportLink(str(content.get("as_of", "")), tables in (None, content.get("tables"))), ""
