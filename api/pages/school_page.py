"""The school's page: three lines, departments by competency, courses; nothing about a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from api.auth import VisitorDep
from api.deps import AdviceReader, PlansDep, ServiceDep, answer, language
from api.pages.need_bar import NeedBar, need_bar
from api.pages.page_words import Words
from api.pages.render import page
from api.pages.visit_lines import school_visits
from api.redaction import open_reasons
from features.disclosure import MINIMUM_GROUP
from features.errors import UnknownIdError
from recommender.plans.adopted_seats import AdoptedSeats
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
class Cell:
    """A need of a group. people: how many it is about where these are not all members; target where groups differ."""

    bar: NeedBar
    people: int | None
    target: int | None


@dataclass(frozen=True)
class SchoolRow:
    """A competency with one cell for each shown group; None where it has no target there. target: one or a range."""

    name: str
    target: str
    cells: tuple[Cell | None, ...]

    @property
    def bands(self) -> set[str]:
        """Of its cells."""
        return {cell.bar.need.band for cell in self.cells if cell is not None}

    @property
    def wanting(self) -> bool:
        """Whether any group is clearly or possibly short of it."""
        return bool(self.bands & {"clear", "possible"})


@dataclass(frozen=True)
class SharedNeed:
    """A competency and how many departments are clearly and possibly short of it."""

    name: str
    clear: int
    possible: int

    def text(self, t: Words) -> str:
        """Its line in the reader's language."""
        if not self.clear and not self.possible:
            return t("pages.school_shared_school", name=self.name)
        if self.clear and self.possible:
            return t("pages.school_shared_both", name=self.name, clear=self.clear, possible=self.possible)
        band = "clear" if self.clear else "possible"
        return t.counted(f"pages.school_shared_{band}", self.clear or self.possible, name=self.name)


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
class SeatLine:
    """A course in which the school has seats; `known`: still in the catalogue."""

    course_id: str
    title: str
    seats: int
    known: bool


@dataclass(frozen=True)
class PlanSeats:
    """An adopted plan with the school's seats in it: whose plan, adopted when; closed: of its courses, by now."""

    whose: str
    day: str
    seats: int
    lines: tuple[SeatLine, ...]
    closed: int


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
            label = t("pages.school_all_school") if group.unit_kind == "school" else t.name("subject", group.label)
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
    rows = [_row(by_group, groups, needs, t) for by_group in cells.values()]
    weight = {"clear": 2, "possible": 1}
    return sorted(rows, key=lambda r: (-sum(weight.get(c.bar.need.band, 0) for c in r.cells if c), r.name))


def _row(by_group: dict[str, GroupNeed], groups: list[Group], needs: SchoolNeeds, t: Words) -> SchoolRow:
    bars = {
        unit_id: need_bar(group.need, needs.as_of, t)
        for unit_id, group in by_group.items()
        if group.need is not None
    }
    targets = sorted({bar.target for bar in bars.values()})
    one = len(targets) == 1
    return SchoolRow(
        name=next(iter(bars.values())).name,
        target=str(targets[0]) if one else f"{targets[0]}–{targets[-1]}",
        cells=tuple(_cell(by_group[g.unit_id], bars[g.unit_id], g, one) if g.unit_id in bars else None for g in groups),
    )


def _cell(group: GroupNeed, bar: NeedBar, column: Group, one_target: bool) -> Cell:
    people = None if group.people is None or group.people == column.members else group.people
    return Cell(bar, people, None if one_target else bar.target)


def shared_needs(needs: SchoolNeeds, t: Words) -> list[SharedNeed]:
    """All competencies that some department or the school is clearly short of, and further ones up to three.

    Those with the most clear departments first, then with the most possible ones, then by name.
    """
    counts: dict[str, Counter[str]] = {}
    school_clear = set()
    for group in (*needs.departments, *needs.school):
        if group.need is None or group.need.band not in ("clear", "possible"):
            continue
        name = group.need.name_zh if t.lang == "zh" else group.need.name_en
        count = counts.setdefault(name, Counter())
        if group.unit_kind == "department":
            count[group.need.band] += 1
        elif group.need.band == "clear":
            school_clear.add(name)
    every = [
        SharedNeed(name, count["clear"], count["possible"])
        for name, count in counts.items()
        if count or name in school_clear
    ]
    every.sort(key=lambda need: (-need.clear, need.name not in school_clear, -need.possible, need.name))
    certain = sum(need.clear > 0 or need.name in school_clear for need in every)
    return every[: max(certain, 3)]


def plan_seats(plan: AdoptedSeats, service: AdviceReader, t: Words) -> PlanSeats:
    """The seats of one plan by title; a course that has left the catalogue keeps its id."""
    lines = []
    for row in plan.courses:
        try:
            lines.append(SeatLine(row.course_id, service.course(row.course_id).title, row.seats, True))
        except UnknownIdError:
            lines.append(SeatLine(row.course_id, row.course_id, row.seats, False))
    lines.sort(key=lambda line: (line.title, line.course_id))
    closed = service.closed([row.course_id for row in plan.courses])
    return PlanSeats(service.name_of(plan.org_id), t.day(plan.adopted_on), plan.seats, tuple(lines), closed)


def nothing_wanting(rows: list[SchoolRow]) -> str:
    """The code of what can be said where no group is clearly or possibly short of anything."""
    bands = set().union(*(row.bands for row in rows)) if rows else set()
    if bands == {"thin"}:
        return "pages.school_all_thin"
    return "pages.school_none_wanting_some_thin" if "thin" in bands else "pages.school_none_wanting"


@router.get("/{school_id:id}")
def school_page(
    request: Request, school_id: str, visitor: VisitorDep, service: ServiceDep, plans: PlansDep
) -> Response:
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
    own = visitor.role == "school"
    adopted = plans.adopted_seats(school_id, (school_id, *service.ancestors(school_id))) if own else ()
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
        shared=[need.text(t) for need in shared_needs(needs, t)],
        nothing=nothing_wanting(rows),
        proposals=proposals,
        own=own,
        plans=[plan_seats(plan, service, t) for plan in adopted],
        seats=sum(plan.seats for plan in adopted),
        floor=floor,
        visits=school_visits(service, school_id, t),
        school_hidden=groups.shown[:1] != [] and groups.shown[0].unit_id != needs.school_id,
    )
    return answer(request, html)
