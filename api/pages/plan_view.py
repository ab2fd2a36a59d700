"""A finished plan for its page: rows with words and positions on scales, nothing about a person."""

from __future__ import annotations

from dataclasses import dataclass

from api.pages.page_words import Words
from recommender.plans.limit_words import limit_name, limit_text
from recommender.plans.plan_record import BudgetPoint, EquityPoint, PlanSummary, PlanTables

SHOWN = 8  # prices before the rest is folded away


@dataclass(frozen=True)
class LineRow:
    """An opened course."""

    course_id: str
    title: str
    seats: int
    cost: str
    gain: str | None
    share: float
    firm: str | None


@dataclass(frozen=True)
class Step:
    """A budget and what it brings; share of the largest gain, in percent."""

    label: str
    said: str
    share: float
    current: bool


@dataclass(frozen=True)
class Pair:
    """A floor: two places on one scale, in percent; None where a group is too small."""

    label: str
    said: str
    weak: float | None
    other: float | None


@dataclass(frozen=True)
class PlanView:
    """Everything a template needs."""

    summary: PlanSummary
    sentences: tuple[str, ...]
    gap: str
    needs: str | None
    stable: str | None
    lines: tuple[LineRow, ...]
    prices: tuple[str, ...]
    more_prices: tuple[str, ...]
    frontier: tuple[Step, ...]
    equity: tuple[Pair, ...]
    brief: tuple[tuple[str, str, str], ...]
    limits: str

    @classmethod
    def of(cls, summary: PlanSummary, tables: PlanTables, t: Words) -> PlanView:
        """In the reader's language."""
        prices = tuple(row.zh if t.lang == "zh" else row.en for row in tables.prices)
        gap = None if summary.status == "infeasible" else summary.gap
        return cls(
            summary=summary,
            sentences=tuple(sentence[t.lang] for sentence in summary.sentences),
            gap="–" if gap is None else f"{max(gap, 1e-4):.2%}",
            needs=_needs(summary, t),
            stable=_stable(summary, t),
            lines=_lines(tables, t),
            prices=prices[:SHOWN],
            more_prices=prices[SHOWN:],
            frontier=_frontier(tables.frontier, summary.budget, t),
            equity=_equity(tables.equity, t),
            brief=tuple(
                (row.name_zh if t.lang == "zh" else row.name_en, t.name("stage", row.stage),
                 t("pages.plan_brief_line", needing=row.needing, unserved=row.no_course))
                for row in tables.brief
            ),
            limits=_limits(summary, t),
        )  # fmt: skip


def _needs(summary: PlanSummary, t: Words) -> str | None:
    """The expected number of needs met, with its range where the plan was drawn again."""
    if summary.needs_met is None:
        return None
    met = f"{summary.needs_met:,.0f}"
    if summary.needs_met_low is None or summary.needs_met_high is None or summary.needs_in_all is None:
        return t("pages.plan_needs_value", met=met)
    low, high = f"{summary.needs_met_low:,.0f}", f"{summary.needs_met_high:,.0f}"
    return t("pages.plan_needs_range", met=met, low=low, high=high, all=f"{summary.needs_in_all:,}")


def _stable(summary: PlanSummary, t: Words) -> str | None:
    if summary.courses_always is None:
        return None
    return t("pages.plan_stable_value", always=summary.courses_always, courses=summary.courses, draws=summary.draws)


def _limits(summary: PlanSummary, t: Words) -> str:
    texts = [t.text(limit_name(key)) + t("pages.site_colon") + t.text(limit_text(key, value))
             for key, value in summary.limits.items()]  # fmt: skip
    return t("pages.site_semicolon").join(texts) or t("pages.plan_no_limits")


def _lines(tables: PlanTables, t: Words) -> tuple[LineRow, ...]:
    largest = max((line.expected_gain or 0.0 for line in tables.lines), default=0.0)
    bands = {row.course_id: row.band for row in tables.stability}
    return tuple(
        LineRow(
            line.course_id, line.title, line.seats, f"{line.cost:,.0f}",
            None if line.expected_gain is None else f"{line.expected_gain:.2f}",
            100 * (line.expected_gain or 0.0) / largest if largest > 0 else 0.0,
            t.name("plan", bands[line.course_id]) if line.course_id in bands else None,
        )
        for line in sorted(tables.lines, key=lambda line: (-(line.expected_gain or 0.0), line.course_id))
    )  # fmt: skip


def _frontier(points: tuple[BudgetPoint, ...], budget: float, t: Words) -> tuple[Step, ...]:
    largest = max((point.expected_gain for point in points), default=0.0)
    return tuple(
        Step(
            f"{point.budget:,.0f}",
            _frontier_text(point, t),
            100 * point.expected_gain / largest if largest > 0 else 0.0,
            abs(point.budget - budget) < 0.5,
        )
        for point in points
    )  # fmt: skip


def _frontier_text(point: BudgetPoint, t: Words) -> str:
    gain, seats = f"{point.expected_gain:.1f}", f"{point.seats:,}"
    if point.needs_met is None:
        return t("pages.plan_frontier_gain", gain=gain, seats=seats)
    return t("pages.plan_frontier_needs", gain=gain, seats=seats, met=f"{point.needs_met:,.0f}")


def _equity(points: tuple[EquityPoint, ...], t: Words) -> tuple[Pair, ...]:
    gains = [gain for point in points for gain in (point.weaker_gain_each, point.other_gain_each)]
    largest = max((gain for gain in gains if gain is not None), default=0.0) * 1.1

    def place(gain: float | None) -> float | None:
        return None if gain is None or largest <= 0 else round(100 * gain / largest, 2)

    return tuple(
        Pair(
            t("pages.plan_equity_row", floor=f"{point.floor_share:.0%}"),
            t("pages.plan_equity_gain", gain=f"{point.expected_gain:.1f}", weak=point.weaker_teachers,
              weak_each=_three(point.weaker_gain_each), other=point.other_teachers,
              other_each=_three(point.other_gain_each)),
            place(point.weaker_gain_each), place(point.other_gain_each),
        )
        for point in points
    )  # fmt: skip


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
