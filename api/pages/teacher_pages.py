"""The teacher's page: what she may start with, three courses, the hours left; and all data about her."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request, Response

from api.auth import VisitorDep
from api.deps import ServiceDep, answer, language
from api.pages.need_bar import NeedBar, need_bar
from api.pages.page_words import Words
from api.pages.render import page
from recommender.types import Advice, Hours, Need, Recommendation, TeacherNeeds

router = APIRouter(prefix="/teachers", include_in_schema=False)

SHOWN = 3

NeedState = Literal["needs", "thin", "none", "met"]


def need_state(needs: tuple[Need, ...]) -> tuple[NeedState, tuple[Need, ...]]:
    """What can be said of her needs as a whole, and the needs it is said with.

    Clear and possible needs first. Without any: none if nothing is known, met if something is known
    and nothing short, else thin.
    """
    sayable = tuple(need for need in needs if need.band in ("clear", "possible"))[:SHOWN]
    if sayable:
        return "needs", sayable
    with_evidence = tuple(need for need in needs if need.n_evidence > 0)
    if not with_evidence:
        return "none", ()
    if any(need.band == "none" for need in with_evidence):
        return "met", ()
    return "thin", with_evidence[:1]


def tied_from_top(places: tuple[Recommendation, ...]) -> int:
    """How many of the first places are about equal; 0 where the first stands alone."""
    tied = 1
    for place in places[1:]:
        if not place.tied_with_previous:
            break
        tied += 1
    return tied if tied > 1 else 0


@dataclass(frozen=True)
class Card:
    """A course on her page with what of its hours helps her."""

    place: Recommendation
    counts: float
    headline: str

    @classmethod
    def of(cls, place: Recommendation, hours: tuple[Hours, ...], t: Words) -> Card:
        """Hours count towards what she owes of the course's category, or of any."""
        owed = [h.owed for h in hours if h.category in (place.course.category, "any")]
        lines = {reason.kind: (reason.zh if t.lang == "zh" else reason.en) for reason in place.reasons}
        return cls(
            place=place,
            counts=min(place.course.hours, max(owed, default=0.0)),
            headline=lines.get("need") or lines.get("fit") or "",
        )


def _bars(needs: tuple[Need, ...], teacher: TeacherNeeds, t: Words) -> list[NeedBar]:
    return [need_bar(need, teacher.as_of, t) for need in needs]


@router.get("/{teacher_id:id}/held")  # before the page, whose id may hold any slash
def my_data_page(request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """Every estimate and register entry about her."""
    teacher = service.teacher_needs(teacher_id)
    return answer(
        request, page(request, "my_data.html", teacher=teacher, bars=_bars(teacher.needs, teacher, Words(language(request))))
    )


@router.get("/{teacher_id:id}")
def teacher_page(request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """One screen, one decision: which one thing to do this term."""
    t = Words(language(request))
    teacher = service.teacher_needs(teacher_id)
    advice: Advice = service.teacher_advice(teacher_id, SHOWN)
    state, main_needs = need_state(teacher.needs)
    places = advice.recommendations[:SHOWN]
    html = page(
        request,
        "teacher.html",
        teacher=teacher,
        advice=advice,
        state=state,
        bars=_bars(main_needs, teacher, t),
        cards=[Card.of(place, teacher.hours, t) for place in places],
        bases=sorted({place.basis for place in places} - {"personal"}),
        tied=tied_from_top(places),
    )
    return answer(request, html)
