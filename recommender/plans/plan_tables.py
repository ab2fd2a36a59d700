"""A plan as tables: columns by contract, and further ones beside; what CSV twins and workbook write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import pandas as pd

from features.disclosure import publishable
from recommender.planning.frontier import FrontierPoint
from recommender.planning.plan_report import PlanReport
from recommender.plans.plan_sentences import price_said, sentences

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "assignments": ("teacher_id", "course_id"),
    "lines": ("course_id", "seats", "cost", "expected_gain", "title"),
    "seats": ("course_id", "school_id", "seats"),
    "prices": ("limit", "unit", "price", "key", "zh", "en"),
    "frontier": (
        "budget", "objective", "bound", "expected_gain", "cost", "seats", "teachers", "needs_covered",
    ),
    "equity": (
        "floor_share", "objective", "bound", "expected_gain", "teachers", "weaker_teachers", "other_teachers",
        "weaker_gain_each", "other_gain_each",
    ),
    "stability": ("course_id", "in_plan", "open_share", "band"),
    "lottery": ("drawing", "teacher_id", "course_id", "propensity", "won", "seed"),
    "brief": ("competency_id", "name_zh", "name_en", "stage", "needing", "no_course", "uncovered", "mean_gap"),
    "conflicts": ("set", "limit", "key", "asked", "enough", "proven"),
}  # fmt: skip
"""File -> columns, in order."""


def frames(report: PlanReport) -> dict[str, pd.DataFrame]:
    """All tables of a plan; the contract's are there even when empty."""
    rows: dict[str, list[tuple[Any, ...]]] = {
        "assignments": list(report.assignments),
        "lines": [(line.course_id, line.seats, line.cost, line.expected_gain, line.title) for line in report.lines],
        "seats": list(report.school_seats),
        "prices": [
            (p.limit, p.unit, p.price, p.key, *price_said(report, p)) for p in report.prices
        ],
        "frontier": [
            (p.setting, p.objective, p.bound, p.gain, p.cost, p.seats, p.teachers, p.needs)
            for p in report.frontier
        ],
        "equity": [
            (p.setting, p.objective, p.bound, p.gain, p.teachers, p.weak_teachers, p.other_teachers,
             *gains_each(p))
            for p in report.equity
        ],
        "stability": _stability(report),
        "lottery": [(g, t, c, p, won, report.seed) for t, c, g, p, won in report.lottery],
        "brief": [
            (m.competency_id, m.name_zh, m.name_en, m.stage, m.needing, m.unserved, m.uncovered, m.gap)
            for m in report.unmet_needs
        ],
        "conflicts": [
            (n, w.limit, w.key, w.asked, w.enough, conflict.proven)
            for n, conflict in enumerate(report.conflicts, 1)
            for w in conflict.relaxables
        ],
    }  # fmt: skip
    return {name: pd.DataFrame(rows[name], columns=list(columns)) for name, columns in COLUMNS.items()}


def gains_each(point: FrontierPoint) -> tuple[float | None, float | None]:
    """Gain a head in weaker and in other schools; both or none, because their sum is published."""
    if publishable((point.weak_teachers, point.other_teachers)):
        return point.weak_gain, point.other_gain
    return None, None


def _stability(report: PlanReport) -> list[tuple[Any, ...]]:
    if not report.draws:
        return []
    inside = [
        (line.course_id, True, line.open_share, "always" if (line.open_share or 0) >= 0.95 else "discuss")
        for line in report.lines
    ]
    return [*inside, *((course, False, share, "sometimes") for course, _, share in report.sometimes)]


def summary(report: PlanReport) -> dict[str, Any]:
    """The contract's summary.json and what belongs beside it."""
    return {
        "plan_id": report.plan_id,
        "district_id": report.district_id,
        "district_name": report.district_name,
        "status": report.status,
        "objective": report.objective,
        "bound": report.bound,
        "gap": report.gap,
        "expected_gain": report.expected_gain,
        "expected_gain_sd": report.expected_gain_sd,
        "expected_gain_low": report.expected_low,
        "expected_gain_high": report.expected_high,
        "flattery_at_most": report.optimizers_curse,
        "cost": report.cost,
        "budget": report.budget,
        "seats": report.seats,
        "teachers": report.teachers,
        "teachers_in_district": report.teachers_all,
        "courses": len(report.lines),
        "needs_covered": report.needs,
        "seconds": round(report.seconds, 3),
        "seed": report.seed,
        "stopped_early": report.stopped_early,
        "draws": report.draws,
        "margin": None if report.marginal_value is None else asdict(report.marginal_value),
        "limits": report.limits.as_json(),
        "as_of": report.as_of.isoformat(),
        "model_version": report.model_version,
        "tables": report.tables,
        "made_up": report.made_up,
        "sentences": [{"zh": said.zh, "en": said.en} for said in sentences(report)],
    }
