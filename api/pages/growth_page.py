"""A teacher's page of growth: what changed between school years, as a chart and as a table. For herself alone."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from api.auth import VisitorDep
from api.deps import ServiceDep, answer, language
from api.pages.page_words import Words
from api.pages.render import page
from features.messages import BilingualText
from recommender.ability_growth import CompetencyGrowth
from recommender.reports.pictures import Dot, domain_of, dots

router = APIRouter(prefix="/teachers", include_in_schema=False)


@dataclass(frozen=True)
class GrowthShown:
    """A row of the table, in points."""

    name: str
    cycles: str
    change: str
    low: str
    high: str
    direction: str
    evidence: str


@router.get("/{teacher_id:id}/growth")
def growth_page(request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """Her changes by competency in the order of the framework, never by size."""
    t = Words(language(request))
    growth = service.growth(teacher_id)
    state = "stale" if service.age.expired else "unready" if growth is None else "shown" if growth else "empty"
    html = page(
        request, "growth.html", teacher_id=teacher_id, state=state, picture=_picture(growth or (), t),
        rows=[_shown(one, t) for one in growth or ()],
        clear=sum(one.direction != "unclear" for one in growth or ()), as_of=service.version.as_of,
    )  # fmt: skip
    return answer(request, html)


def _picture(growth: tuple[CompetencyGrowth, ...], t: Words) -> Markup | None:
    """For each competency the longest span; hollow where it cannot be told apart from no change."""
    longest = {one.competency_id: one for one in sorted(growth, key=lambda one: one.to_cycle - one.from_cycle)}
    shown = [longest[name] for name in dict.fromkeys(one.competency_id for one in growth)]
    if not shown:
        return None
    rows = []
    for one in shown:
        mean, low, high = one.points
        name = one.name_zh if t.lang == "zh" else one.name_en
        rows.append(Dot(BilingualText(name, name), mean, low, high, hollow=one.direction == "unclear"))
    title = t("growth.chart")
    ends = [value for one in shown for value in one.points]
    return dots(rows, BilingualText(title, title), domain_of(ends, 0.0), mark=0.0)


def _shown(one: CompetencyGrowth, t: Words) -> GrowthShown:
    change, low, high = (f"{value:+.1f}".replace("-", "−") for value in one.points)
    first, last = (t("growth.school_year", first=year, last=year + 1) for year in (one.from_cycle, one.to_cycle))
    return GrowthShown(
        one.name_zh if t.lang == "zh" else one.name_en, t("growth.cycles", first=first, last=last), change, low, high,
        one.direction, t("growth.values", first=one.n_from, last=one.n_to, sources=t.names("source", one.sources)),
    )  # fmt: skip
