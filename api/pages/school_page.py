"""The school's page: three lines, departments by competency, courses; nothing about a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from api.auth import VisitorDep
from api.deps import ServiceDep, answer, language
from api.pages.need_bar import NeedBar, need_bar
from api.pages.page_words import Words
from api.pages.render import page
from api.redaction import open_reasons
from features.disclosure import MINIMUM_GROUP
from recommender.types import GroupNeed, Recommendation, SchoolNeeds, SchoolView

router = APIRouter(prefix="/schools", include_in_schema=False)

TOP = 10


@dataclass(frozen=True)
class Group:
    """A column of the table."""

    unit_id: str
    label: str
    members: int


@dataclass(frozen=True)
class SchoolRow:
    """A competency with one cell for each shown group; None where it has no target there."""

    name: str
    target: int
    cells: tuple[NeedBar | None, ...]

    @property
    def wanting(self) -> bool:
        """Whether any group is clearly or possibly short of it."""
        return any(cell is not None and cell.need.band in ("clear", "possible") for cell in self.cells)


@dataclass(frozen=True)
class Span:
    """A mean with its 90% range in pupil-SD units; places in percent of a scale from -1 to 1."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, pair: tuple[float, float] | None) -> Span | None:
        """From (mean, sd)."""
        return None if pair is None else cls(pair[0], pair[0] - 1.6449 * pair[1], pair[0] + 1.6449 * pair[1])

    @staticmethod
    def place(value: float) -> float:
        """Percent from the left, kept inside the scale."""
        return round(50 + 50 * min(max(value, -1.0), 1.0), 2)


@dataclass(frozen=True)
class View:
    """Where pupils are beside what the school adds."""

    name: str
    level: Span | None
    gain: Span | None

    @classmethod
    def of(cls, view: SchoolView, t: Words) -> View:
        """In the reader's language."""
        return cls(view.name_zh if t.lang == "zh" else view.name_en, Span.of(view.level), Span.of(view.gain))


@dataclass(frozen=True)
class Proposal:
    """A course with what may be said of it to a school: its fit and whether it can be done."""

    place: Recommendation
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Groups:
    """Columns to show (the school first, departments by name), and the names of those without numbers."""

    shown: list[Group]
    hidden: list[str]
    unknown: list[str]


def groups_of(needs: SchoolNeeds, floor: int, t: Words) -> Groups:
    """Departments below `floor` members are hidden; those without any evidence are unknown."""
    columns_by_id: dict[str, Group] = {}
    without: dict[str, GroupNeed] = {}
    for group in (*needs.school, *needs.departments):
        if group.need is not None:
            label = t("pages.school_all_school") if group.unit_kind == "school" else group.label
            columns_by_id[group.unit_id] = Group(group.unit_id, label, group.members)
        elif group.unit_kind == "department":
            without[group.unit_id] = group
    columns = sorted(columns_by_id.values(), key=lambda group: (group.unit_id != needs.school_id, group.label))
    hidden = sorted(group.label for group in without.values() if group.members < floor)
    return Groups(columns, hidden, sorted(g.label for g in without.values() if g.members >= floor))


def rows_of(needs: SchoolNeeds, groups: list[Group], t: Words) -> list[SchoolRow]:
    """Competencies with the most wanting groups first, then by name."""
    cells: dict[str, dict[str, GroupNeed]] = {}
    for group in (*needs.school, *needs.departments):
        if group.need is not None:
            cells.setdefault(group.need.competency_id, {})[group.unit_id] = group
    rows = []
    for by_group in cells.values():
        bars = tuple(
            need_bar(by_group[g.unit_id].need, needs.as_of, t) if g.unit_id in by_group else None  # type: ignore[arg-type]
            for g in groups
        )
        some = next(bar for bar in bars if bar is not None)
        rows.append(SchoolRow(some.name, some.target, bars))
    weight = {"clear": 2, "possible": 1}
    return sorted(rows, key=lambda r: (-sum(weight.get(c.need.band, 0) for c in r.cells if c), r.name))


def shared_needs(needs: SchoolNeeds, t: Words) -> list[tuple[str, int]]:
    """The three competencies that most departments are clearly or possibly short of."""
    counts = Counter(
        group.need.name_zh if t.lang == "zh" else group.need.name_en
        for group in needs.departments
        if group.need is not None and group.need.band in ("clear", "possible")
    )
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:3]


@router.get("/{school_id:id}")
def school_page(request: Request, school_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """Whom to release and which need to answer in school."""
    t = Words(language(request))
    needs = service.school_needs(school_id, MINIMUM_GROUP[visitor.role])
    advice = service.school_advice(school_id, TOP if visitor.role == "school" else 1)
    floor = MINIMUM_GROUP[visitor.role]
    groups = groups_of(needs, floor, t)
    proposals = [
        Proposal(place, tuple((r.kind, r.zh if t.lang == "zh" else r.en) for r in open_reasons(place)))
        for place in advice.recommendations
        if visitor.role == "school"  # the district sees needs, counts and plans
    ]
    rows = rows_of(needs, groups.shown, t)
    html = page(
        request,
        "school.html",
        needs=needs,
        advice=advice,
        groups=groups,
        wanting=[row for row in rows if row.wanting],
        others=[row for row in rows if not row.wanting],
        views=[View.of(view, t) for view in needs.views],
        shared=shared_needs(needs, t),
        proposals=proposals,
        seats=sum(proposal.place.course.max_seats for proposal in proposals),
        own=visitor.role == "school",
        floor=floor,
        school_hidden=groups.shown[:1] != [] and groups.shown[0].unit_id != needs.school_id,
    )
    return answer(request, html)
