"""From a district, a budget and limits to the problem that is solved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.planning.problem.constraint_registry import registered
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.objective import cover_weights, objective_coefficients
from recommender.planning.problem.plan_problem import BUDGET, PlanProblem
from recommender.planning.problem.problem_builder import Decisions, ProblemBuilder


def build_problem(district: District, limits: Limits, yuan: float) -> tuple[PlanProblem, Decisions]:
    """The problem, and what was decided by hand."""
    builder = ProblemBuilder(district, yuan)
    for setting in registered():
        setting.formulate(getattr(limits, setting.key, None), builder)
    decisions = builder.decisions()
    coef = objective_coefficients(
        district, limits.uncertainty_discount, limits.disadvantage_weight, limits.wish_weight
    )
    min_seats, max_seats = district.number("min_seats"), district.number("max_seats")
    eligible = district.pairs.eligible
    problem = PlanProblem(
        pairs=district.pairs.with_objective(coef),
        slots=cover_weights(limits.repeat_worth, builder.max_courses),
        max_courses=np.full(len(district.people), builder.max_courses),
        min_seats=np.nan_to_num(min_seats).astype(np.intp),
        max_seats=np.minimum(np.where(np.isnan(max_seats), np.inf, max_seats), eligible).astype(np.intp),
        state=decisions.state,
        constraints=tuple(builder.constraints),
        count_variables=tuple(builder.count_variables.values()),
        fixed=decisions.fixed,
        forbidden=decisions.forbidden,
    )
    return problem, decisions


def with_budget(problem: PlanProblem, yuan: float) -> PlanProblem:
    """The same problem with another budget."""
    changed = (replace(b, limit=np.array([yuan])) if b.name == BUDGET else b for b in problem.constraints)
    return replace(problem, constraints=tuple(changed))
