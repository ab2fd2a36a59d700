"""The teacher's page: what she may start with, three courses, the hours left; and what is estimated and registered of her."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from api.auth import VisitorDep
from api.deps import FeedbackDep, ObjectionsDep, ServiceDep, answer, language, personal_tables
from api.form_guard import form_token, once
from api.pages.need_bar import NeedBar, need_bar
from api.pages.objection_pages import ContestedRows
from api.pages.page_words import Words
from api.pages.readers import readers_of
from api.pages.render import link, page
from api.pages.teacher_actions import REASONS, choices_of
from features.hours import CourseHours
from recommender.text.catalogues import has
from recommender.text.formats import interval, number
from recommender.types import Advice, Course, Need, Recommendation, TeacherNeeds

router = APIRouter(prefix="/teachers", include_in_schema=False)

SHOWN = 3
After = Literal["intend", "dismiss", "undo", "complete", "on", "off"] | None

NeedState = Literal["needs", "thin", "none", "met", "expired"]


def need_state(needs: tuple[Need, ...], headlines: frozenset[str] = frozenset()) -> tuple[NeedState, tuple[Need, ...]]:
    """What can be said of her needs as a whole, and the needs it is said with.

    The first clear or possible needs, and with them those that a card is headed by. Without any: none if there is no
    record of her, met if something is known and nothing short, else thin, with the first estimate that has a record.
    """
    wanting = tuple(need for need in needs if need.is_need)
    if wanting:
        return "needs", tuple(n for i, n in enumerate(wanting) if i < SHOWN or n.competency_id in headlines)
    recorded = tuple(need for need in needs if need.records)
    if not recorded:
        return "none", ()
    if any(need.band != "thin" for need in needs):
        return "met", ()
    return "thin", recorded[:1]


def tied_from_top(places: tuple[Recommendation, ...]) -> int:
    """How many of the first places are about equal to the very first; 0 where it stands alone."""
    tied = 1
    for place in places[1:]:
        if not place.tied_with_first:
            break
        tied += 1
    return tied if tied > 1 else 0


def points_range(values: tuple[float, float, float], t: Words) -> str:
    """0.9 (0.1 – 1.8), in points; what would round to 0.0 is less than 0.1."""
    mean, low, high = values
    if 0 <= mean < 0.05:
        return t("pages.points_range_small", range=interval(low, high, 1))
    return t("pages.points_range", mean=f"{mean:.1f}", range=interval(low, high, 1))


@dataclass(frozen=True)
class Card:
    """A course on her page with what of its hours helps her."""

    place: Recommendation
    headline: str
    help: str
    counts: tuple[str, ...]

    @classmethod
    def of(cls, place: Recommendation, t: Words) -> Card:
        """In the reader's language."""
        lines = {reason.kind: (reason.zh if t.lang == "zh" else reason.en) for reason in place.reasons}
        return cls(
            place=place,
            headline=lines.get("need") or lines.get("fit") or "",
            help=points_range(place.help_points, t),
            counts=hours_lines(place.hours, t),
        )


def hours_lines(hours: CourseHours | None, t: Words) -> tuple[str, ...]:
    """Towards which debt how many of a course's hours count, or why none do."""
    if hours is None or hours.cycle_end is None:
        return ()
    if hours.status != "counts":
        return (t(f"pages.course_hours_{hours.status}", end=t.day(hours.cycle_end)),)
    return tuple(
        t("pages.course_hours_count", n=number(part.hours), owed=number(part.owed),
          category=t(f"words.owed_{part.category}") if has(f"words.owed_{part.category}") else part.category,
          end=t.day(part.cycle_end))
        for part in hours.counted
    )  # fmt: skip


@dataclass(frozen=True)
class NeedShown:
    """A need on her page with the open course that helps most with it; `course` is None where none is open. searched: False
    where no course was looked for, as on lists that use nothing about her."""

    bar: NeedBar
    course: Course | None
    help: str
    searched: bool = True


def _shown(needs: tuple[Need, ...], teacher: TeacherNeeds, t: Words) -> list[NeedShown]:
    best = {entry.competency_id: entry for entry in teacher.open_courses}
    result = []
    for need in needs:
        entry = best.get(need.competency_id)
        course = entry.course if entry else None
        words = points_range(entry.help_points, t) if entry and course else ""
        result.append(NeedShown(need_bar(need, teacher.as_of, t), course, words, entry is not None))
    return result


@router.get("/{teacher_id:id}/held")  # before the page, whose id may hold any slash
def my_data_page(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: ObjectionsDep
) -> Response:
    """Every estimate about her, her register entry and her hours; what she contests of it."""
    t = Words(language(request))
    teacher = service.teacher_needs(teacher_id)
    tables = personal_tables(request, service, teacher_id)
    return answer(
        request,
        page(
            request, "my_data.html", teacher=teacher, tables=tables, readers=readers_of(tables, teacher_id, t),
            bars=[need_bar(need, teacher.as_of, t) for need in teacher.needs],
            contested=ContestedRows.of(records.of_teacher(teacher_id), service, teacher_id, t, records.now()),
        ),
    )  # fmt: skip


@router.get("/{teacher_id:id}")
def teacher_page(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: FeedbackDep, after: After = None
) -> Response:
    """One screen, one decision: which one thing to do this term. after: what she has just done."""
    t = Words(language(request))
    teacher = service.teacher_needs(teacher_id)
    advice: Advice = service.teacher_advice(teacher_id, SHOWN)
    standing = records.standing(teacher_id)
    places = advice.recommendations[:SHOWN]
    headlines = frozenset(place.need_id for place in places if place.need_id and place.basis == "personal")
    state, main_needs = need_state(teacher.needs, headlines)
    html = page(
        request,
        "teacher.html",
        teacher=teacher,
        advice=advice,
        state="expired" if advice.status == "expired" else state,
        shown=_shown(main_needs, teacher, t),
        cards=[Card.of(place, t) for place in places],
        bases=sorted({place.basis for place in places} - {"personal"}),
        origins=[t(f"pages.origin_{name}") for name in teacher.origins],
        tied=tied_from_top(places) if advice.objective == "gain" else 0,
        chosen=choices_of(standing, service),
        intended={choice.course_id: choice for choice in choices_of(standing, service) if choice.action == "intend"},
        after=after,
        where=link(f"/teachers/{quote(teacher_id)}", request).partition("?")[0],
        form_token=form_token(request),
        once=once,
        reasons=REASONS,
    )
    return answer(request, html)
