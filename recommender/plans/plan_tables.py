"""A report as the record that is kept, and the record's tables as frames."""

from __future__ import annotations

from typing import Any

import pandas as pd

from features.disclosure import publishable
from recommender.planning.frontier import FrontierPoint
from recommender.planning.plan_report import PlanReport
from recommender.plans.plan_record import COLUMNS, ROWS, CourseDetail, PlanRecord, PlanSummary, PlanTables
from recommender.plans.plan_sentences import STABLE, courses_always, price_sentence, sentences


def record_of(report: PlanReport) -> PlanRecord:
    """Everything that files, page and workbook show of a plan; sentences in both languages."""
    schools = {school for _, school, _ in report.school_seats}
    return PlanRecord(
        summary=summary_of(report),
        tables=_tables(report),
        courses=tuple(
            CourseDetail(form=line.form, hours=line.hours, max_seats=line.max_seats, open_share=line.open_share)
            for line in report.lines
        ),
        school_names={key: name for key, name in report.school_names.items() if key in schools},
    )


def summary_of(report: PlanReport) -> PlanSummary:
    """The figures of the whole plan."""
    return PlanSummary(
        plan_id=report.plan_id, district_id=report.district_id, district_name=report.district_name,
        status=report.status, objective=report.objective, bound=report.bound, gap=report.gap,
        expected_gain=report.expected_gain, expected_gain_sd=report.expected_gain_sd,
        lottery_share_suggested=None if report.lottery_suggestion is None else report.lottery_suggestion.share,
        expected_gain_low=report.expected_low, expected_gain_high=report.expected_high,
        flattery_at_most=report.optimizers_curse, cost=report.cost, budget=report.budget, seats=report.seats,
        teachers=report.teachers, teachers_in_district=report.teachers_all, courses=len(report.lines),
        needs_covered=report.needs, needs_in_all=report.needs_in_all, needs_met=report.needs_met,
        needs_met_low=report.needs_met_low, needs_met_high=report.needs_met_high,
        gap_closed_share=report.closed_share, courses_always=courses_always(report),
        seconds=report.seconds, seed=report.seed, stopped_early=report.stopped_early,
        draws=report.draws, margin=report.marginal_value, limits=report.limits.as_json(), as_of=report.as_of,
        today=report.today, open_on=report.open_on, open_then=report.open_then, closed=report.closed,
        model_version=report.model_version, tables=report.tables, made_up=report.made_up,
        sentences=tuple({"zh": text.zh, "en": text.en} for text in sentences(report)),
    )  # fmt: skip


def summary(report: PlanReport) -> dict[str, Any]:
    """The content of summary.json."""
    return summary_of(report).content()


def _tables(report: PlanReport) -> PlanTables:
    cells: dict[str, list[tuple[Any, ...]]] = {
        "assignments": list(report.assignments),
        "lines": [(line.course_id, line.seats, line.cost, line.expected_gain, line.title) for line in report.lines],
        "seats": list(report.school_seats),
        "prices": [(p.limit, p.unit, p.price, p.key, *price_sentence(report, p)) for p in report.prices],
        "frontier": [
            (p.setting, p.objective, p.bound, p.gain, p.cost, p.seats, p.teachers, p.needs, p.needs_met)
            for p in report.frontier
        ],
        "equity": [
            (p.setting, p.objective, p.bound, p.gain, p.teachers, p.weak_teachers, p.other_teachers, *gains_each(p))
            for p in report.equity
        ],
        "stability": _stability(report),
        "lottery": [(g, t, c, p, won, report.seed) for t, c, g, p, won in report.lottery],
        "brief": [
            (m.competency_id, m.name_zh, m.name_en, m.stage, m.needing, m.unserved, m.uncovered, m.gap)
            for m in report.unmet_needs
        ],
        "conflicts": [
            (n, w.limit, w.key, w.requested, w.enough, conflict.proven)
            for n, conflict in enumerate(report.conflicts, 1)
            for w in conflict.relaxables
        ],
        "remedies": [
            (n, w.limit, w.key, w.requested, w.enough)
            for n, remedy in enumerate(report.remedies, 1)
            for w in remedy.relaxations
        ],
    }  # fmt: skip
    return PlanTables(**{
        name: tuple(ROWS[name](**dict(zip(columns, row, strict=True))) for row in cells[name])
        for name, columns in COLUMNS.items()
    })  # type: ignore[arg-type]  # fmt: skip


def gains_each(point: FrontierPoint) -> tuple[float | None, float | None]:
    """Gain a head in weaker and in other schools; both or none, because their sum is published."""
    if publishable((point.weak_teachers, point.other_teachers)):
        return point.weak_gain, point.other_gain
    return None, None


def _stability(report: PlanReport) -> list[tuple[Any, ...]]:
    if not report.draws:
        return []
    inside = [
        (line.course_id, True, line.open_share, "always" if (line.open_share or 0) >= STABLE else "discuss")
        for line in report.lines
    ]
    return [*inside, *((course, False, share, "sometimes") for course, _, share in report.sometimes)]


def frames(record: PlanRecord) -> dict[str, pd.DataFrame]:
    """All tables of a plan; the contract's are there even when empty."""
    rows = {name: getattr(record.tables, name) for name in COLUMNS}
    return {
        name: pd.DataFrame([tuple(dict(row).values()) for row in rows[name]], columns=list(columns))
        for name, columns in COLUMNS.items()
    }
