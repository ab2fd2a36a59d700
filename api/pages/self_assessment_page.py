"""A teacher rates herself, a few items a page, saved with each; then what that changed. Without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import RedirectResponse

from api.auth import VisitorDep
from api.deps import OwnViewReader, SelfAssessmentsDep, ServiceDep, answer, language
from api.form_guard import ONCE, checked_form, form_token, once
from api.pages.page_words import Words
from api.pages.render import link, page
from api.pages.retry_page import answered_or_retry
from api.request_bodies import FormBody
from recommender.records.record_store import Author
from recommender.records.self_assessment_records import (
    SelfAnswer,
    SelfAssessment,
    SelfAssessmentRecords,
    school_year,
)
from recommender.self_assessments.items import SelfItem
from recommender.self_assessments.own_view import OwnViewChange
from recommender.types import ORIGIN, POINTS_PER_SD, Z_90

router = APIRouter(prefix="/teachers", include_in_schema=False)

A_PAGE: Final = 6  # items
SCORE: Final = "score:"
NOTICED: Final = 0.5  # points: less is no change on a page
Done = Literal["saved", "submitted", "deleted", "unanswered"] | None
Part = Annotated[int, Query(ge=1, le=50)]


@dataclass(frozen=True)
class ItemShown:
    """An item on the form. fields: name of its field; chosen: the score of the draft, "" for none."""

    field: str
    name: str
    domain: str
    choices: tuple[str, ...]
    chosen: str
    compared: bool


@dataclass(frozen=True)
class ChangeShown:
    """What one estimate did, in points. weight: share of her own view, in percent."""

    name: str
    before: str
    after: str
    low: str
    high: str
    moved: str
    weight: int
    noticed: bool


@router.get("/{teacher_id:id}/self-assessment")
def self_assessment_page(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: SelfAssessmentsDep,
    part: Part = 1, after: Done = None,
) -> Response:  # fmt: skip
    """One part of the form with what she has answered so far, and below it what her newest one changed."""
    t = Words(language(request))
    view, standing = service.own_view(teacher_id), records.standing(teacher_id)
    items = view.chosen() if view is not None else ()
    draft = standing.draft.scores if standing.draft is not None else {}
    parts = max(-(-len(items) // A_PAGE), 1)
    part = min(part, parts)
    newest = standing.submitted[0] if standing.submitted else None
    html = page(
        request, "self_assessment.html", teacher_id=teacher_id, state=_state(view, standing.draft, newest, service.age.expired),
        items=[_item_shown(item, draft, t) for item in items[(part - 1) * A_PAGE : part * A_PAGE]],
        part=part, parts=parts, n_items=len(items), answered=sum(item.item in draft for item in items),
        changes=_changes(view, records, newest, t), newest=newest,
        this_cycle=newest is not None and newest.cycle == school_year(request.app.state.records.now().astimezone().date()),
        after=after, where=_where(request, teacher_id), form_token=form_token(request), once=once,
    )  # fmt: skip
    return answer(request, html)


@router.post("/{teacher_id:id}/self-assessment")
def save(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: SelfAssessmentsDep, body: FormBody
) -> Response:
    """Saves a part and goes to the next, submits, or deletes. What cannot be saved now stays on a page that sends it again."""
    form = checked_form(request, body)
    action, part = form.get("action", ""), form.get("part", "1")
    if action not in ("next", "back", "submit", "delete") or not (part.isascii() and part.isdigit() and len(part) < 3):
        raise HTTPException(400)
    author, key = Author(visitor.subject, visitor.role), f"{form.get(ONCE, '')}-{action}"
    view = service.own_view(teacher_id)

    def write() -> Response:
        if action == "delete":
            records.delete(author, key, teacher_id)
            return _back(request, teacher_id, after="deleted")
        answers = _answers(view, records, teacher_id, form)
        if not answers:
            return _back(request, teacher_id, part=part, after="unanswered")
        records.save(author, key, teacher_id, "submitted" if action == "submit" else "draft", answers)
        if action == "submit":
            return _back(request, teacher_id, after="submitted")
        step = int(part) + (1 if action == "next" else -1)
        return _back(request, teacher_id, part=str(max(step, 1)), after="saved")

    return answered_or_retry(request, form, write)


def _answers(
    view: OwnViewReader | None, records: SelfAssessmentRecords, teacher_id: str, form: Mapping[str, str]
) -> list[SelfAnswer]:
    """The draft with the answers of this part. Raises HTTPException 400 for items and scores that the form does not have."""
    items = {item.item: item for item in (view.items if view is not None else ())}
    draft = records.standing(teacher_id).draft
    scores = {name: score for name, score in (draft.scores if draft else {}).items() if name in items}
    for field, text in form.items():
        if field.startswith(SCORE):
            item = items.get(field.removeprefix(SCORE))
            chosen = next((score for score in item.choices if _score(score) == text), None) if item else None
            if item is None or chosen is None:
                raise HTTPException(400)
            scores[item.item] = chosen
    return [SelfAnswer(name, score, items[name].scale_min, items[name].scale_max) for name, score in scores.items()]


def _state(
    view: OwnViewReader | None, draft: SelfAssessment | None, newest: SelfAssessment | None, expired: bool
) -> Literal["stale", "unready", "partial", "done", "empty"]:
    if expired:
        return "stale"
    if view is None or not view.items:
        return "unready"
    return "partial" if draft is not None else "done" if newest is not None else "empty"


def _changes(
    view: OwnViewReader | None, records: SelfAssessmentRecords, newest: SelfAssessment | None, t: Words
) -> list[ChangeShown]:
    """What the newest one changed, the largest change first."""
    if view is None or newest is None:
        return []
    changes = view.changes(*records.around(newest.teacher_id, newest.assessment_id))
    return [_change_shown(one, t) for one in sorted(changes, key=lambda one: (-abs(one.moved), one.competency_id))]


def _change_shown(one: OwnViewChange, t: Words) -> ChangeShown:
    half = Z_90 * one.after_sd
    before, after, low, high = (
        f"{ORIGIN + POINTS_PER_SD * value:.1f}" for value in (one.before, one.after, one.after - half, one.after + half)
    )
    moved = POINTS_PER_SD * one.moved
    return ChangeShown(
        one.name_zh if t.lang == "zh" else one.name_en, before, after, low, high, f"{moved:+.1f}".replace("-", "−"),
        round(100 * min(max(one.own_weight, 0.0), 1.0)), abs(moved) >= NOTICED,
    )  # fmt: skip


def _item_shown(item: SelfItem, draft: Mapping[str, float], t: Words) -> ItemShown:
    names = [name.zh if t.lang == "zh" else name.en for name in item.names[:3]]
    chosen = draft.get(item.item)
    return ItemShown(
        f"{SCORE}{item.item}", t("pages.site_separator").join(names), item.domain.zh if t.lang == "zh" else item.domain.en,
        tuple(_score(score) for score in item.choices), "" if chosen is None else _score(chosen), item.compared,
    )  # fmt: skip


def _score(score: float) -> str:
    return f"{score:g}"


def _where(request: Request, teacher_id: str) -> str:
    return link(f"/teachers/{quote(teacher_id)}/self-assessment", request).partition("?")[0]


def _back(request: Request, teacher_id: str, **query: str) -> Response:
    path = link(f"/teachers/{quote(teacher_id)}/self-assessment", request, **query)
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})
