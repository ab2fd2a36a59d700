"""The price of every constraint that binds: what one unit more of it would add to the objective, at the plan's duals."""

from __future__ import annotations

from recommender.planning.constraints.constraint import ShadowPrice, SolvedDuals
from recommender.planning.problem.constraint_registry import constraints
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.solve import Solution


def shadow_prices(district: District, limits: Limits, problem: PlanProblem, solution: Solution) -> list[ShadowPrice]:
    """Highest first within a constraint; numbers about fewer than ten people are left out."""
    solved = SolvedDuals(district, problem, solution)
    ordered = sorted(constraints(), key=lambda c: c.order if c.price_order is None else c.price_order)
    return [price for c in ordered for price in c.prices(getattr(limits, c.key, None), solved)]


__all__ = ["ShadowPrice", "shadow_prices"]
