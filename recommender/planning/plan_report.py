"""Everything that files, workbook, pages and notebooks show of a plan, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from features.disclosure import publishable, suppressed_cells
from features.eligibility import open_courses
from features.messages import Message, message
from recommender.planning.frontier import FrontierPoint, budget_frontier, equity_frontier, weak_third
from recommender.planning.infeasibility import Conflict
from recommender.planning.lottery_share import LotterySuggestion, suggest_lottery_share
from recommender.planning.marginal_value import MarginalValue, marginal_value
from recommender.planning.optimizers_curse import optimizers_curse
from recommender.planning.plan_metrics import plan_metrics
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.remedies import Remedy
from recommender.planning.reported_steps import ReportedSteps, reported_needs, reported_needs_in_all
from recommender.planning.shadow_prices import ShadowPrice, shadow_prices
from recommender.planning.solved_plan import SolvedPlan
from recommender.planning.stability import Stability, stability
from recommender.planning.unmet_needs import UnmetNeed, unmet_needs

DRAWS = 20
Progress = Callable[[Message, float], None] | None


@dataclass(frozen=True)
class Line:
    """One opened course. expected_gain None: about fewer than ten people. open_share: of the redrawn plans."""

    course_id: str
    title: str
    form: str
    hours: float
    seats: int
    min_seats: int
    max_seats: int
    cost: float
    expected_gain: float | None
    open_share: float | None


@dataclass(frozen=True, repr=False)
class PlanReport:
    """Gains in teacher-SD summed over people; money in yuan; see the page on plans for every column.

    today, open_on: the day for which the plan is made, and the one on which its courses are open (as-of where none is open
    any more). open_then, closed: courses of the catalogue open at as-of, and those of them not open today.
    Gains, prices and needs are rounded (`ReportedSteps`); None or empty where a plan is for fewer than ten people.
    """

    plan_id: str
    district_id: str
    district_name: str
    made_up: bool
    as_of: date
    today: date
    open_on: date
    open_then: int
    closed: int
    model_version: str
    tables: str
    status: str
    limits: Limits
    budget: float
    seed: int
    seconds: float
    stopped_early: bool
    objective: float | None
    bound: float | None
    gap: float | None
    expected_gain: float | None
    expected_gain_sd: float | None
    expected_low: float | None
    expected_high: float | None
    optimizers_curse: float | None
    cost: float
    seats: int
    teachers: int
    teachers_all: int
    needs: int | None
    needs_in_all: int | None
    needs_met: float | None
    needs_met_low: float | None
    needs_met_high: float | None
    closed_share: float | None
    assignments: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    school_seats: tuple[tuple[str, str, int], ...]
    school_names: dict[str, str]
    prices: tuple[ShadowPrice, ...]
    marginal_value: MarginalValue | None
    frontier: tuple[FrontierPoint, ...]
    equity: tuple[FrontierPoint, ...]
    unmet_needs: tuple[UnmetNeed, ...]
    sometimes: tuple[tuple[str, str, float], ...]
    draws: int
    lottery: tuple[tuple[str, str, int, float, bool], ...]
    lottery_cost: float | None
    lottery_suggestion: LotterySuggestion | None
    conflicts: tuple[Conflict, ...]
    remedies: tuple[Remedy, ...]
    titles: dict[str, str]

    def __repr__(self) -> str:
        frame = self._frame()
        head = frame.head(6).to_string(index=False, max_colwidth=30).splitlines() if len(frame) else []
        more = [f"... {len(frame) - 6} more courses"] if len(frame) > 6 else []
        return "\n".join([self._title(), *head, *more])

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._title())}</p>{self._frame().to_html(index=False, max_rows=12)}"

    def _title(self) -> str:
        mark = ", simulated" if self.made_up else ""
        return (
            f"Plan of {self.district_id} at {self.as_of}{mark}: {self.status}, {self.cost:,.0f} of {self.budget:,.0f} "
            f"yuan, {self.seats} seats in {len(self.lines)} courses"
        )

    def _frame(self) -> pd.DataFrame:
        names = ("course_id", "title", "seats", "cost", "expected_gain")
        return pd.DataFrame([[getattr(line, name) for name in names] for line in self.lines], columns=names)


def report_of(
    planned: SolvedPlan,
    plan_id: str,
    tables: str,
    draws: int = DRAWS,
    stopped: Callable[[], bool] = lambda: False,
    progress: Progress = None,
) -> PlanReport:
    """Solves again for frontiers, margin and draws; what was stopped before it was reached is left empty."""
    district, problem, solution = planned.district, planned.problem, planned.solution
    titles = dict(zip(district.course_ids.astype(str), district.courses["title"].astype(str), strict=True))
    names = district.organizations["name"].fillna("").astype(str)
    school_names = dict(zip(district.school_ids.astype(str), names, strict=True))
    as_of, today, open_on = district.dates
    open_then = open_courses(district.courses, as_of)
    closed = open_then & ~open_courses(district.courses, today)
    shared: dict[str, Any] = {
        "plan_id": plan_id, "district_id": district.org_id, "district_name": district.name,
        "made_up": district.made_up, "as_of": as_of, "today": today,
        "open_on": open_on, "open_then": int(open_then.sum()), "closed": int(closed.sum()),
        "model_version": district.model_version, "tables": tables, "status": planned.status,
        "limits": planned.limits, "budget": planned.yuan, "seed": planned.seed,
        "seconds": solution.seconds, "stopped_early": solution.cut, "conflicts": planned.conflicts,
        "remedies": planned.remedies, "titles": titles, "needs_in_all": reported_needs_in_all(district),
        "school_names": school_names, "teachers_all": len(district.people),
    }  # fmt: skip
    plan = planned.plan
    if plan is None:
        return PlanReport(
            **shared, objective=None, bound=None, gap=None, expected_gain=None, expected_gain_sd=None,
            expected_low=None, expected_high=None, optimizers_curse=None, cost=0.0, seats=0, teachers=0, needs=0,
            needs_met=None, needs_met_low=None, needs_met_high=None, closed_share=None,
            assignments=(), lines=(), school_seats=(), prices=(), marginal_value=None, frontier=(), equity=(),
            unmet_needs=reported_needs(unmet_needs(district, np.zeros(0, np.intp))), sometimes=(), draws=0, lottery=(),
            lottery_cost=None, lottery_suggestion=None,
        )  # fmt: skip

    def on_progress(what: Message, share: float) -> None:
        if progress:
            progress(what, share)

    metrics = plan_metrics(district, problem, plan.chosen, plan.opened)
    on_progress(message("planning.step_marginal_value"), 0.0)
    prices = shadow_prices(district, planned.limits, problem, solution)
    margin = None if stopped() else marginal_value(planned, stopped)
    on_progress(message("planning.step_frontier"), 0.1)
    frontier = budget_frontier(district, problem, solution, planned.yuan, planned.seed, stopped)
    on_progress(message("planning.step_equity"), 0.3)
    equity = equity_frontier(district, planned.limits, solution, planned.yuan, planned.seed, stopped)
    on_progress(message("planning.step_stability"), 0.5)
    stable = stability(
        district, planned.limits, problem, solution, planned.yuan, draws, planned.seed, stopped,
        lambda share: on_progress(message("planning.step_stability"), 0.5 + 0.5 * share),
    )  # fmt: skip
    enough = publishable(metrics.teachers)
    steps = ReportedSteps.of(district, problem, plan.chosen, metrics)
    objective, bound = steps.with_bound(plan.value, solution.bound)
    curse = optimizers_curse(district, problem, plan.chosen, metrics.seat_gain)
    suggested = None
    if enough and solution.plan is not None and not stopped():
        suggested = suggest_lottery_share(district, problem, solution.plan, planned.seed)
    given_up = solution.plan.value - plan.value if planned.lottery and solution.plan else None
    return PlanReport(
        **shared, objective=objective if enough else None, bound=bound if enough else None,
        gap=planned.gap, expected_gain=steps.total(metrics.gain) if enough else None,
        expected_gain_sd=steps.total(metrics.sd) if enough else None,
        expected_low=steps.total(stable.low * (1 - curse)) if stable and enough else None,
        expected_high=steps.total(stable.high) if stable and enough else None,
        optimizers_curse=steps.share(curse, metrics.gain) if enough else None,
        cost=metrics.cost, seats=metrics.seats, teachers=metrics.teachers,
        needs=steps.count(metrics.needs) if enough else None,
        needs_met=steps.met(metrics.needs_met) if enough else None,
        needs_met_low=steps.met(stable.met_low * (1 - curse)) if stable and enough else None,
        needs_met_high=steps.met(stable.met_high) if stable and enough else None,
        closed_share=steps.share(metrics.closed_share, metrics.gain / max(metrics.closed_share, 1e-9)) if enough else None,
        assignments=_assignments(planned),
        lines=_lines(planned, metrics.seat_gain, stable, steps), school_seats=_school_seats(planned),
        prices=steps.prices(prices) if enough else (),
        marginal_value=steps.margin(margin) if margin and enough else None,
        frontier=_reported(district, steps, frontier), equity=_reported(district, steps, equity),
        unmet_needs=reported_needs(unmet_needs(district, plan.chosen if enough else plan.chosen[:0])),
        sometimes=_sometimes(planned, stable), draws=stable.draws if stable else 0, lottery=_lottery(planned),
        lottery_cost=steps.total(given_up) if given_up is not None and enough else None,
        lottery_suggestion=_reported_suggestion(suggested, steps) if suggested else None,
    )  # fmt: skip


def _reported_suggestion(suggested: LotterySuggestion, steps: ReportedSteps) -> LotterySuggestion:
    return replace(suggested, value=steps.total(suggested.value), cost=steps.total(suggested.cost))


def _reported(district: District, steps: ReportedSteps, points: list[FrontierPoint]) -> tuple[FrontierPoint, ...]:
    """Of plans for enough people."""
    weak = int(weak_third(district).sum())
    other = len(district.people) - weak
    return tuple(steps.point(p, weak, other) for p in points if publishable(p.teachers))


def _assignments(planned: SolvedPlan) -> tuple[tuple[str, str], ...]:
    pairs, plan = planned.problem.pairs, planned.plan
    assert plan is not None
    t = planned.district.teacher_ids[pairs.teacher[plan.chosen]].astype(str)
    c = planned.district.course_ids[pairs.course[plan.chosen]].astype(str)
    return tuple(sorted(zip(t.tolist(), c.tolist(), strict=True)))


def _lines(
    planned: SolvedPlan, seat_gain: np.ndarray, firm: Stability | None, steps: ReportedSteps
) -> tuple[Line, ...]:
    district, problem, plan = planned.district, planned.problem, planned.plan
    assert plan is not None
    course = problem.pairs.course[plan.chosen]
    seats = np.bincount(course, minlength=problem.pairs.courses)
    gain = np.bincount(course, seat_gain, minlength=problem.pairs.courses)
    fixed, each = district.number("fixed_cost"), district.number("seat_cost")
    opened = np.flatnonzero(plan.opened)
    secret = suppressed_cells(seats[opened])
    table = district.courses
    return tuple(
        Line(
            str(district.course_ids[c]), str(table["title"].iloc[c]), str(table["form"].iloc[c]),
            float(table["hours"].iloc[c]), int(seats[c]), int(problem.min_seats[c]), int(problem.max_seats[c]),
            float(fixed[c] + each[c] * seats[c]), None if secret[k] else steps.total(float(gain[c])),
            float(firm.open_share[c]) if firm else None,
        )
        for k, c in enumerate(opened)
    )  # fmt: skip


def _school_seats(planned: SolvedPlan) -> tuple[tuple[str, str, int], ...]:
    district, pairs, plan = planned.district, planned.problem.pairs, planned.plan
    assert plan is not None
    schools = len(district.school_ids)
    code = pairs.course[plan.chosen].astype(np.int64) * schools + district.school[pairs.teacher[plan.chosen]]
    keys, number = np.unique(code, return_counts=True)
    return tuple(
        (str(district.course_ids[k // schools]), str(district.school_ids[k % schools]), int(n))
        for k, n in zip(keys.tolist(), number.tolist(), strict=True)
    )


def _sometimes(planned: SolvedPlan, firm: Stability | None) -> tuple[tuple[str, str, float], ...]:
    """Courses that are in some redrawn plans and not in this one, most often first."""
    plan = planned.plan
    if firm is None or plan is None:
        return ()
    district = planned.district
    out = np.flatnonzero((firm.open_share > 0.05) & ~plan.opened)
    return tuple(
        (str(district.course_ids[c]), str(district.courses["title"].iloc[c]), float(firm.open_share[c]))
        for c in out[np.argsort(-firm.open_share[out], kind="stable")]
    )


def _lottery(planned: SolvedPlan) -> tuple[tuple[str, str, int, float, bool], ...]:
    """teacher, course, number of the drawing, propensity, whether she got the seat."""
    draw, pairs = planned.lottery, planned.problem.pairs
    if draw is None:
        return ()
    t = planned.district.teacher_ids[pairs.teacher[draw.pair]].astype(str)
    c = planned.district.course_ids[pairs.course[draw.pair]].astype(str)
    return tuple(
        (str(a), str(b), int(g), float(p), bool(w))
        for a, b, g, p, w in zip(t, c, draw.group, draw.propensity, draw.won, strict=True)
    )
