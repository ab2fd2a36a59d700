"""Who has handed in what: a bar for each source, a table of schools, and how much less is known without."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from api.auth import VisitorDep
from api.deps import ServiceDep, answer, language
from api.pages.page_words import Words
from api.pages.render import page
from recommender.coverage.coverage_sentences import cost_sentences, lead_sentences, source_sentence
from recommender.coverage.organization_coverage import Coverage, SchoolState, SourceState, SourceTotal

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class SourceBar:
    """percent: None where it is about too few people."""

    label: str
    percent: int | None
    said: str


@dataclass(frozen=True)
class SchoolCells:
    """A school's row; missing: which of the cells say that nothing was handed in; imported: when and by whom, for each."""

    school_id: str | None
    name: str
    teachers: str
    cells: tuple[tuple[str, bool, str], ...]


@router.get("/districts/{district_id:id}/coverage")
def coverage_page(request: Request, district_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """Of all schools of the district."""
    coverage, t = service.coverage(district_id), Words(language(request))
    html = page(
        request, "coverage.html", district_id=district_id, name=coverage.name,
        lead=[t.text(s) for s in lead_sentences(coverage)],
        bars=[_bar(total, t) for total in coverage.sources],
        heads=[t(f"coverage.source_{total.source}") for total in coverage.sources],
        rows=_rows(coverage, t), costs=[t.text(s) for s in cost_sentences(coverage)],
    )  # fmt: skip
    return answer(request, html)


def _bar(total: SourceTotal, t: Words) -> SourceBar:
    percent = None if total.share is None else round(100 * total.share)
    return SourceBar(t(f"coverage.source_{total.source}"), percent, t.text(source_sentence(total)))


def _rows(coverage: Coverage, t: Words) -> list[SchoolCells]:
    """Schools by name; those put together last."""
    rows = [_school(state, t) for state in coverage.schools]
    if any(total.small is not None for total in coverage.sources):
        cells = tuple((_percent(total.small, t), False, "") for total in coverage.sources)
        rows.append(SchoolCells(None, t("coverage.small_row"), "", cells))
    return rows


def _school(state: SchoolState, t: Words) -> SchoolCells:
    teachers = t("coverage.too_few") if state.teachers is None else f"{state.teachers:,}"
    return SchoolCells(state.school_id, state.name, teachers, tuple(_cell(source, t) for source in state.sources))


def _cell(source: SourceState, t: Words) -> tuple[str, bool, str]:
    if not source.handed_in:
        return t("coverage.cell_missing"), True, ""
    imported = source.imported
    when = t("coverage.imported", day=imported.at[:10], by=imported.by) if imported else ""
    if source.share is None:
        return t("coverage.cell_handed_in"), False, when
    newest = source.newest or t("coverage.nothing")
    return t("coverage.cell_share", percent=round(100 * source.share), newest=newest), False, when


def _percent(share: float | None, t: Words) -> str:
    return t("coverage.too_few") if share is None else f"{round(100 * share)}%"
