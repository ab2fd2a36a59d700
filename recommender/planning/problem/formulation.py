"""From a district, a budget and limits to the problem that is solved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.planning.constraints.budget import budget_rows
from recommender.planning.constraints.choices import Choices, choices_of
from recommender.planning.constraints.floors import floor_rows, reached_tally
from recommender.planning.constraints.owed_hours import owed_tallies
from recommender.planning.constraints.release_days import release_rows
from recommender.planning.constraints.teacher_hours import hours_rows, too_long
from recommender.planning.problem.candidate_pairs import Floats
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.linear_constraints import CountVariables, LinearConstraints
from recommender.planning.problem.plan_problem import PlanProblem

DEEPEST = 3  # covers of one need that are told apart; further ones count as the last


def build_problem(district: District, limits: Limits, yuan: float) -> tuple[PlanProblem, Choices]:
    """The problem, and what was decided by hand."""
    chosen = choices_of(district, limits)
    tallies: list[CountVariables] = []
    rows: list[LinearConstraints] = [budget_rows(district, yuan)]
    rows += hours_rows(district, limits)
    rows += release_rows(district, limits)
    if limits.floor_share_per_school or limits.floor:
        rows += floor_rows(district, limits, len(tallies))
        tallies.append(reached_tally(district))
    tallies += owed_tallies(district, limits)
    most = np.inf if limits.max_courses_per_teacher is None else float(limits.max_courses_per_teacher)
    deep = DEEPEST if limits.repeat_worth < 1 else 1
    depth = int(min(deep, max(most, 1)))
    pairs = district.pairs.with_worth(objective_coef(district, limits))
    low, high = district.number("min_seats"), district.number("max_seats")
    high = np.minimum(np.where(np.isnan(high), np.inf, high), pairs.eligible)
    closed = chosen.closed | (too_long(district, limits)[pairs.course] & ~chosen.pinned)
    problem = PlanProblem(
        pairs=pairs,
        slots=limits.repeat_worth ** np.arange(depth, dtype=np.float64),
        most=np.full(len(district.people), most),
        low=np.nan_to_num(low).astype(np.intp),
        high=high.astype(np.intp),
        state=chosen.state,
        rows=tuple(rows),
        tallies=tuple(tallies),
        pinned=chosen.pinned,
        closed=closed,
    )
    return problem, chosen


def objective_coef(district: District, limits: Limits) -> Floats:
    """(P,) gain less its uncertainty, raised for schools of disadvantage; never below 0."""
    pairs = district.pairs
    worth = np.maximum(pairs.gain - limits.uncertainty_discount * pairs.sd, 0.0)
    if limits.disadvantage_weight:
        worth = worth * (1.0 + limits.disadvantage_weight * district.disadvantage)[pairs.teacher]
    return worth.astype(np.float32)


def with_budget(problem: PlanProblem, yuan: float) -> PlanProblem:
    """The same problem with another budget."""
    rows = tuple(replace(r, limit=np.array([yuan])) if r.name == "budget" else r for r in problem.rows)
    return replace(problem, rows=rows)
